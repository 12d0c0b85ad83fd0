"""One test function before and after: claims that are gone, say less, or say something else; cases that are gone; longer waits."""

from collections import Counter
from collections.abc import Callable, Iterator

from bot.core.clean import line
from bot.core.textual.claims import EMPTY, USUAL, Claim
from bot.core.textual.finding import Finding, Grave, Kind
from bot.core.textual.unit import Unit

_MOST = 100
"""Claims of one function that are compared one by one."""


def loosened(path: str, old: Unit | None, new: Unit) -> Iterator[Finding]:
    yield from _empty(path, old, new)
    if old is None:
        return
    removed, added = _left(old, new), _left(new, old)
    yield from _changes(path, new, _pairs(removed, added), len(old.claims))
    yield from _conditions(path, old, new)
    yield from _cases(path, old, new)
    waits = list(_waits(path, old, new))
    yield from waits
    if old.claims and not removed and not added and not waits and not _case_keys(old) - _case_keys(new):
        yield from _inputs(path, old, new)
    if new.lazy and not old.lazy and new.name.rpartition(".")[2].startswith("test"):
        grave: Grave = "veto" if new.lazy == "generator" else "weak"
        yield _found("test skipped", path, new, new.line, f"is a {new.lazy} now: some runners never run its body", grave)
    if old.claims and len(new.returns) > len(old.returns) and new.claims and min(new.returns) < new.claims[-1].line:
        yield _found("test skipped", path, new, min(new.returns), "returns before its last assertion")


def _found(kind: Kind, path: str, unit: Unit, place: int, what: str, grave: Grave = "veto") -> Finding:
    return Finding(kind, path, place, f"`{line(unit.name, 80)}` {what}", grave)


def _empty(path: str, old: Unit | None, new: Unit) -> Iterator[Finding]:
    known = Counter(claim.text for claim in old.claims) if old else Counter[str]()
    for claim in new.claims:
        known[claim.text] -= 1
        if claim.strength == EMPTY and known[claim.text] < 0:
            grave: Grave = "veto" if old else "weak"
            yield _found("assertion always true", path, new, claim.line, f"asserts what is always true: `{claim.text}`", grave)


def _left(one: Unit, other: Unit) -> list[Claim]:
    """Claims of the one that the other has not, as often as it has them less."""
    known = Counter(claim.meaning for claim in other.claims)
    left = []
    for claim in one.claims:
        known[claim.meaning] -= 1
        if known[claim.meaning] < 0:
            left.append(claim)
    return left


_ALIKE: tuple[Callable[[Claim, Claim], bool], ...] = (
    lambda was, now: was.subject == now.subject and was.op == now.op,
    lambda was, now: was.subject == now.subject,
    lambda was, now: was.op == now.op and was.expected == now.expected != "",
    lambda was, now: was.op == now.op,
    lambda _, now: now.strength > EMPTY,
)


def _pairs(removed: list[Claim], added: list[Claim]) -> list[tuple[Claim, Claim | None]]:
    """Each removed claim with the one that stands for it now: about the same thing, else as much expected, else the next."""
    left = list(range(len(added)))
    found: dict[int, int] = {}
    for same in _ALIKE:
        for index, was in enumerate(removed[:_MOST]):
            if index in found:
                continue
            other = next((place for place in left[:_MOST] if same(was, added[place])), None)
            if other is not None:
                found[index] = other
                left.remove(other)
    return [(was, added[found[index]] if index in found else None) for index, was in enumerate(removed)]


def _changes(path: str, unit: Unit, pairs: list[tuple[Claim, Claim | None]], before: int) -> Iterator[Finding]:
    gone = [was for was, now in pairs if now is None]
    how = "still stands, but no longer runs" if unit.dead else "is gone"
    if len(gone) > 3:
        what = f"has {len(gone)} of its {before} assertions less than it had; the first, `{gone[0].text}`, {how}"
        yield _found("assertion removed", path, unit, gone[0].line, what)
    else:
        yield from (_found("assertion removed", path, unit, was.line, f"had `{was.text}`, which {how}") for was in gone)
    for was, now in pairs:
        if now is None:
            continue
        kind, grave = _verdict(was, now)
        other = "of another value than it did" if now.text == was.text else f"where it asserted `{was.text}`"
        if kind is not None:
            yield _found(kind, path, unit, now.line, f"asserts `{now.text}` {other}", grave)


