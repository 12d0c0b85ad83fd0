"""What stands in the documents, taken apart: blocks, commands, links and anchors, each with the place where it stands."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("route-agent", "python3", "python", "pip", "git", "gh", "bash", "npm", "docker")
SETS = re.compile(r"[A-Z_]+=\S* ")
"""A variable before a command, for that command alone."""


def tracked() -> frozenset[str]:
    """Files of the repository, committed or about to be."""
    words = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return frozenset(name for name in listed if name and (ROOT / name).exists())


DOCUMENTS = sorted(ROOT / name for name in tracked() if re.fullmatch(r"(?!tests/|bot/|.*templates/).*\.md", name))
"""What people read; a template is held by what is made of it."""


@dataclass(frozen=True, slots=True)
class Found:
    file: Path
    line: int
    text: str
    kind: str = ""
    """The language of a block; empty for one without, and for what stands in a line."""

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {' '.join(self.text.split())[:60]}"


def blocks(file: Path) -> Iterator[Found]:
    text = file.read_text(encoding="utf-8")
    for each in FENCE.finditer(text):
        yield Found(file, text.count("\n", 0, each.start()) + 2, each[2], each[1])


def prose(file: Path) -> str:
    """All but the blocks, in the same lines."""
    return FENCE.sub(lambda each: "\n" * each[0].count("\n"), file.read_text(encoding="utf-8"))


def spans(file: Path) -> Iterator[Found]:
    """What stands in a line as code; a span may go on in the next."""
    text = prose(file)
    for each in re.finditer(r"(?<!`)`([^`]+)`(?!`)", text):
        yield Found(file, text.count("\n", 0, each.start()) + 1, " ".join(each[1].split()))


def is_command(text: str) -> bool:
    first, _, rest = SETS.sub("", text).partition(" ")
    return bool(rest) and first.rpartition("/")[2] in PROGRAMS


def in_lines() -> Iterator[Found]:
    """Commands that are named in running text: some with a part left out, some as usage."""
    for file in DOCUMENTS:
        yield from (each for each in spans(file) if is_command(each.text))


def in_blocks() -> Iterator[Found]:
    """Lines of blocks that somebody would paste; a script of several lines is not one of them."""
    for file in DOCUMENTS:
        for block in blocks(file):
            if block.kind in ("sh", "") and not scripted(block):
                for number, line in enumerate(block.text.splitlines()):
                    if is_command(f"{line} "):
                        yield Found(file, block.line + number, line, "sh")


def scripted(block: Found) -> bool:
    return re.search(r"^(while|for|if) ", block.text, re.MULTILINE) is not None


def words(text: str) -> list[str]:
    """As a shell takes it apart, without comment, variables before it and what is optional; of alternatives the first."""
    text = re.sub(r"\[(?!plots|parquet|otel)[^\]]*\]", "", SETS.sub("", text))
    found = shlex.split(text, comments=True)
    return [re.sub(r"^([a-z_]+)(\|[a-z_]+)+$", r"\1", word) for word in found]


# ---- links ---------------------------------------------------------------------------------------------------------


def links(file: Path) -> Iterator[Found]:
    text = prose(file)
    for each in re.finditer(r"\]\(([^)\s]+)\)", text):
        yield Found(file, text.count("\n", 0, each.start()) + 1, each[1])


def anchors(file: Path) -> frozenset[str]:
    """Of a page's headings, as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ +(.+?) *$", prose(file), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return frozenset(found)
