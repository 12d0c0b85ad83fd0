"""What a patch's own text says against it, as evidence: whether it is well-formed, whether it tampers, what is doubtful in it."""

from bot.core.changed import Changed
from bot.core.clean import line
from bot.core.evidence import DOUBTS, TAMPERING, WELL_FORMED, Item
from bot.core.textual.finding import Finding, Kind
from bot.core.textual.static import static
from bot.core.textual.tampering import tampering
from bot.core.words import TaskClass

SHOWN = 3
"""So many findings are told; of the rest only how many there are."""

EXPECTED: dict[TaskClass, frozenset[Kind]] = {
    "docs": frozenset({"no effect"}),
    "tests": frozenset({"no effect", "expectation rewritten", "snapshot rewritten"}),
    "refactor": frozenset({"no effect"}),
}
"""What is no reason for doubt where it is the very task."""


def inspected(changes: tuple[Changed, ...], shown: tuple[str, ...], task_class: TaskClass) -> tuple[Item, ...]:
    """`shown` are texts from which answers could have been copied: the task, and what failing tests print."""
    written, rigged = static(changes), tampering(changes, shown)
    expected = EXPECTED.get(task_class, frozenset())
    doubts = tuple(each for each in (*written, *rigged) if each.grave == "weak" and each.kind not in expected)
    return (
        _vetoed(WELL_FORMED, written, "every changed file parses; no leftover of a merge, nothing hidden, no secret"),
        _vetoed(TAMPERING, rigged, "no test is taken away, skipped or loosened; no source looks for its tests"),
        Item(DOUBTS, "failed", "term", _told(doubts)) if doubts else Item(DOUBTS, "passed", "term", "none"),
    )


def _vetoed(name: str, found: tuple[Finding, ...], fine: str) -> Item:
    vetoes = tuple(each for each in found if each.grave == "veto")
    return Item(name, "failed", "veto", _told(vetoes)) if vetoes else Item(name, "passed", "veto", fine)


def _told(found: tuple[Finding, ...]) -> str:
    places = (f"{line(each.path, 120)}{f':{each.line}' if each.line else ''}: {each.why}" for each in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(places) + more
