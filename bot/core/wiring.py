"""Whether the half that runs on GitHub stands in the repository's own files: who calls us there, and what is to prove a patch."""

import re

from bot.core.clean import line
from bot.core.health import Item, Ok, Problem, Unknown
from bot.core.jobs import VERIFY
from bot.core.rights import Workflow, events, proving
from bot.core.verifying import BEGIN, END

HERE = "in HEAD"
_CALLS = re.compile(r"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?[\w./-]*/route-agent(/host|(?:-\w+)?\.ya?ml)?@[\w./-]+", re.MULTILINE)
_LOCAL = re.compile(r"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?\./\.github/workflows/route-agent(?:-\w+)?\.ya?ml\b(?!@)", re.MULTILINE)
"""What a called file of the same repository does is seen in that file."""
_BESIDE = re.compile(r"^[ \t]*phase:[ \t]*[\"']?(report|replay)\b", re.MULTILINE)
_ASKING_NO_CI = {way + end for way in ("-host", "-outcome", "-replay", "-report") for end in (".yml", ".yaml")} | {"/host"}
"""Ways to call us, of which none starts a workflow to prove a patch; files are those of a shared repository."""


def wiring(found: tuple[Workflow, ...], wanted: tuple[str, ...], shipped: str) -> tuple[Item, ...]:
    """What can be seen without GitHub. `wanted` are the policy's workflows, `shipped` is the verify workflow as we hand it out."""
    texts = {line(w.path.rpartition("/")[2], 60): w.text for w in found if w.text is not None}
    callers = [name for name, text in texts.items() if _CALLS.search(text) or _LOCAL.search(text)]
    if not callers and not wanted:
        return (Ok("workflows", f"none {HERE} calls route-agent, and the command line needs none; `route-agent init` writes them"),)
    first: Item = Ok("workflows", f"{', '.join(callers)} {HERE} call{'s' if len(callers) == 1 else ''} route-agent")
    if not callers:
        first = Unknown("workflows", f"none {HERE} calls route-agent, though the policy names workflows of CI")
    by_ci = any(map(_asks_ci, texts.values()))
    items = tuple(proof(name, found, shipped) for name in wanted or ((VERIFY,) if by_ci else ()))
    if by_ci and not any(name.rpartition("/")[2] == VERIFY for name in wanted or (VERIFY,)):
        alone = f"verification.ci.workflows names no {VERIFY}, and a workflow of your own that is green proves no bugfix"
        items += (Problem("proof", alone, f"name {VERIFY} beside it"),)
    return (first, *items)


def _asks_ci(text: str) -> bool:
    """Whether what calls us there may have a patch proved by CI: all but the host action, a report, a replay and an outcome."""
    if not set(_CALLS.findall(text)) - _ASKING_NO_CI:
        return False
    on = events(text)
    if on is None or on.keys() & {"issue_comment", "issues", "pull_request_review_comment"} or "labeled" in str(on):
        return True
    return not _BESIDE.search(text) and not on.keys() <= {"pull_request", "pull_request_review"}


def proof(file: str, found: tuple[Workflow, ...], shipped: str) -> Item:
    """Whether a workflow of these files can prove a patch."""
    item = proving(file, found, "proof", HERE)
    text = next((w.text for w in found if w.path.endswith(f"/{VERIFY}")), None)
    if file != VERIFY or not isinstance(item, Ok) or text is None:
        return item
    if "WRITE HERE" in text:
        return Problem("proof", f"{VERIFY} has steps that nobody has written yet", "write its steps `set up` and `test`")
    if (gone := changed(text, shipped)) is not None:
        what = f"{VERIFY} differs from the shipped one outside of its steps `set up` and `test`"
        return Unknown("proof", f"{what}, so what it proves is not known; first gone: `{line(gone, 80)}`")
    return Ok("proof", f"{item.found}, and is the shipped one but for what is yours to change")


def changed(text: str, shipped: str) -> str | None:
    """The first line of the shipped workflow that is gone or moved; None where none is. Pins, limits and additions are free."""
    theirs = iter(_frame(text))
    return next((row for row in _frame(shipped) if row not in theirs), None)


def _frame(text: str) -> list[str]:
    """What stands around the two steps, without comments, pins and time limits."""
    before, begin, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if begin else ""
    rows = (row.partition(" #")[0].rstrip() for row in f"{before}{after}".splitlines())
    return [row for row in rows if row.strip() and not row.lstrip(" -").startswith(("#", "uses:", "timeout-minutes:"))]
