"""`route-agent init` in a hostile repository."""

import os
import time

from tests.fakes import repos
from tests.init.shapes import OURS, made, policy

LAUGHS = [f"{n}: &{n} [{','.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)]
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(LAUGHS)


def test_a_hostile_repository_neither_hangs_nor_breaks_a_line(tmp_path):
    evil = "\x1b[2J\nwrote: /etc/passwd\u202e\u2028 \x85"
    flows: dict[str, bytes | str] = {
        "bomb.yml": BOMB + "on: push\n",
        "deep.yml": "[" * 50_000,
        "huge.yml": "on: push\n#" + "x" * 50_000_000,
        "wide.yml": "on: {" + ",".join(f"k{n}: 1" for n in range(20_000)) + "}\n",
        "tag.yml": "on: !!python/object/apply:os.system ['touch pwned']\n",
        "keys.yml": f'on:\n  push:\n  {evil.splitlines()[0]!r}: 1\n  "a\\nwrote: /x": 1\n',
        "bytes.yml": b"on: \xff\xfe\0",
        f"n{evil.replace('/', '')}.yml": "on: push\n",
        os.fsdecode(b"\xff.yml"): "on: push\n",
    }
    files: dict[str, bytes | str] = {f".github/workflows/{name}": text for name, text in flows.items()}
    files |= {f".github/workflows/w{n}.yml": "on: push\n" for n in range(60)}
    folder = f"t{evil.replace('/', '')}"
    files[f"{folder}/test_a.py"] = "import unittest\n"
    files["package.json"] = '{"scripts": {"test": "x", "lint": "y"}}'
    repo = tmp_path / "r\x1b[2J\u202e\x84"
    repos.make(repo, files)
    repos.git(repo, "remote", "add", "origin", f"https://u:hidden@github.com/a/b{evil}")

    began = time.monotonic()
    said = made(repo)

    assert time.monotonic() - began < 20
    assert "hidden" not in said
    assert [row for row in said.split("\n") if row.startswith("wrote:")] == [f"wrote: {path}" for path in OURS]
    assert all(row.isprintable() for row in said.split("\n"))
    assert "workflow: huge.yml cannot be read" in said
    assert "not looked into" in said
    assert "tests: left out, since its command holds characters that cannot be shown" in said
    assert {check.name for check in policy(repo).verification.checks} == {"tests-npm", "lint"}
    policy(repo)
    assert not (repo / "pwned").exists()
