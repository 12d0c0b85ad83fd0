"""One schedule, tried: for whoever plays many."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.aftermath import wrong
from tests.chaos.play import played

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Tried:
    """One schedule: what did not hold, and, if it came to its end, what happened, line by line."""

    seed: int
    wrong: list[str]
    told: str = ""


def tried(seed: int) -> Tried:
    with tempfile.TemporaryDirectory(prefix=f"chaos-{seed}-", ignore_cleanup_errors=True) as folder:
        try:
            made = played(seed, Path(folder))
        except AssertionError as error:
            return Tried(seed, [f"no end: {error}"])
        said = (f"{each.user.login}:\n{each.body}" for each in made.thread.comments)
        return Tried(seed, wrong(made), "\n".join((*made.told, "", *said)) + "\n")


def first() -> int:
    """Another for each state of the code, and the same for the same."""
    whole = hashlib.sha256()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        whole.update(path.read_bytes())
    return int(whole.hexdigest()[:8], 16)