def _verdict(was: Claim, now: Claim) -> tuple[Kind | None, Grave]:
    if now.op == was.op == "raises":
        return _raising(was, now)
    if now.strength < was.strength:
        return ("assertion loosened" if now.strength > EMPTY else None), "veto"
    if now.op == was.op and _wider(was, now):
        return "tolerance widened", "veto"
    same = now.subject == was.subject
    if same and now.expected == was.expected and (now.op == was.op or now.strength > was.strength):
        return None, "weak"
    return (None if same and now.strength > was.strength else "expectation rewritten"), "weak"


def _raising(was: Claim, now: Claim) -> tuple[Kind | None, Grave]:
    if was.expected and not now.expected:
        return "assertion loosened", "veto"
    if now.subject == was.subject:
        return ("expectation rewritten" if was.expected and was.expected != now.expected else None), "weak"
    if now.strength > was.strength:
        return None, "weak"
    broader = now.strength < was.strength or ("Tuple" in now.subject[:6] and was.subject in now.subject)
    return ("assertion loosened", "veto") if broader else ("expectation rewritten", "weak")


_LESS_IS_WIDER = frozenset({"places", "decimal", "significant", ">", ">="})


def _wider(was: Claim, now: Claim) -> bool:
    """Whether a limit moved so that more passes. A tolerance that nobody names has the runner's own value."""
    old, new = dict(was.bounds), dict(now.bounds)
    for name in old.keys() | new.keys():
        before, after = old.get(name, USUAL.get(name)), new.get(name, USUAL.get(name))
        if name not in new and name in ("rel", "abs", "delta"):
            continue  # dropped: the usual one is narrower, or another name is compared
        if before is None or after is None:
            if name not in old:
                return True
            continue
        if (after < before) if name in _LESS_IS_WIDER else (after > before):
            return True
    return False


def _conditions(path: str, old: Unit, new: Unit) -> Iterator[Finding]:
    """A claim that stands as it was, under one more condition."""
    depths: dict[tuple[object, ...], int] = {}
    for claim in old.claims:
        depths[claim.meaning] = max(depths.get(claim.meaning, 0), claim.conditions)
    for claim in new.claims:
        if claim.conditions > depths.get(claim.meaning, claim.conditions):
            yield _found(
                "assertion conditional", path, new, claim.line, f"now asserts `{claim.text}` under a condition only", "weak"
            )


def _case_keys(unit: Unit) -> Counter[str]:
    return Counter(case for case, _, _ in unit.cases)


def _cases(path: str, old: Unit, new: Unit) -> Iterator[Finding]:
    before, after = _case_keys(old), _case_keys(new)
    gone = before - after
    if not gone:
        return
    place = next(place for case, _, place in old.cases if case in gone)
    if (missing := len(old.cases) - len(new.cases)) > 0:
        yield _found(
            "case removed", path, new, place, f"has {missing} cases less than it had: {len(new.cases)} of {len(old.cases)}"
        )
    else:
        place = next((place for case, _, place in new.cases if case not in before), place)
        yield _found("expectation rewritten", path, new, place, f"has {gone.total()} of its {len(old.cases)} cases changed", "weak")


def _waits(path: str, old: Unit, new: Unit) -> Iterator[Finding]:
    before, after = Counter(seconds for seconds, _ in old.waits), Counter(seconds for seconds, _ in new.waits)
    gone, come = max(before - after, default=0.0), max(after - before, default=0.0)
    if 0 < gone < come:
        place = next(place for seconds, place in new.waits if seconds == come)
        yield _found("tolerance widened", path, new, place, f"waits {come:g} s where it waited {gone:g} s")


def _inputs(path: str, old: Unit, new: Unit) -> Iterator[Finding]:
    """A literal that the test worked on is another."""
    before, after = Counter(value for value, _ in old.constants), Counter(value for value, _ in new.constants)
    if before - after and after - before:
        place = next(place for value, place in new.constants if value not in before or after[value] > before[value])
        yield _found("expectation rewritten", path, new, place, "works on other values than it did", "weak")
