"""Caps by reservation: whatever happens to runs, and in whatever order, what is gone or set aside never passes a cap."""

import random
from dataclasses import dataclass, field

import pytest

from bot.core.budget import HELD, Grant, Wish, grant, settlement
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Charge, Held, Movement, Reserved, Settled, accounts

TODAY, TOMORROW = "2026-01-02T10:00:00Z", "2026-01-03T00:10:00Z"


def budget(**dollars: float) -> Budget:
    return Budget.model_validate({"per_run_usd": 1, "per_day_usd": 2} | dollars)


def wish(run: str = "r1", at: str = TODAY, **more: object) -> Wish:
    return Wish(run, str(more.pop("actor", "ann")), at, **more)  # type: ignore[arg-type]


def granted(found: Grant | Refusal) -> int:
    assert isinstance(found, Grant), found
    return found.left


def refused(found: Grant | Refusal) -> str:
    assert isinstance(found, Refusal), found
    return found.detail


def reserved(run: str, micros: int, at: str = TODAY, actor: str = "ann", by: str = "") -> Reserved:
    return Reserved(run, at, actor, micros, by)


def charge(run: str, micros: int | None, at: str = TODAY) -> Charge:
    return Charge(run, at, "ann", "fast", micros, "policy")


def test_a_run_sets_its_share_aside_and_asking_again_gives_no_more():
    first = grant(budget(), wish(), [])
    assert first == Grant(1_000_000, reserved("r1", 1_000_000))
    there: list[Movement] = [reserved("r1", 1_000_000), charge("r1", 300_000), Held("r1", TODAY, "ann", "fast", 100_000)]
    assert grant(budget(), wish(), there) == Grant(600_000), "what is held for a call that was never answered is gone"


def test_runs_at_work_leave_others_what_they_did_not_set_aside():
    there: list[Movement] = [reserved("r1", 1_000_000), reserved("r2", 400_000)]
    assert granted(grant(budget(), wish("r3"), there)) == 600_000
    there += [reserved("r3", 600_000)]
    assert refused(grant(budget(), wish("r4"), there)) == (
        "budget.per_day_usd is spent: $2.00 of $2.00, with what runs at work have set aside"
    )
    there += [charge("r1", 100_000), Settled("r1", TODAY, 100_000)]
    assert granted(grant(budget(), wish("r4"), there)) == 900_000


def test_every_cap_is_named_when_it_is_reached():
    gone: list[Movement] = [reserved("r1", 1_000_000, at="2026-01-01T00:00:00Z"), Settled("r1", TODAY, 900_000)]
    assert "per_month_usd is spent: $0.90 of $0.90" in refused(grant(budget(per_month_usd=0.9, per_run_usd=0.5), wish("r2"), gone))
    own = [reserved("r1", 500_000, actor="bob")]
    assert "per_actor_day_usd is spent" in refused(grant(budget(per_actor_day_usd=0.5), wish("r2", actor="bob"), own))
    assert granted(grant(budget(per_actor_day_usd=0.5), wish("r2", actor="ann"), own)) == 500_000
    assert "per_run_usd is spent" in refused(grant(budget(), wish(spent=1_000_000), []))
    past = refused(grant(budget(per_day_usd=1), wish(spent=400_000), [reserved("r2", 700_000)]))
    assert "per_day_usd is spent: $1.10 of $1.00" in past, "what the run has spent already counts with the rest of the day"


def test_a_charge_that_nobody_knows_leaves_nothing_under_any_cap_that_counts_it():
    assert "unknown cost, so budget.per_day_usd" in refused(grant(budget(), wish("r2"), [charge("r1", None)]))
    assert "unknown cost, so budget.per_run_usd" in refused(grant(budget(), wish("r1"), [charge("r1", None)]))
    assert "unknown cost, so budget.per_run_usd" in refused(grant(budget(), wish("r1", spent=None), []))


def test_another_job_does_not_take_over_a_share_of_which_it_does_not_know_what_is_left():
    there = [reserved("r1", 1_000_000, by="77.1")]
    assert granted(grant(budget(), wish(by="77.1"), there)) == 1_000_000
    assert "another job has this run's share set aside" in refused(grant(budget(), wish(by="78.2"), there))
    assert "another job has this run's share set aside" in refused(grant(budget(), wish(by="77.0"), there))


