"""What a run has cost by the end, whichever jobs paid for it; and which branches and drafts go with it."""

from dataclasses import dataclass, field, replace

import pytest

from bot.core.attempt import Attempt
from bot.core.budget import Wish
from bot.core.cost import Tokens, Unpriced, Usage
from bot.core.entries import Pushed, Tried
from bot.core.ledger import Line, Record
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.standing import Standing
from bot.core.trail import Trail
from bot.ports import Denied, Desk, Kit, Unavailable
from bot.publish import booked, cleared, paid, recorded
from tests.core.test_trail import DIFF, RED, opened


@dataclass
class Account:
    """A ledger and a purse that know what they are told to know, and keep what they are told."""

    known: int | None = 0
    others: int = 0
    lines: list[Line] = field(default_factory=list)
    settled: list[int | None] = field(default_factory=list)

    def append(self, item: Line) -> None:
        self.lines.append(item)

    def spent(self, run: str) -> int | None:
        assert run == "r1"
        return self.known

    def standing(self, now: str) -> Standing:
        return Standing()

    def unkept(self) -> None:
        """Everything is kept."""

    def reserve(self, budget: Budget, wish: Wish) -> int | Refusal:
        raise AssertionError("nothing is set aside at an end")

    def earlier(self, run: str, by: str, at: str) -> int:
        assert (run, by) == ("r1", "77.2")
        return self.others

    def settle(self, wish: Wish) -> None:
        self.settled.append(wish.spent)

    def keep(self, trail: Trail) -> None:
        raise AssertionError("nothing is kept at an end")


class Still:
    def now(self) -> str:
        return "2026-01-01T00:00:09Z"

    def seconds(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing is waited for")


def kit(account: Account, before: Trail | None = None) -> Kit:
    return Kit(account, account, account, Still(), lambda _step, _detail: None, "77.2", before=before)


def tried(lane: str, micros: int) -> Tried:
    return Tried(Attempt(lane, "finished", DIFF, Usage(1, Tokens(10), micros), 1.0))


FAST, STRONG = tried("fast", 100), tried("strong", 2_000)
UNKNOWN = Tried(Attempt("fast", "finished", DIFF, Usage().plus(Tokens(), Unpriced("no price")), 1.0))
ALL = Trail(opened(), (FAST, RED, STRONG))
FIRST = Trail(opened(), (FAST,))


@pytest.mark.parametrize(
    ("trail", "before", "known", "here"),
    [
        (ALL, None, 2_100, 2_100),
        (ALL, None, 2_500, 2_500),
        (ALL, None, 0, 2_100),
        (ALL, FIRST, 0, 2_000),
        (ALL, FIRST, 2_300, 2_300),
        (ALL, ALL, 0, 0),
        (ALL, None, None, None),
        (Trail(opened(), (UNKNOWN,)), None, 50, None),
    ],
)
def test_a_job_has_paid_the_larger_of_what_its_ledger_and_its_trail_say_and_unknown_stays_unknown(trail, before, known, here):
    account = Account(known)
    assert paid(trail, kit(account, before)) == here
    made = booked(trail, kit(account, before))
    assert (account.lines, account.settled) == ([made], [here])


@pytest.mark.parametrize(
    ("before", "known", "others", "whole"),
    [
        (None, 2_100, 900, 2_100),
        (FIRST, 2_000, 0, 2_100),
        (FIRST, 2_000, 100, 2_100),
        (FIRST, 2_000, 350, 2_350),
        (FIRST, None, 350, None),
        (ALL, 0, 0, 2_100),
    ],
)
def test_a_run_has_cost_what_this_job_paid_and_what_those_before_it_did(before, known, others, whole):
    assert recorded(ALL, kit(Account(known, others), before)).cost_micros == whole


@dataclass
class Shut(Account):
    """One whose purse takes nothing back."""

    error: Exception = field(default_factory=Exception)

    def settle(self, wish: Wish) -> None:
        raise self.error


@pytest.mark.parametrize("error", [Denied("may not"), Unavailable("no answer")])
def test_a_share_that_cannot_be_given_back_takes_nothing_from_the_record_and_the_log_says_so(error):
    account, said = Shut(2_100, error=error), []
    made = booked(ALL, replace(kit(account), watch=lambda step, detail: said.append((step, detail))))
    assert account.lines == [made]
    assert said == [("ledger", f"{error}; until the day is over, the run's whole share counts as spent")]


# ---- what goes ---------------------------------------------------------------------------------------------------------


@dataclass
class Hub:
    """Branches to drop and drafts to withdraw; `no` refuses everything, and remembers that it was asked."""

    dropped: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    no: str = ""

    def drop(self, branch: str) -> None:
        self.dropped.append(branch)
        if self.no:
            raise Denied(self.no)

    def withdraw(self, branch: str) -> None:
        self.withdrawn.append(branch)
        if self.no:
            raise Denied(self.no)


def desk(hub: Hub, *, starts_ci: bool = True) -> Desk:
    return Desk(hub, None, None, pulls=hub, starts_ci=starts_ci)  # type: ignore[arg-type]  # of all the doors only these two are used


def ended(result: str) -> Record:
    made = recorded(Trail(opened(), (FAST, RED, Pushed("route-agent/3/c1-2", "1" * 40, 0.1))), kit(Account()))
    return replace(made, result=result, branch="route-agent/3/c1-2")  # type: ignore[arg-type]  # one of a closed set


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        ("pass", True),
        ("needs_approval", True),
        ("ci_timeout", True),
        ("not_fixed", False),
        ("superseded", False),
        ("stopped", False),
    ],
)
def test_earlier_branches_go_and_a_draft_of_the_last_where_nobody_is_asked_to_look_at_it(result, kept):
    hub = Hub()
    cleared(("route-agent/3/c1-1",), ended(result), desk(hub), earlier=False)
    assert hub.dropped == ["route-agent/3/c1-1"], "the last branch stays, whatever it came to"
    assert hub.withdrawn == ["route-agent/3/c1-1", *([] if kept else ["route-agent/3/c1-2"])]


@pytest.mark.parametrize(("earlier", "withdrawn"), [(False, []), (True, ["route-agent/3/c1-1", "route-agent/3/c1-2"])])
def test_who_opens_no_early_draft_withdraws_what_an_earlier_job_may_have_offered_alone(earlier, withdrawn):
    hub = Hub()
    cleared(("route-agent/3/c1-1",), ended("not_fixed"), desk(hub, starts_ci=False), earlier=earlier)
    assert (hub.dropped, hub.withdrawn) == (["route-agent/3/c1-1"], withdrawn)


def test_a_no_stops_nothing():
    deaf = Hub(no="not today")
    cleared(("a", "b"), ended("not_fixed"), desk(deaf), earlier=False)
    assert (deaf.dropped, deaf.withdrawn) == (["a", "b"], ["a", "b", "route-agent/3/c1-2"])
