"""Real git repositories in temporary folders, and what a test needs around them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

WHO = ("-c", "user.name=ann", "-c", "user.email=ann@example.invalid", "-c", "init.defaultBranch=main", "-c", "core.autocrlf=false")
PATH = os.environ["PATH"]


def git(folder: Path, *words: str, stdin: bytes | None = None) -> str:
    """git as a user would run it, but for the user's own configuration."""
    env = {"PATH": PATH, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "file"}
    done = subprocess.run(["git", *WHO, *words], cwd=folder, env=env, input=stdin, capture_output=True, check=True)
    return done.stdout.decode(errors="surrogateescape").strip()


def blob(folder: Path, name: str) -> bytes:
    """The bytes of an object, as git itself gives them."""
    env = {"PATH": PATH, "HOME": "/nonexistent"}
    return subprocess.run(["git", "cat-file", "-p", name], cwd=folder, env=env, capture_output=True, check=True).stdout


def make(folder: Path, files: Mapping[str, bytes | str], message: str = "start") -> str:
    """Write files, commit them raw (no attribute applies), give the commit's hash. A text that starts with `->` is a link."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    for name, content in files.items():
        path = folder / os.fsdecode(os.fsencode(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("->"):
            path.symlink_to(content[2:])
            git(folder, "add", "--", name)
            continue
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        blob = git(folder, "hash-object", "-w", "--stdin", "--no-filters", stdin=data)
        row = b"100644 " + blob.encode() + b"\t" + os.fsencode(name) + b"\0"
        git(folder, "update-index", "--add", "-z", "--index-info", stdin=row)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a repository, the git folder included, but for objects and what route-agent keeps there."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if (
            path.is_file()
            and not path.is_symlink()
            and not name.startswith(
                (".git/objects", ".git/route-agent", ".git/refs/heads/route-agent", ".git/logs/refs/heads/route-agent")
            )
        ):
            found[name] = path.read_bytes()
    return found


SHOP = {
    "shop/__init__.py": "",
    "shop/add.py": "def add(a, b):\n    return a + b + 1\n",
    "tests/__init__.py": "",
    "tests/test_add.py": (
        "import unittest\nfrom shop.add import add\n\n\nclass AddTest(unittest.TestCase):\n"
        "    def test_sum(self):\n        self.assertEqual(add(2, 2), 4)\n\n"
        "    def test_kind(self):\n        self.assertIsInstance(add(1, 1), int)\n"
    ),
}
"""A small repository with one wrong line and a failing test for it."""

POLICY = """
models:
  fast: {provider: openai_compatible, model: m-fast, base_url: "http://127.0.0.1:9/v1", price: {input: 1, output: 2}}
  strong: {provider: openai_compatible, model: m-strong, base_url: "http://127.0.0.1:9/v1", price: {input: 10, output: 20}}
routing:
  fast_max_score: 6
  strong_min_score: 7
verification:
  checks:
    - {name: tests, run: python3 -m unittest discover -v -t . -s tests, kind: tests}
"""

GOOD = {"action": "edit", "path": "shop/add.py", "old": "a + b + 1", "new": "a + b"}
BAD = {"action": "edit", "path": "shop/add.py", "old": "a + b + 1", "new": "'4'"}
DONE = {"action": "finish", "summary": "Adds without the extra one.", "confidence": 0.9, "risks": "none"}
