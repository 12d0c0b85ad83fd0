"""How the files of a ledger's branch are named and filled, and what is said of those that are not."""

from collections.abc import Iterator

from bot.core.past.lines import Fault, Line

KEPT = ("records/", "outcomes/")
"""Where on the branch that lies which a report counts."""
LONGEST = 1_000_000
"""Bytes of one line, or of a file that is one."""
ENDINGS = (".json", ".jsonl")


def foreign(path: str) -> Fault | None:
    """What is wrong with a file where it lies, by its name alone: a folder on the way that is called like a file, or its ending."""
    parts = path.split("/")
    for depth, folder in enumerate(parts[:-1], 1):
        if folder.endswith(ENDINGS):
            return Fault("/".join(parts[:depth]), "a folder that is called as a file is; nothing in it was read")
    return None if path.endswith(ENDINGS) else Fault(path, "no file of a ledger: those end in .json or .jsonl")


def too_long(place: str) -> Fault:
    return Fault(place, f"longer than {LONGEST:,} bytes, which no line of a ledger is")


def lines(path: str, content: bytes) -> Iterator[Line | Fault]:
    """The lines of a file. A `.json` whose first line is no whole object is one document, as people's editors lay it out."""
    rows = content.splitlines()
    if not content.strip():
        yield Fault(path, "empty")
    elif path.endswith(".json") and not rows[0].rstrip().endswith(b"}"):
        yield Line(content.strip(), path) if len(content) <= LONGEST else too_long(path)
    else:
        for number, row in enumerate(rows, 1):
            if text := row.strip():
                place = f"{path}:{number}"
                yield Line(text, place) if len(text) <= LONGEST else too_long(place)
