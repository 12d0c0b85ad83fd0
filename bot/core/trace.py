"""Which lines of a file ran in a check, read from what was noted beside the judged code: hostile until parsed."""

import re

from pydantic import TypeAdapter, ValidationError

from bot.core.checks import Traced
from bot.core.clean import line

MOST_BYTES = 20_000_000
_NOTED = TypeAdapter(dict[str, dict[int, list[str]]])


def read(notes: tuple[bytes, ...], root: str) -> tuple[Traced, ...] | None:
    """The notes of all processes of one run, put together. `root` is where the repository stood. None where none can be read."""
    found: dict[str, dict[int, set[str]]] = {}
    whole = 0
    for note in notes:
        try:
            noted = _NOTED.validate_json(note)
        except ValidationError:
            continue
        whole += 1
        for path, lines in noted.items():
            mine = found.setdefault(path.removeprefix(f"{root}/"), {})
            for number, names in lines.items():
                mine.setdefault(number, set()).update(filter(None, names))
    if not whole:
        return None
    return tuple(
        Traced(path, tuple((number, tuple(sorted(names))) for number, names in sorted(lines.items())))
        for path, lines in sorted(found.items())
    )


def reported(test: str) -> str:
    """How a pytest report calls a test that pytest itself calls by this id."""
    head, bracket, case = test.partition("[")
    path, *rest = head.split("::")
    module = re.sub(r"\.py$", "", path.replace("/", "."))
    *owners, name = [module, *rest]
    return line(f"{'.'.join(owners)}::{name}{bracket}{case}", 300)
