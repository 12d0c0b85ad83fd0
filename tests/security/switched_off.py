"""Switches each defence off, in a copy of the tree, and wants the test of its attack to turn red.

`python -m tests.security.switched_off [PART OF A NAME …]`: all, or those whose test or defence has such a part. A test that stays
green without its defence shows nothing, nor does one that turns red because the copy is broken: it has to fail at what it claims.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.security.attacks import ROOT, Off, Played, played

FOLDERS = ("bot", "tests", "templates", "host", ".github")
FILES = ("pyproject.toml", "action.yml", "Dockerfile", ".dockerignore", "README.md")
CLAIMS = ("AssertionError", "assert ", "Failed: DID NOT RAISE", "Failed: Regex pattern")
SECONDS = 300.0


class Stale(ValueError):
    """What is to be switched off is not there."""


@dataclass(frozen=True)
class Finding:
    """Why a switched-off defence is not missed by the test of its attack."""

    played: Played
    why: str

    def __str__(self) -> str:
        return f"{self.played.node} without {', '.join(each.name for each in self.played.attack.offs)}: {self.why}"


def unmissed(chosen: Sequence[Played]) -> list[Finding]:
    """Of these attacks the tests that do not turn red without their defence."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return [found for found in pool.map(_tried, chosen) if found is not None]


def _tried(one: Played) -> Finding | None:
    with tempfile.TemporaryDirectory(prefix="switched-off-") as folder:
        tree = Path(folder) / "tree"
        copied(tree)
        try:
            for each in one.attack.offs:
                switch(tree, each)
        except Stale as stale:
            return Finding(one, str(stale))
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--junitxml={folder}/report.xml", one.node]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
        try:
            done = subprocess.run(words, cwd=tree, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return Finding(one, f"no end within {SECONDS:.0f} s")
        why = verdict(done.returncode, Path(folder) / "report.xml")
        return Finding(one, f"{why}\n{done.stdout[-1500:]}" if os.environ.get("SHOW") else why) if why else None


def verdict(code: int, report: Path) -> str:
    """Empty for a test that fails at what it claims."""
    if code == 0:
        return "the test stays green"
    if code != 1 or not report.exists():
        return f"pytest could not run it (exit code {code})"
    said = [found.get("message", "") for found in ET.parse(report).iter("failure")]  # noqa: S314 - pytest's own, just written
    if not said:
        return "it fails before or after the test itself"
    return "" if said[0].startswith(CLAIMS) else f"it fails at something else: {said[0][:200]}"


# ---- the copy ----------------------------------------------------------------------------------------------------


def copied(to: Path) -> None:
    to.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, to / name, copy_function=_linked, ignore=shutil.ignore_patterns("counterparts"))
    for name in FILES:
        _linked(str(ROOT / name), str(to / name))


def _linked(source: str, target: str) -> None:
    """Hard links where the file system has them: what is edited is replaced, never written into."""
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copy2(source, target)


def switch(tree: Path, what: Off) -> Path:
    """The file that is another now. Raises `Stale` for what is not there, or is there more than once."""
    if "/" in what.name:
        path = tree / what.name
        text = path.read_text()
        made = _cut(text, what)
    else:
        path, names = _place(tree, what.name)
        text = path.read_text()
        made = _without(text, names, what)
    path.unlink()
    path.write_text(made)
    return path


def _place(tree: Path, name: str) -> tuple[Path, list[str]]:
    """The file of a dotted name, and the names inside it."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        path = tree.joinpath(*parts[:count])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file, parts[count:]
    raise Stale(f"there is no module of {name}")


def _without(text: str, names: list[str], what: Off) -> str:
    node = _found(ast.parse(text).body, names, what.name)
    rows = text.splitlines(keepends=True)
    start, end = _span(node)
    if what.cut is not None:
        piece = _cut("".join(rows[start:end]), what)
    elif isinstance(node, ast.FunctionDef):
        body = node.body[0]
        start = body.lineno - 1
        piece = textwrap.indent(what.instead, " " * body.col_offset) + "\n"
    else:
        head = f"{names[-1]}: {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else names[-1]
        piece = " " * node.col_offset + f"{head} = {what.instead}\n"
    return "".join(rows[:start]) + piece + "".join(rows[end:])


Named = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


def _found(body: Iterable[ast.stmt], names: list[str], whole: str) -> Named:
    first, *rest = names
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == first:
            return _found(node.body, rest, whole) if rest else node
        if not rest and _assigns(node, first):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            return node
    raise Stale(f"there is no {whole}")


def _assigns(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(each, ast.Name) and each.id == name for each in targets)


def _span(node: Named) -> tuple[int, int]:
    assert node.end_lineno is not None
    return node.lineno - 1, node.end_lineno


def _cut(text: str, what: Off) -> str:
    assert what.cut is not None, f"{what.name}: a file has no body to replace"
    old, new = what.cut
    if text.count(old) != 1:
        raise Stale(f"`{old}` stands {text.count(old)} times in {what.name}")
    return text.replace(old, new)


def main(parts: Sequence[str]) -> int:
    chosen = [
        each
        for each in played()
        if not parts or any(part in f"{each.node} {' '.join(off.name for off in each.attack.offs)}" for part in parts)
    ]
    found = unmissed(chosen)
    print("\n".join(map(str, found)) or f"each of {len(chosen)} tests misses its defence")  # noqa: T201 - a program's answer
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
