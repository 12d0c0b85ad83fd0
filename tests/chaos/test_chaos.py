"""A share of the schedules in every run of the tests; `python3 dev.py chaos` plays thousands. What has to hold can break, too."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos import aftermath, setting
from tests.chaos.play import Schedule, calm, notes, place
from tests.chaos.refs import LEDGER
from tests.chaos.setting import CANARY
from tests.chaos.tried import first, tried
from tests.chaos.verdicts import PROVED
from tests.fakes.hosted import ME
from tests.fakes.repos import GOOD
from tests.fakes.world.http import Seen
from tests.fakes.world.things import Comment

SECONDS = 30.0
"""After so many no further schedule of a part is begun."""
PARTS = 2
FAR = 1_000_000
"""Seeds between two parts."""


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_what_has_to_hold_holds(part):
    seed, end = first() + part * FAR, time.monotonic() + SECONDS
    while True:
        one = tried(seed)
        assert not one.wrong, f"python3 dev.py chaos --seed {seed} --schedules 1 --tell: {one.wrong}"
        seed += 1
        if time.monotonic() > end:
            return


# ---- what has to hold can break -----------------------------------------------------------------------------------


@pytest.fixture
def fixed(tmp_path: Path) -> Iterator[Schedule]:
    """One fix, proved at once and offered, in a world in which nothing fails."""
    drawn = calm(setting.drawn(0))
    quiet = replace(drawn, shape="auto", login=ME, pull=False, judge=False, audit=False, offer="pr")
    with place(replace(quiet, per_run=1_000_000, per_day=1_000_000, per_actor=None, per_month=None), tmp_path) as made:
        made.models.edits, made.ci.outcomes = (GOOD,), (PROVED,)
        made.give("fix")
        made.run(0)
        assert [note.state for note in notes(made.thread, ME)] == ["accepted"]
        assert aftermath.wrong(made) == []
        yield made


def test_a_comment_one_too_many_goes_by_the_next_command_where_its_job_was_cut_off(fixed: Schedule):
    commented_twice(fixed)
    fixed.tidied()
    assert aftermath.one_comment(fixed), "its job came to its end, and nothing excuses it"
    fixed.silent.add(fixed.flows[0].run)
    fixed.tidied()
    assert aftermath.wrong(fixed) == []


def said(made: Schedule) -> Comment:
    return next(comment for comment in made.thread.comments if comment.user.login == ME)


def commented_twice(made: Schedule) -> None:
    made.thread.comments.append(replace(said(made), id=said(made).id + 100))


def told_a_stranger(made: Schedule) -> None:
    made.flows[0].by = "bob"


def left_open(made: Schedule) -> None:
    said(made).body = said(made).body.replace("state: accepted", "state: routing")


def forced(made: Schedule) -> None:
    made.refs.take()
    other = made.shop.git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit-tree", "-m", "other", "main^{tree}")
    made.shop.git("update-ref", "refs/heads/main", other)
    made.refs.look("PATCH /repos/octo/shop/git/refs/heads/main")


def deleted(made: Schedule) -> None:
    made.shop.git("branch", "topic", "main")
    made.refs.take()
    made.shop.git("branch", "-D", "topic")
    made.refs.look("DELETE /repos/octo/shop/git/refs/heads/topic")


def moved_a_person_s(made: Schedule) -> None:
    made.refs.take()
    made.world.commit(made.shop, "main", {"x.txt": "x"})
    made.refs.look("PUT /repos/octo/shop/contents/x.txt")


def rewound_the_ledger(made: Schedule) -> None:
    made.refs.take()
    made.shop.git("update-ref", f"refs/heads/{LEDGER}", f"{LEDGER}~1")
    made.refs.look("PATCH /repos/octo/shop/git/refs/heads/route-agent-ledger")


def left_a_branch(made: Schedule) -> None:
    made.shop.git("branch", "route-agent/1/c9-1", "main")


def _record(made: Schedule) -> tuple[str, str]:
    path = made.shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/")
    return path, made.shop.file(LEDGER, path) or ""


def recorded_twice(made: Schedule) -> None:
    made.world.commit(made.shop, LEDGER, {"records/2026-01/copy.json": _record(made)[1] + "\n"})


def rewrote_a_record(made: Schedule) -> None:
    path, text = _record(made)
    made.world.commit(made.shop, LEDGER, {path: text.replace('"actor":"ann"', '"actor":"eve"') + "\n"})


def took_money_away(made: Schedule) -> None:
    path = made.shop.git("ls-tree", "-r", "--name-only", LEDGER, "spend/")
    made.world.commit(made.shop, LEDGER, {path: (made.shop.file(LEDGER, path) or "").partition("\n")[2]})


def proved_nothing(made: Schedule) -> None:
    made.ci.green.clear()


def offered_twice(made: Schedule) -> None:
    (pull,) = [one for one in made.shop.issues.values() if one.head]
    made.shop.issues[9] = replace(pull, number=9)


def offered_unproved(made: Schedule) -> None:
    (pull,) = [one for one in made.shop.issues.values() if one.head]
    pull.head = ("octo/shop", "route-agent/1/c9-1")


def spent_too_much(made: Schedule) -> None:
    made.models.owed[made.flows[0].command] = made.setting.per_run + 1


def spent_the_day_s_money(made: Schedule) -> None:
    made.setting = replace(made.setting, per_day=1)


def spent_a_person_s_money(made: Schedule) -> None:
    made.setting = replace(made.setting, per_actor=1)


def spent_the_month_s_money(made: Schedule) -> None:
    made.setting = replace(made.setting, per_month=1)


def told_nothing(made: Schedule) -> None:
    made.thread.comments.remove(said(made))


def offered_by_nobody(made: Schedule) -> None:
    """The record says that a person is to open it, and nobody is told."""
    offered_nothing(made)
    path, text = _record(made)
    made.world.commit(made.shop, LEDGER, {path: text.replace('"pull_request_open":true', '"pull_request_open":false') + "\n"})
    said(made).body = said(made).body.replace("/pull/", "/nowhere/")


def counted_too_little(made: Schedule) -> None:
    made.models.owed[made.flows[0].command] += 1


def recorded_too_little(made: Schedule) -> None:
    path, text = _record(made)
    cost = next(record.cost_micros for record in aftermath.records(made))
    made.world.commit(made.shop, LEDGER, {path: text.replace(f'"cost_micros":{cost}', '"cost_micros":1') + "\n"})


def told_the_key(made: Schedule) -> None:
    said(made).body += CANARY


def pushed_the_key(made: Schedule) -> None:
    made.world.commit(made.shop, "route-agent/1/c1003-1", {"key.txt": CANARY})


def asked_in_vain(made: Schedule) -> None:
    made.world.journal.append(Seen("GET", "/api/v3/nowhere", 501))


def broke_down(made: Schedule) -> None:
    made.broken.append("501.1-auto ends with 70")


def told_the_key_in_base64(made: Schedule) -> None:
    said(made).body += base64.b64encode(f"user:{CANARY}".encode()).decode()


def pushed_the_key_and_took_it_back(made: Schedule) -> None:
    made.world.commit(made.shop, "route-agent/1/c9-1", {"key.txt": CANARY})
    made.shop.git("branch", "-D", "route-agent/1/c9-1")


def told_otherwise(made: Schedule) -> None:
    said(made).body = said(made).body.replace("state: accepted", "state: not_fixed")


def told_without_a_record(made: Schedule) -> None:
    said(made).body = said(made).body.replace("route-agent:c1003", "route-agent:c9")


def commented_elsewhere(made: Schedule) -> None:
    made.world.issue(made.shop, "other").comments.append(replace(said(made)))


def chatted(made: Schedule) -> None:
    made.thread.comments.append(replace(said(made), body="hello"))


def _accepted(made: Schedule) -> str:
    return next(name for name in made.shop.branches() if name.startswith("route-agent/"))


def dropped_the_patch(made: Schedule) -> None:
    made.shop.git("branch", "-D", _accepted(made))


def pushed_after_the_proof(made: Schedule) -> None:
    made.world.commit(made.shop, _accepted(made), {"more.txt": "x"})


def made_anew(made: Schedule) -> None:
    made.refs.look("POST /repos/octo/shop/git/refs")
    made.shop.git("update-ref", f"refs/heads/{_accepted(made)}", "main")
    made.refs.look("POST /repos/octo/shop/git/refs")


def offered_nothing(made: Schedule) -> None:
    (number,) = [one.number for one in made.shop.issues.values() if one.head]
    del made.shop.issues[number]


BREAKS: tuple[tuple[Callable[[Schedule], None], str], ...] = (
    (commented_twice, "one_comment"),
    (told_a_stranger, "strangers_are_not_answered"),
    (left_open, "at_its_end"),
    (forced, "never_forced"),
    (deleted, "never_forced"),
    (moved_a_person_s, "never_forced"),
    (rewound_the_ledger, "never_forced"),
    (left_a_branch, "branches_have_records"),
    (recorded_twice, "one_record"),
    (rewrote_a_record, "only_appended"),
    (took_money_away, "only_appended"),
    (made_anew, "never_forced"),
    (told_otherwise, "comment_and_record_agree"),
    (told_without_a_record, "comment_and_record_agree"),
    (proved_nothing, "accepted_is_true"),
    (dropped_the_patch, "accepted_is_true"),
    (pushed_after_the_proof, "accepted_is_true"),
    (offered_nothing, "accepted_is_true"),
    (commented_elsewhere, "nothing_else_is_said"),
    (chatted, "nothing_else_is_said"),
    (offered_twice, "one_pull_request"),
    (offered_unproved, "one_pull_request"),
    (spent_too_much, "within_caps"),
    (spent_the_day_s_money, "within_caps"),
    (spent_a_person_s_money, "within_caps"),
    (spent_the_month_s_money, "within_caps"),
    (told_nothing, "comment_and_record_agree"),
    (offered_by_nobody, "accepted_is_true"),
    (counted_too_little, "counted_in_full"),
    (recorded_too_little, "recorded_in_full"),
    (told_the_key, "no_secret"),
    (told_the_key_in_base64, "no_secret"),
    (pushed_the_key, "no_secret"),
    (pushed_the_key_and_took_it_back, "no_secret"),
    (asked_in_vain, "served"),
    (broke_down, "no_bug"),
)


@pytest.mark.parametrize(("break_it", "name"), BREAKS, ids=[each.__name__ for each, _ in BREAKS])
def test_what_has_to_hold_is_seen_where_it_does_not(fixed, break_it, name):
    break_it(fixed)
    assert name in {each.partition(":")[0] for each in aftermath.wrong(fixed)}


def test_each_thing_that_has_to_hold_is_broken_once():
    assert {name for _, name in BREAKS} == {each.__name__ for each in aftermath.HOLDS}