def test_a_share_of_a_run_that_github_calls_over_is_lost_and_stands_in_nobody_s_way():
    there: list[Movement] = [reserved("r1", 700_000, by="77.1")]
    assert grant(budget(), wish(by="78.1"), there) == HELD
    assert grant(budget(), wish(by="78.1", over=frozenset({"76"})), there) == HELD
    assert granted(grant(budget(), wish(by="78.1", over=frozenset({"77"})), there)) == 1_000_000
    assert granted(grant(budget(per_day_usd=1.5), wish(by="78.1", over=frozenset({"77"})), there)) == 800_000, "and counts as spent"


def test_who_has_a_share_of_its_own_goes_on_whatever_another_job_has_set_aside():
    there: list[Movement] = [reserved("r1", 700_000, by="77.1"), reserved("r1", 600_000, by="78.1")]
    assert granted(grant(budget(), wish(by="78.1"), there)) == 600_000


def test_a_job_that_is_run_again_gets_a_share_of_its_own_and_the_lost_one_counts_as_spent():
    there: list[Movement] = [reserved("r1", 1_000_000, by="77.1")]
    found = grant(budget(per_day_usd=1.5), wish(by="77.2"), there)
    assert found == Grant(500_000, reserved("r1", 500_000, by="77.2"))
    assert isinstance(found, Grant)
    assert found.new is not None
    there += [found.new]
    settled = settlement(wish(by="77.2", spent=100_000), there)
    assert settled == Settled("r1", TODAY, 100_000)
    assert sum(account.counted or 0 for account in accounts([*there, settled])) == 1_100_000
    assert granted(grant(budget(), wish(by="77.2", spent=300_000), [reserved("r1", 1_000_000, by="77.1")])) == 700_000
    known: list[Movement] = [reserved("r1", 1_000_000, by="77.1"), Settled("r1", TODAY, 250_000)]
    assert granted(grant(budget(), wish(by="77.2"), known)) == 750_000, "what the last phase of the first has settled is known"


def test_money_of_attempts_that_were_cut_off_again_and_again_adds_up_and_ends_at_the_cap():
    """Each job knows its own calls alone, and what it took over is on the account of the one before."""
    there: list[Movement] = []
    gone = 0
    for attempt in range(1, 9):
        mine = wish(by=f"77.{attempt}")
        found = grant(budget(), mine, there)
        if isinstance(found, Refusal):
            break
        spend = min(300_000, found.left)
        assert found.new is not None
        there += [found.new]
        line = settlement(wish(by=f"77.{attempt}", spent=spend), there)
        assert line is not None
        there += [line]
        gone += spend
    assert gone == 1_000_000
    assert sum(account.counted or 0 for account in accounts(there)) == gone


def test_a_run_over_midnight_goes_on_with_its_share_which_stays_the_first_day_s():
    there: list[Movement] = [reserved("r1", 1_000_000, by="7.1"), charge("r1", 250_000)]
    assert grant(budget(), wish(at=TOMORROW, by="7.1"), there) == Grant(750_000), "nothing more has to be written"
    there += [charge("r1", 100_000, TOMORROW)]
    settled = settlement(wish(at=TOMORROW, by="7.1"), there)
    assert settled == Settled("r1", TOMORROW, 350_000)
    assert [(a.day, a.counted) for a in accounts([*there, settled])] == [("2026-01-02", 350_000)]


def test_a_run_taken_up_after_its_end_on_another_day_belongs_to_that_day():
    there: list[Movement] = [reserved("r1", 1_000_000), charge("r1", 250_000), Settled("r1", TODAY, 250_000)]
    found = grant(budget(), wish(at=TOMORROW), there)
    assert granted(found) == 750_000, "per_run_usd is for the whole run"
    assert isinstance(found, Grant)
    assert found.new is not None
    there += [found.new, charge("r1", 100_000, TOMORROW)]
    assert [(a.day, a.counted) for a in accounts(there)] == [("2026-01-02", 250_000), ("2026-01-03", 750_000)]


