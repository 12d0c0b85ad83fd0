"""Areas of a repository where results are worse than in the rest of it, and where people work that no rule knows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass as plain
from functools import lru_cache
from math import sqrt
from statistics import NormalDist
from typing import Literal, get_args

from pydantic.dataclasses import dataclass

from bot.core.facts import Facts, Located, NotApplicable, Place
from bot.core.past.history import Run, Try
from bot.core.past.interval import ENOUGH, Rate, rate
from bot.core.past.lives import Life
from bot.core.paths import ending
from bot.core.policy import Policy, Signals
from bot.core.signals import Number, observe
from bot.core.strict import STRICT
from bot.core.words import Reason, SignalName

ONE_IN = 0.01
"""How often all looks of one rule together may find something where there is nothing: each look gets its part (Bonferroni)."""
GAP = 0.1
"""A share that differs by less than this changes nobody's routing, however sure it is."""
DEEPEST = 8
"""Folders of a path that are looked at."""
MOST_PATHS = 500
"""Files of one area that are held against the rules."""
MOST_SHOWN = 5

What = Literal["fast_fails", "reviewers_reject"]


@dataclass(frozen=True, slots=True, config=STRICT)
class Area:
    """One that is worse. `path` is a folder (`payments/`) or an ending (`*.tf`)."""

    repo: str
    path: str
    what: What
    here: Rate
    elsewhere: Rate
    known_by: tuple[SignalName, ...]
    """Signals whose path rules find at least half of the files that were touched there; none is an area that no rule knows."""
    fired: tuple[SignalName, ...]
    """Signals that were found in at least half of these runs, by their path or by their text."""
    by_first: int
    """How many of the patches that speak against it the first lane made."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Touched:
    """A folder that no rule knows, and how many runs touched files right in it. Most code is ordinary: this alone is no drift."""

    repo: str
    path: str
    runs: int


@plain(frozen=True, slots=True)
class Regions:
    areas: tuple[Area, ...]
    looks: int
    """Areas that had enough cases to be compared, each counted once for each question."""


@plain(frozen=True, slots=True)
class _Case:
    run: Run
    paths: tuple[str, ...]
    bad: bool
    by_first: bool


def normal(looks: int) -> float:
    """Standard deviations of a two-sided interval that holds for all `looks` together, but for `ONE_IN`."""
    return NormalDist().inv_cdf(1 - ONE_IN / (2 * max(1, looks)))


def judged(tried: Try) -> bool:
    """Whether the attempt's end says something of its patch: not where money, provider or CI were missing."""
    return tried.decision != "stop" or tried.reason in get_args(Reason)


def regions(lives: tuple[Life, ...], policy: Policy) -> Regions:
    """Every area with enough cases is compared with the rest of its own repository. Both questions and all repositories share one
    correction."""
    groups = _groups(lives, policy.lanes[0])
    looked = {key: _candidates(cases) for key, cases in groups.items()}
    looks = sum(map(len, looked.values()))
    z = normal(looks)
    found = (area for key, cases in groups.items() for area in _worse(key, cases, looked[key], z, policy))
    return Regions(tuple(found), looks)


def _groups(lives: Iterable[Life], first: str) -> dict[tuple[str, What], list[_Case]]:
    groups: dict[tuple[str, What], list[_Case]] = {}
    for life in lives:
        run, accepted = life.run, life.accepted
        start = run.tries[0] if run.tries else None
        if start is not None and start.lane == first and judged(start):
            case = _Case(run, (*run.places, *start.files), start.decision != "accept", by_first=True)
            groups.setdefault((run.repo, "fast_fails"), []).append(case)
        if accepted is not None and life.truth != "unknown":
            case = _Case(run, accepted.files, life.truth == "wrong", by_first=accepted.lane == first)
            groups.setdefault((run.repo, "reviewers_reject"), []).append(case)
    return groups


def _candidates(cases: list[_Case]) -> dict[str, list[int]]:
    """Areas with enough cases here and elsewhere, each with the numbers of its cases. Of areas with the very same cases the most
    specific one."""
    touching: dict[str, list[int]] = {}
    for number, case in enumerate(cases):
        for area in {area for path in case.paths for area in around(path)}:
            touching.setdefault(area, []).append(number)
    distinct: dict[tuple[int, ...], str] = {}
    for area, numbers in touching.items():
        if ENOUGH <= len(numbers) <= len(cases) - ENOUGH:
            key = tuple(numbers)
            distinct[key] = max(distinct.get(key, ""), area, key=lambda name: (name.endswith("/"), len(name), name))
    return {area: touching[area] for area in distinct.values()}


@lru_cache(8192)
def around(path: str) -> tuple[str, ...]:
    """The areas that a file is in: its folders, each with a slash at its end, and its ending."""
    folders = path.split("/", DEEPEST + 1)[:-1][:DEEPEST]
    named = ending(path)
    endings = (f"*.{named}",) if named.isalnum() and len(named) <= 20 else ()
    return (*("/".join(folders[: depth + 1]) + "/" for depth in range(len(folders))), *endings)


