"""Whether the policy still fits what happens: areas that went bad, rules that no run meets, thresholds that the runs argue against.

Nothing is changed here. What the runs bear out is suggested, as an edit of the policy's own text.
"""

from collections.abc import Iterator
from dataclasses import dataclass as plain
from typing import Any, Literal

from pydantic.dataclasses import dataclass

from bot.core.clean import line
from bot.core.cost import micros
from bot.core.past import telling
from bot.core.past.amend import Put, amended, difference, rows, written
from bot.core.past.limits import Look, looks
from bot.core.past.regions import Area, Touched, outside, regions, unmatched
from bot.core.past.silent import Silent, Unmatched, silent, unmatched_globs
from bot.core.past.survey import Books
from bot.core.past.tables import Fault, listed
from bot.core.policy import Policy
from bot.core.policyfile import PolicyError, read
from bot.core.strict import STRICT
from bot.core.words import SignalName

STAKES: tuple[SignalName, ...] = (
    "secrets_handling",
    "deploy_config",
    "ci_config",
    "production_incident",
    "schema_change",
    "auth_code",
)
"""Under which signal a folder is put that shall start in `strong`, the first one by which this policy starts there. No signal means
"the first lane fails here". `secrets_handling` comes first since it does the least besides: it adds no points to the score and
gives the task no other class, so that neither the proof asked for nor `routing.by_class` changes."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Unwritten:
    """A finding for which no edit is suggested, and why."""

    about: str
    why: str
    write: str = ""
    """What to write by hand."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Drift:
    """`areas`, `globs` and the thresholds that are argued against are drift; all else is there to look at."""

    runs: int
    first_lane: str
    areas: tuple[Area, ...]
    areas_looked_at: int
    thresholds: tuple[Look, ...]
    globs: tuple[Unmatched, ...]
    silent: tuple[Silent, ...]
    unmatched: tuple[Touched, ...]
    diff: str
    """The suggested edit of the policy's text, as `git apply` takes it; empty where there is none."""
    unwritten: tuple[Unwritten, ...]
    faults: int
    fault_list: tuple[Fault, ...]
    kind: Literal["drift"] = "drift"

    @property
    def argued(self) -> tuple[Look, ...]:
        return tuple(look for look in self.thresholds if look.standing == "argued against")

    @property
    def drifted(self) -> int:
        """How many findings there are."""
        return len(self.areas) + len(self.globs) + len(self.argued)


def drift(books: Books, text: bytes, name: str) -> Drift:
    """`text` is the policy in force, `name` what its file is called in the diff. Raises `PolicyError` where it does not load."""
    policy = read(text, name)
    runs = [life.run for life in books.lives]
    found, globs = regions(books.lives, policy), unmatched_globs(runs, policy)
    thresholds = looks(outside(books.lives, found.areas), policy)
    wishes, unwritten = _wishes(found.areas, thresholds, globs, policy, alone=len({run.repo for run in runs}) <= 1)
    diff, failed = _edited(text, policy, wishes, name)
    return Drift(
        runs=len(runs),
        first_lane=policy.lanes[0],
        areas=found.areas,
        areas_looked_at=found.looks,
        thresholds=thresholds,
        globs=globs,
        silent=silent(runs, policy),
        unmatched=unmatched(books.lives, policy),
        diff=diff,
        unwritten=(*unwritten, *failed),
        faults=len(books.faults),
        fault_list=listed(books.faults),
    )


# ---- what to write -----------------------------------------------------------------------------------------------


@plain(frozen=True, slots=True)
class _Wish:
    """One edit: keys that change together."""

    about: str
    puts: tuple[Put, ...]
    means: tuple[Any, ...]
    """The value of each key once the policy is read."""


def _wishes(
    areas: tuple[Area, ...], thresholds: tuple[Look, ...], globs: tuple[Unmatched, ...], policy: Policy, *, alone: bool
) -> tuple[list[_Wish], list[Unwritten]]:
    unwritten = [Unwritten(f"{glob.key}: {line(glob.glob)}", "only you know which files it was meant for") for glob in globs]
    argued = [look for look in thresholds if look.standing == "argued against"]
    unwritten += [Unwritten(f"{look.key}, {look.about}", _no_value(look)) for look in argued if look.proposed is None]
    wishes = list(_of_thresholds([look for look in argued if look.proposed is not None], policy))
    by_signal: dict[SignalName, list[Area]] = {}
    for area in areas:
        signal, why = _signal(area, policy), _no_edit(area, alone=alone)
        if signal is None or why:
            why = why or "no signal starts in `strong` under this policy"
            unwritten.append(Unwritten(f"{line(area.repo)}: {line(area.path, 120)}", why))
        else:
            by_signal.setdefault(signal, []).append(area)
    return wishes + [_of_areas(signal, found, policy) for signal, found in by_signal.items()], unwritten


