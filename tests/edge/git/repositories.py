"""A repository whose files are hard to keep byte for byte, and what a hostile one is configured to run and made of."""

import os
from pathlib import Path

from tests.fakes import repos

PATH = os.environ["PATH"]
WHEN = "2026-01-02T03:04:05Z"
ATTRIBUTES = (
    "*.py export-subst ident filter=x eol=crlf\n"
    "*.txt export-ignore -diff binary working-tree-encoding=UTF-16\n"
    "*.md -text merge=ours\n"
)

FILES: dict[str, bytes | str] = {
    ".gitattributes": ATTRIBUTES,
    "crlf.py": b"a = 1\r\nb = 2\r\n",
    "no-end.py": b"a = 1\nb = 2",
    "latin.txt": b"caf\xe9 \xff\xfe\n",
    "empty.md": b"",
    "with space.txt": b"x\n",
    "tab\there.txt": b"x\n",
    'quo"te.txt': b"x\n",
    "n\u00e4me \u6f22.txt": b"x\n",
    "$Id$.py": b"# $Id$ $Format:%H$\n",
    "deep/er/file.txt": b"1\n2\n3\n",
}


def hostile(repo: Path, mark: Path) -> None:
    run = f"touch {mark}"
    for key, value in {
        "core.fsmonitor": f"{run};false", "core.hooksPath": str(repo / "hooks"), "core.sshCommand": run, "core.pager": run,
        "filter.x.clean": f"{run};cat", "filter.x.smudge": f"{run};cat", "diff.external": run, "core.alternateRefsCommand": run,
        "uploadpack.packObjectsHook": run, "gpg.program": run, "commit.gpgSign": "true", "diff.x.textconv": run,
    }.items():  # fmt: skip
        repos.git(repo, "config", key, value)
    for folder in (repo / "hooks", repo / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("reference-transaction", "post-commit", "pre-commit", "post-checkout", "post-index-change", "update"):
            (folder / name).write_text(f"#!/bin/sh\n{run}\n")
            (folder / name).chmod(0o755)


def handmade(repo: Path, *rows: bytes) -> str:
    """A commit whose tree object was made by hand: what git's own commands refuse to write."""
    tree = repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=b"".join(rows))
    return repos.git(repo, "commit-tree", tree, "-m", "hostile")