# ---- worse -------------------------------------------------------------------------------------------------------


def _worse(key: tuple[str, What], cases: list[_Case], candidates: dict[str, list[int]], z: float, policy: Policy) -> Iterator[Area]:
    """The strongest first. A further one counts only by the cases that those before it do not explain: so a folder is not named
    for what one folder in it did, nor a folder in it for what all of it did."""
    bad = [case.bad for case in cases]
    total = sum(bad)
    taken: set[int] = set()
    for area in sorted(candidates, key=lambda area: (-_strength(candidates[area], bad, total), -len(area), area)):
        numbers = candidates[area]
        here, elsewhere = _compared(numbers, set(), bad, total, z)
        if _stands_out(here, elsewhere) and _stands_out(*_compared(numbers, taken, bad, total, z)):
            taken.update(numbers)
            yield _area(key, area, here, elsewhere, [cases[number] for number in numbers], policy)


def _compared(numbers: list[int], without: set[int], bad: list[bool], total: int, z: float) -> tuple[Rate, Rate]:
    here = [bad[number] for number in numbers if number not in without]
    gone = without.union(numbers)
    rest = total - sum(bad[number] for number in gone)
    return rate(sum(here), len(here), z=z), rate(rest, len(bad) - len(gone), z=z)


def _stands_out(here: Rate, elsewhere: Rate) -> bool:
    if here.value is None or elsewhere.value is None:
        return False
    return here.low > elsewhere.high and here.value - elsewhere.value >= GAP


def _strength(numbers: list[int], bad: list[bool], total: int) -> float:
    """How many standard errors the two shares are apart, were they one."""
    cases, rest = len(numbers), len(bad) - len(numbers)
    hits, share = sum(bad[number] for number in numbers), total / len(bad)
    error = sqrt(share * (1 - share) * (1 / cases + 1 / rest))
    return (hits / cases - (total - hits) / rest) / error if error else 0.0


def _area(key: tuple[str, What], path: str, here: Rate, elsewhere: Rate, cases: list[_Case], policy: Policy) -> Area:
    paths = {inner for case in cases for inner in case.paths if path in around(inner)}
    fired = Counter(name for case in cases for name in set(case.run.fired))
    return Area(
        repo=key[0],
        path=path,
        what=key[1],
        here=here,
        elsewhere=elsewhere,
        known_by=known_by(paths, policy.signals),
        fired=tuple(name for name in get_args(SignalName) if fired[name] * 2 >= len(cases)),
        by_first=sum(case.by_first and case.bad for case in cases),
    )


def outside(lives: tuple[Life, ...], areas: tuple[Area, ...]) -> tuple[Life, ...]:
    """The runs that touched none of these areas: what an area explains shall not speak against a threshold once more."""
    named = {(area.repo, area.path) for area in areas}
    if not named:
        return lives
    return tuple(
        life for life in lives if not any((life.run.repo, area) in named for path in life.run.touched for area in around(path))
    )


# ---- known -------------------------------------------------------------------------------------------------------


def located(paths: Iterable[str]) -> Facts:
    """A request that is about these files, and of which nothing else is known."""
    nothing = NotApplicable("only paths are looked at")
    return Facts(nothing, Located(tuple(Place(path, "") for path in paths)), nothing, (), "")


def known_by(paths: set[str], added: Signals) -> tuple[SignalName, ...]:
    """Signals whose path rules, built in or the policy's, find at least half of these files."""
    looked = sorted(paths)[:MOST_PATHS]
    return tuple(
        signal.name
        for signal in observe(located(looked), added)
        if signal.name != "files_touched" and isinstance(signal.reading, Number) and len(set(signal.because)) * 2 >= len(looked)
    )


def unmatched(lives: tuple[Life, ...], policy: Policy) -> tuple[Touched, ...]:
    """The folders that most runs touched and no rule knows."""
    runs = Counter(folder for life in lives for folder in {(life.run.repo, _folder(path)) for path in life.run.touched})
    often = [(key, count) for key, count in runs.most_common(10 * MOST_SHOWN) if count >= ENOUGH and key[1]]
    inside: dict[tuple[str, str], set[str]] = {key: set() for key, _ in often}
    for life in lives:
        for path in life.run.touched:
            if (found := inside.get((life.run.repo, _folder(path)))) is not None:
                found.add(path)
    ranked = sorted(often, key=lambda each: (-each[1], each[0]))
    unknown = (Touched(*key, count) for key, count in ranked if not known_by(inside[key], policy.signals))
    return tuple(each for each, _ in zip(unknown, range(MOST_SHOWN), strict=False))


def _folder(path: str) -> str:
    """The folder that a file lies right in, with a slash at its end; empty at the top."""
    head, slash, _ = path.rpartition("/")
    return head + slash
