"""The same ten steps on the same sample repository, for each agent as a person starts it."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MATERIAL = ROOT / "bot" / "demo"
CACHE = ROOT / ".bench"
PEER, PEER_VERSION = "mini-swe-agent", "2.4.6"

TASK = (MATERIAL / "task.txt").read_text().strip()
TEST = "python3 -m unittest discover -v -t . -s tests"
OLD = "    return [total // people] * people\n"
NEW = "    share, rest = divmod(total, people)\n    return [share + 1] * rest + [share] * (people - rest)\n"
EDIT = f"""python3 - <<'EOF'
from pathlib import Path
file = Path("fair/split.py")
text = file.read_text()
old = {OLD!r}
new = {NEW!r}
assert text.count(old) == 1
file.write_text(text.replace(old, new))
EOF"""

Call = dict[str, Any]


def _read(path: str) -> tuple[Call, str]:
    return {"action": "read", "path": path}, f"nl -ba {path}"


STEPS: tuple[tuple[Call, str], ...] = (
    ({"action": "search", "pattern": r"split\("}, r"grep -rnE 'split\(' --include='*.py' ."),
    _read("fair/split.py"),
    _read("fair/receipt.py"),
    _read("tests/test_split.py"),
    ({"action": "search", "pattern": "people"}, "grep -rnE people --include='*.py' ."),
    ({"action": "check", "name": "tests"}, TEST),
    ({"action": "edit", "path": "fair/split.py", "old": OLD, "new": NEW}, EDIT),
    _read("fair/split.py"),
    ({"action": "check", "name": "tests"}, TEST),
    (
        {"action": "finish", "summary": "The rest is shared out one cent a person, so that no cent is lost.", "confidence": 0.9},
        "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT",
    ),
)
"""Each step as our action, and as the command that does the same for an agent that has a shell."""


@dataclass(frozen=True, slots=True)
class Agent:
    """`words` and `env` are given the server's address and a folder of the run's own; `fixed` the repository after it."""

    name: str
    script: Sequence[Call]
    words: Callable[[str, Path], list[str]]
    env: Callable[[Path], Mapping[str, str]]
    fixed: Callable[[Path], str]


def _plain(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}


# ---- ours --------------------------------------------------------------------------------------------------------


def _policy(url: str) -> dict[str, Any]:
    lane = {"provider": "openai_compatible", "base_url": url, "model": "scripted", "price": {"input": 0, "output": 0}}
    return {
        "models": {"fast": lane, "strong": lane},
        "routing": {"fast_max_score": 6, "strong_min_score": 7},
        "verification": {"checks": [{"name": "tests", "run": TEST, "kind": "tests"}]},
    }


def _our_words(url: str, folder: Path) -> list[str]:
    policy = folder / "policy.yml"
    policy.write_text(json.dumps(_policy(url)))
    return [sys.executable, "-m", "bot", "fix", "--task", TASK, "--policy", str(policy), "--exit-code"]


def _our_fix(repo: Path) -> str:
    words = ("for-each-ref", "--format=%(refname)", "refs/heads/route-agent/")
    refs = subprocess.run(["git", *words], cwd=repo, capture_output=True, text=True, check=True).stdout.split()
    shown = [
        subprocess.run(["git", "show", f"{ref}:fair/split.py"], cwd=repo, capture_output=True, text=True, check=True)
        for ref in refs
    ]
    return "".join(done.stdout for done in shown)


def ours() -> Agent:
    return Agent(
        "route-agent",
        [call for call, _ in STEPS],
        _our_words,
        lambda folder: {**_plain(folder), "PYTHONPATH": str(ROOT)},
        _our_fix,
    )


# ---- theirs ------------------------------------------------------------------------------------------------------


def installed() -> Path:
    """The peer's own environment, made once: its `bin` folder."""
    folder = CACHE / f"{PEER}-{PEER_VERSION}"
    stamp = folder / "installed"
    if not stamp.exists():
        print(f"installing {PEER} {PEER_VERSION} into {folder.relative_to(ROOT)} …", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", f"{PEER}=={PEER_VERSION}"], check=True)
        stamp.touch()
    return folder / "bin"


def versions(python: Path, *names: str) -> dict[str, str]:
    ask = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    done = subprocess.run([python, "-c", ask, *names], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def theirs(programs: Path) -> Agent:
    """Its default agent, prompts and shell; it confirms nothing, and its model is one that it has no price for."""

    def words(url: str, folder: Path) -> list[str]:
        configured = ("-c", "mini.yaml", "-c", f"model.model_kwargs.api_base={url}", "-o", str(folder / "trajectory.json"))
        return [str(programs / "mini"), "-m", "openai/scripted", "-y", "--exit-immediately", "-t", TASK, *configured]

    def env(folder: Path) -> dict[str, str]:
        more = {"MSWEA_CONFIGURED": "true", "MSWEA_COST_TRACKING": "ignore_errors", "OPENAI_API_KEY": "none"}
        # without this its library asks the network for prices when it is imported, and waits for the answer
        return {**_plain(folder), **more, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}

    script = [{"action": "bash", "command": command} for _, command in STEPS]
    return Agent(PEER, script, words, env, lambda repo: (repo / "fair" / "split.py").read_text())
