"""The demo: the real main job over a small sample repository, with scripted lanes or with real models."""

import os
import shutil
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bot import local, tell
from bot.arguments import Desired
from bot.core import ledger
from bot.core.ledger import Record
from bot.demo.scripted import Scripted
from bot.edge.git.plumbing import environment
from bot.ports import Denied, Model
from bot.shop import Outside

HERE = Path(__file__).resolve().parent


def play(words: Namespace, outside: Outside, show: Callable[[str], None], material: Path = HERE) -> Record:
    """Build the sample, run the job over it, print the report and the comment that a reviewer would get."""
    if len({bool(words.model_url), bool(words.fast), bool(words.strong)}) > 1:
        raise Denied("--model-url, --fast and --strong go together: the address, and a model for each lane")
    with tempfile.TemporaryDirectory(prefix="route-agent-demo-") as folder:
        repo = Path(words.keep).absolute() if words.keep else Path(folder) / "fair"
        build(repo, material, outside.env.get("PATH", ""))
        return _play(words, outside, show, material, repo)


def _play(words: Namespace, outside: Outside, show: Callable[[str], None], material: Path, repo: Path) -> Record:
    sandboxed = not words.no_sandbox and _walls_stand(repo, outside)
    real = words.model_url is not None
    if not words.json:
        show(outside.render("terminal/demo.j2", repo=repo, sandboxed=sandboxed, real=real, url=words.model_url or ""))
    policy = (material / "policy.yml").read_bytes()
    if real:
        policy = _real_policy(policy, words)
    wanted = Desired(repo, (material / "task.txt").read_text(), policy, "the demo's policy", sandbox=sandboxed)
    model: Model = outside.model() if real else Scripted(yaml.safe_load((material / "lanes.yml").read_text()))
    record, trail = local.fix(wanted, outside, model)
    if words.json:
        show(ledger.encode(record) + "\n")
        return record
    show(tell.report(record, outside.render))
    show(
        outside.render(
            "terminal/comment.j2", comment=tell.comment(record, trail.opened.policy, outside.render), kept=words.keep or ""
        )
    )
    return record


def build(repo: Path, material: Path, path: str) -> None:
    """A real repository with one commit. Raises `Denied` where the folder is taken or cannot be one."""
    _room(repo)
    shutil.copytree(material / "sample", repo, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    who = ("-c", "user.name=demo", "-c", "user.email=demo@route-agent.invalid", "-c", "init.defaultBranch=main")
    for step in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "A bill that loses a cent")):
        done = subprocess.run(["git", *who, *step], cwd=repo, env=environment(path), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Denied(f"git {step[0]} failed in {repo}: {done.stderr.strip()}")


def _room(repo: Path) -> None:
    try:
        repo.mkdir(parents=True, exist_ok=True)
        taken = any(repo.iterdir())
    except FileExistsError:
        raise Denied(f"{repo} is a file; give --keep a folder") from None
    except OSError as error:
        raise Denied(f"{repo} cannot be made or read: {error.strerror}; give --keep another folder") from None
    if taken:
        raise Denied(f"{repo} is not empty; give --keep another folder")
    if not os.access(repo, os.W_OK | os.X_OK):
        raise Denied(f"{repo} cannot be written to; give --keep another folder")


def _walls_stand(repo: Path, outside: Outside) -> bool:
    """The demo runs only its own code, so it may do without walls; it says so."""
    from bot.edge.sandbox import box  # noqa: PLC0415

    home = box.Home(repo, tuple(outside.env.get("PATH", "").split(":")), Path(outside.env.get("HOME", "/root")), repo, {})
    try:
        box.find(home).probe()
    except Denied:
        return False
    return True


def _real_policy(policy: bytes, words: Namespace) -> bytes:
    """The demo's policy with somebody's models in it. They count as free: what they cost is not ours to guess."""
    plain: dict[str, Any] = yaml.safe_load(policy)
    for lane, name in (("fast", words.fast), ("strong", words.strong)):
        given = {"base_url": words.model_url, "model": name, "api": "chat_json", "price": {"input": 0, "output": 0}}
        plain["models"][lane] |= given | {"max_context_tokens": 8000, "max_output_tokens": 1024, "timeout_seconds": 300}
    return yaml.safe_dump(plain).encode()
