"""The main job on real packages with a real, publicly fixed bug put back.

python bench/real_input.py CASE… --scripted                      a right and a wrong scripted lane
python bench/real_input.py CASE… --fast URL=NAME --strong URL=NAME    real models behind OpenAI-compatible addresses

CASE is a file of bench/cases. Each run downloads the source distribution, checks its hash, makes a repository of it, puts the
bug back and runs `route-agent --task`. Whether a patch is right is then judged by the tests that came with the real fix, which
route-agent never saw. A table is printed, and written as JSON with --json FILE.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.verifier.recipe import Edit, apply, fetched, unpacked  # noqa: E402
from bot.core.checks import Check  # noqa: E402
from bot.edge.git.repository import find  # noqa: E402
from bot.edge.git.trees import Trees  # noqa: E402
from bot.edge.sandbox import box  # noqa: E402
from bot.shop import SETUP_NAMES  # noqa: E402
from tests.fakes.server import Server  # noqa: E402

Case = dict[str, Any]


def source(case: Case, folder: Path) -> Path:
    """The package's source distribution, unpacked; its hash is checked first."""
    pip = (str(Path(sys.base_prefix) / "bin" / "python3"), "-m", "pip")
    return unpacked(fetched(case["sdist"], case["sha256"], folder, pip), folder / "src")


def repository(case: Case, folder: Path) -> Path:
    root = source(case, folder)
    apply(root, tuple(Edit(**edit) for edit in (*case["buggy"], *case["drop_tests"])))
    (root / ".git" / "info").mkdir(parents=True)
    who = ("-c", "user.name=bench", "-c", "user.email=bench@route-agent.invalid")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", f"{case['sdist']} with the bug put back")):
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)
        (root / ".git" / "info" / "exclude").write_text(".venv/\n")
    return root


def setup(case: Case) -> tuple[str, ...]:
    return tuple(case["setup"]) if isinstance(case["setup"], list) else (case["setup"],)


def policy(case: Case, lanes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    check = {"name": "tests", "run": case["test"], "kind": "tests"}
    return {
        "models": lanes,
        "routing": {"fast_max_score": 20, "strong_min_score": 21},
        "verification": {"setup": list(setup(case)), "checks": [check], "timeout_seconds": 40},
        "protect": {"max_lines": 2000},
    }


def turns(edits: list[dict[str, str]]) -> list[dict[str, Any]]:
    made = [{"action": "edit", "path": e["file"], "old": e["old"], "new": e["new"]} for e in edits]
    return [*made, {"action": "finish", "summary": "scripted", "confidence": 0.9, "risks": ""}]


def lane(url: str, model: str, **more: Any) -> dict[str, Any]:
    free = {"input": 0, "output": 0}
    return {"provider": "openai_compatible", "base_url": url, "model": model, "price": free, **more}


def run(case: Case, lanes: dict[str, dict[str, Any]], label: str) -> dict[str, Any]:
    """One `route-agent --task` on a fresh repository."""
    with tempfile.TemporaryDirectory(prefix="real-input-") as folder:
        root = repository(case, Path(folder))
        file = Path(folder) / "policy.yml"
        file.write_text(yaml.safe_dump(policy(case, lanes)))
        words = [sys.executable, "-m", "bot", "--task", case["task"], "--policy", str(file), "--repo", str(root), "--json"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if not done.stdout:
            return {"case": case["name"], "lanes": label, "result": "error", "detail": done.stderr.strip()[-300:], "attempts": []}
        record = json.loads(done.stdout)
        judged = truth(case, root, record["commit"], Path(folder)) if record["commit"] else {"right": None, "diff": ""}
    attempts = [
        {"lane": a["lane"], "ended": a["ended"], "calls": a["calls"], "tokens": a["tokens"], "seconds": a["seconds"]}
        | {"decision": a["decision"]["kind"], "why": a["decision"].get("detail", "")}
        for a in record["attempts"]
    ]
    parts = {key: record[key] for key in ("result", "detail", "seconds")}
    score = sum(part["points"] for part in record["score"]["parts"])
    return {"case": case["name"], "lanes": label, "score": score, **parts, **judged, "attempts": attempts}


def truth(case: Case, root: Path, commit: str, folder: Path) -> dict[str, Any]:
    """Whether the fix's own tests pass on a commit, run in the same sandbox; and the patch that was made."""
    diff = subprocess.run(["git", "show", "--format=", commit], cwd=root, check=True, capture_output=True, text=True).stdout
    found = find(root, os.environ["PATH"])
    scratch = folder / "truth"
    scratch.mkdir()
    trees = Trees(scratch, found.objects, found.path)
    tree = trees.open(commit)
    for edit in (edit for edit in case["right"] if edit["file"].startswith("tests/")):
        text = tree.read(edit["file"]).decode()
        if edit["new"] not in text:  # a scripted right patch holds it already
            tree.write(edit["file"], text.replace(edit["old"], edit["new"]).encode())
    reach = {name: value for name, value in os.environ.items() if name.startswith(SETUP_NAMES)}
    walls = box.find(box.Home(found.root, tuple(os.environ["PATH"].split(":")), Path(os.environ["HOME"]), scratch, reach))
    walls.prepare(trees.open(commit), setup(case), 1_800)
    ended = walls.run(tree, Check("truth", case["test"], "tests", "bench"), 120)
    trees.close()
    return {"right": ended.exit_code == 0 and not ended.timed_out, "diff": diff}


def scripted(case: Case) -> list[dict[str, Any]]:
    """The right patch, which should be accepted; and wrong ones, in both lanes alike, which should not."""
    found = []
    patches = {"right": case["right"], f"wrong: {case['wrong_class']}": case["wrong"]}
    patches |= {f"wrong: {other['wrong_class']}": other["edits"] for other in case.get("wrong_also", ())}
    for label, edits in patches.items():
        with Server() as server:
            for name in ("fast", "strong"):
                server.script(name, turns(edits))
            found.append(run(case, {name: lane(server.url, name) for name in ("fast", "strong")}, label))
    return found


def line(row: dict[str, Any]) -> str:
    right = {True: "right", False: "WRONG", None: "-"}[row.get("right")]
    ends = ", ".join(f"{a['lane']} {a['ended']} after {a['calls']} calls, {a['seconds']:.0f} s" for a in row["attempts"])
    return f"{row['case']:26} {row['lanes']:27} {row['result']:9} {right:5} {row['detail'][:90]} [{ends}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", metavar="CASE")
    parser.add_argument("--scripted", action="store_true")
    parser.add_argument("--fast", metavar="URL=NAME")
    parser.add_argument("--strong", metavar="URL=NAME")
    parser.add_argument("--json", metavar="FILE")
    words = parser.parse_args()
    found: list[dict[str, Any]] = []
    for name in words.cases:
        case = json.loads(Path(name).read_text())
        if words.scripted:
            found += scripted(case)
        if words.fast and words.strong:
            small = {"api": "chat_json", "max_context_tokens": 8192, "max_output_tokens": 1024, "timeout_seconds": 300}
            pairs = {"fast": words.fast, "strong": words.strong}
            lanes = {key: lane(*pair.rsplit("=", 1), **small) for key, pair in pairs.items()}
            found.append(run(case, lanes, "real models"))
        for row in [row for row in found if row["case"] == case["name"]]:
            print(line(row), flush=True)
    if words.json:
        Path(words.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