def _no_value(look: Look) -> str:
    match look.asks:
        case "cut_off":
            return "the caps of a day, a month or a person leave no room; raise them together"
        case "overconfident":
            return "no threshold mends this: the numbers claim more than comes true; look at `ledger report` for their calibration"
        case "futile_reason":
            return "with `max_attempts: 1`, which is suggested, no reason leads to another attempt"
        case _:
            return "no value mends this"


def _no_edit(area: Area, *, alone: bool) -> str:
    """Why starting in `strong` would not help there, or cannot be written; empty where it would, and can."""
    if not alone:
        return "it is of one of several repositories, each of which has a policy of its own"
    if area.by_first * 2 < area.here.hits:
        return "most of the patches that were not wanted came from a later lane: to start there would not keep them away"
    if not area.path.isprintable() or len(area.path) > 200:
        return "its name is too long, or holds characters that no glob should"
    return ""


def _signal(area: Area, policy: Policy) -> SignalName | None:
    """The signal that most of these runs have by their own words, where it starts in `strong`; else as `STAKES` has it."""
    upward = (*policy.routing.always_strong_if, *policy.routing.default_upward)
    meant = next((name for name in area.fired if name in upward), None)
    return meant or next((name for name in STAKES if name in upward), None)


def _of_areas(signal: SignalName, areas: list[Area], policy: Policy) -> _Wish:
    said = [f"route-agent ledger drift: {line(area.path, 120)}: {telling.area(area, policy.lanes[0])}." for area in areas]
    if any(signal in area.fired for area in areas):
        said.append(f"Most of these tasks have {signal} by their text already.")
    else:
        said.append(
            f'No signal means "{policy.lanes[0]} fails here". {signal} is used since it starts in strong'
            + (", adds no points and changes no task class. " if signal == STAKES[0] else "; it changes the task class, too. ")
            + "Runs will name it as their reason."
        )
    present = policy.signals.paths.get(signal, ())
    wanted = (*present, *(glob for area in areas if (glob := _glob(area.path)) not in present))
    value = tuple(dict.fromkeys(wanted))
    return _Wish(f"signals.paths.{signal}", (Put(("signals", "paths", signal), value, tuple(rows(*said))),), (value,))


def _glob(path: str) -> str:
    """As .gitignore would write this folder, from the top, or this ending, wherever it is."""
    if path.startswith("*."):
        return path
    return "/" + "".join(f"\\{letter}" if letter in "\\*?[]!#" else letter for letter in path)


def _of_thresholds(argued: list[Look], policy: Policy) -> Iterator[_Wish]:
    """One wish a key: of several steps of confidence the last, and all futile reasons at once."""
    for key in dict.fromkeys(look.key for look in argued):
        same = [look for look in argued if look.key == key]
        why = tuple(rows(*(f"route-agent ledger drift: {telling.look(look, policy.lanes[0])}." for look in same)))
        proposed = same[-1].proposed or ""
        yield _Wish(key, *_puts(key, proposed, why))


def _puts(key: str, proposed: str, why: tuple[str, ...]) -> tuple[tuple[Put, ...], tuple[Any, ...]]:
    path = tuple(key.split("."))
    match key:
        case "routing.fast_max_score":
            most = int(proposed)
            return (Put(path, most, why), Put(("routing", "strong_min_score"), most + 1)), (most, most + 1)
        case "routing.escalate_on":
            names = tuple(name for name in proposed.strip("[]").split(", ") if name)
            return (Put(path, names, why),), (names,)
        case "routing.max_attempts":
            return (Put(path, int(proposed), why),), (int(proposed),)
        case "budget.per_run_usd":
            return (Put(path, proposed, why),), (micros(proposed),)
        case _:
            return (Put(path, proposed, why),), (float(proposed),)


# ---- how it reads ------------------------------------------------------------------------------------------------


def _edited(text: bytes, policy: Policy, wishes: list[_Wish], name: str) -> tuple[str, list[Unwritten]]:
    """Each edit is read back, and kept only where the policy then differs by what was meant and by nothing else."""
    old = text.decode("utf-8")
    mark = "\ufeff" if old.startswith("\ufeff") else ""
    now, meant, failed = old.removeprefix(mark), _plainly(policy), list[Unwritten]()
    for wish in wishes:
        then = meant
        for put, value in zip(wish.puts, wish.means, strict=True):
            then = _with(then, put.path, value)
        try:
            new = amended(now, wish.puts)
            sound = _plainly(read(new.encode(), name)) == then
        except (ValueError, PolicyError):
            sound = False
        if sound:
            now, meant = new, then
        else:
            by_hand = ", ".join(f"{'.'.join(put.path)}: {written(put.value)}" for put in wish.puts)
            failed.append(Unwritten(wish.about, "the file is laid out in a way that is not edited here", by_hand))
    return difference(old, mark + now, name), failed


def _plainly(policy: Policy) -> dict[str, Any]:
    return policy.model_dump(by_alias=True)


def _with(values: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The same with one value put in, and nothing changed in place."""
    head, *rest = path
    return {**values, head: _with(values.get(head) or {}, tuple(rest), value) if rest else value}