def test_a_share_is_settled_once_and_by_the_larger_of_what_is_known():
    there: list[Movement] = [reserved("r1", 1_000_000), charge("r1", 250_000)]
    assert settlement(wish(spent=300_000), there) == Settled("r1", TODAY, 300_000)
    assert settlement(wish(spent=0), there) == Settled("r1", TODAY, 250_000)
    assert settlement(wish(spent=None), there) == Settled("r1", TODAY, None)
    assert settlement(wish(), [*there, Settled("r1", TODAY, 250_000)]) is None
    assert settlement(wish(), []) is None
    assert settlement(wish(spent=5), [charge("r1", 5)]) is None, "without a share there is none to settle"
    lost: list[Movement] = [*there, charge("r1", None), Settled("r1", TODAY, None), reserved("r1", 1_000_000, TOMORROW)]
    assert settlement(wish(at=TOMORROW, spent=300_000), lost) == Settled("r1", TOMORROW, None), (
        "what of it fell to which day is unknown"
    )
    again = grant(budget(), wish(), [*there, Settled("r1", TODAY, 250_000)])
    assert again == Grant(750_000, reserved("r1", 1_000_000)), "the same command goes on with the rest"


def test_a_cap_of_nothing_still_lets_free_models_be_asked():
    assert granted(grant(budget(per_run_usd=0), wish(), [])) == 0


@pytest.mark.parametrize("order", range(300))
def test_in_any_order_of_runs_calls_kills_and_days_no_cap_is_passed(order: int):
    """Many processes over one file of lines, each step whole, as lock and swap make them; money really gone is kept apart."""
    chance = random.Random(order)  # noqa: S311 - the same every time
    caps = budget(per_run_usd=chance.choice((0.3, 1)), per_day_usd=chance.choice((1, 2)), per_month_usd=2.5, per_actor_day_usd=1.2)
    world = _World(caps, chance)
    for _ in range(120):
        world.step()
    world.check()


@dataclass
class _World:
    caps: Budget
    chance: random.Random
    lines: list[Movement] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    really: list[tuple[str, str, int]] = field(default_factory=list)
    """Run, person and micro-dollars: what providers took, whether a line says so or not."""
    day: int = 1
    count: int = 0

    @property
    def now(self) -> str:
        return f"2026-01-{self.day:02}T10:00:00Z"

    def step(self) -> None:
        what = self.chance.choice(("begin", "call", "call", "call", "end", "kill", "resume", "night"))
        alive = sorted(self.left)
        if what == "begin" or (what != "night" and not alive):
            self.count += 1
            self._ask(f"r{self.count}")
        elif what == "call":
            self._call(self.chance.choice(alive))
        elif what == "end":
            self._end(self.chance.choice(alive))
        elif what == "kill":
            del self.left[self.chance.choice(alive)]
        elif what == "resume":
            self._ask(self.chance.choice([f"r{n}" for n in range(1, self.count + 1)]))
        elif self.chance.random() < 0.1:
            self.day += 1

    def _actor(self, run: str) -> str:
        return "ann" if int(run[1:]) % 2 else "bob"

    def _ask(self, run: str) -> None:
        found = grant(self.caps, Wish(run, self._actor(run), self.now), self.lines)
        if isinstance(found, Refusal):
            self.left.pop(run, None)
            return
        if found.new is not None:
            self.lines.append(found.new)
        self.left[run] = found.left

    def _call(self, run: str) -> None:
        worst = self.chance.randint(1, 400_000)
        if worst > self.left[run]:
            return
        self.lines.append(Held(run, self.now, self._actor(run), "fast", worst))
        real = self.chance.randint(0, worst)
        self.really.append((run, self._actor(run), real))
        if self.chance.random() < 0.15:
            del self.left[run]  # killed in mid-call
            return
        self.lines.append(Charge(run, self.now, self._actor(run), "fast", real, "provider"))
        self.left[run] -= real

    def _end(self, run: str) -> None:
        line = settlement(Wish(run, self._actor(run), self.now), self.lines)
        if line is not None:
            self.lines.append(line)
        del self.left[run]

    def check(self) -> None:
        found = accounts(self.lines)
        for day in {account.day for account in found}:
            mine = [account for account in found if account.day == day]
            assert sum(a.counted or 0 for a in mine) <= self.caps.per_day_usd
            for actor in ("ann", "bob"):
                assert sum(a.counted or 0 for a in mine if a.actor == actor) <= (self.caps.per_actor_day_usd or 0)
        assert sum(a.counted or 0 for a in found) <= (self.caps.per_month_usd or 0)
        for run in {account.run for account in found}:
            recorded = sum(a.spent or 0 for a in found if a.run == run)
            gone = sum(micros for name, _, micros in self.really if name == run)
            assert gone <= recorded <= self.caps.per_run_usd, "nothing is gone that no line tells of"
