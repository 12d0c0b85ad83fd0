"""Required checks, by the kind of token: an app's draft waits for them, a workflow's own does not."""

import pytest

from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.flow.test_commands import Meanwhile
from tests.flow.test_door import commented, of
from tests.flow.tokens.checked import checks, job, left


def test_an_app_s_pull_request_is_opened_first_and_its_required_checks_are_waited_for(world, models, shop, issue, tmp_path):
    world.on_pull = checks(("ci", None))
    working = job(world, shop, issue, tmp_path / "job")

    def green() -> None:
        (pull,) = world.pulls(shop)
        assert pull.draft
        assert "Nothing is proved yet" in pull.body
        (check,) = shop.checks[str(shop.tip(pull.head[1]))]
        check["conclusion"] = "success"

    working.clock = Meanwhile(green, after=100)
    ended = working.act()

    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert (pull.state, pull.draft) == ("open", True)
    assert "Nothing is proved yet" not in pull.body
    assert "The checks that the branch requires are green, too." in pull.body
    said = left(world, shop, issue)
    assert "The checks that its branch requires are green." in said
    assert "Approve and run" not in said
    assert ("check ci ci (required)", "passed") in [(item.name, item.state) for item in of(ended).attempts[-1].evidence]


def test_a_workflow_s_own_token_waits_for_no_check_that_a_person_has_to_let_run_and_says_so(world, shop, issue, tmp_path):
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert world.sent("GET", "/rules/") == []
    assert "press *Approve and run*" in left(world, shop, issue, "github-actions[bot]")


def test_a_red_required_check_escalates_with_its_log_and_its_draft_is_closed(world, models, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "failure"), log="E   lint says no")
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended
    assert [each.lane for each in of(ended).attempts] == ["fast", "strong"]
    told = next(str(body) for body in models.requests if body["model"] == "m-strong")
    assert "E   lint says no" in told
    assert [(pull.state, pull.draft) for pull in world.pulls(shop)] == [("closed", True)] * 2
    assert "red: required check `ci`" in left(world, shop, issue) or "check ci ci" in left(world, shop, issue)


def test_a_check_of_the_right_name_by_another_app_opens_no_gate(world, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "success"), app="other-ci")
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "no_ci", ended
    assert "one of that name is by another app, and does not count" in left(world, shop, issue)


def test_a_status_counts_for_the_app_that_sent_it(world, shop, issue, tmp_path):
    rule = {"context": "other/build", "integration_id": 42}
    shop.rules = [{"type": "required_status_checks", "parameters": {"required_status_checks": [rule]}}]

    def sent(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        made = {"context": "other/build", "state": "success", "description": ""}
        by = {"evil[bot]": "failure", "other-ci[bot]": "success"}
        repo.statuses[str(repo.tip(pull.head[1]))] = [
            {**made, "id": next(world.ids), "state": state, "creator": {"login": login}} for login, state in by.items()
        ]

    world.on_pull = sent
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    left(world, shop, issue)


@pytest.mark.parametrize(
    ("ends", "state", "why"),
    [
        ((), "no_ci", "required check `ci` did not begin within 3 minutes"),
        ((("ci", "skipped"),), "no_ci", "every required check was skipped"),
        ((("ci", "action_required"),), "needs_approval", "waits for a person"),
        ((("ci", "cancelled"),), "error", "was cut off before its end"),
        ((("ci", None),), "ci_timeout", "required check `ci` did not end within 30 minutes"),
    ],
)
def test_what_is_no_green_required_check_accepts_nothing(world, shop, issue, tmp_path, ends, state, why):
    world.on_pull = checks(*ends)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == state, ended
    assert why in left(world, shop, issue)
    looked_at = state in ("needs_approval", "ci_timeout")  # by a person, who is asked to
    assert [pull.state for pull in world.pulls(shop)] == ["open" if looked_at else "closed"]


def test_rules_that_cannot_be_read_are_said_to_be_unknown(world, shop, issue, tmp_path):
    world.fail("GET", "/rules/branches", status=403)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert "which checks are required is not known" in left(world, shop, issue)


def test_a_run_that_breaks_off_leaves_no_draft_open(world, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "success"))
    world.fail("POST", "/dispatches", status=404)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert (ended.state, ended.broken) == ("error", True)
    left(world, shop, issue)
    assert [pull.state for pull in world.pulls(shop)] == ["closed"]


def test_where_no_early_draft_can_be_opened_the_proof_counts_and_the_checks_are_said_to_be_unknown(world, shop, issue, tmp_path):
    working = job(world, shop, issue, tmp_path / "job")
    working.may_open_pulls = False
    ended = working.act()
    assert ended.state == "accepted", ended
    assert "no draft of a pull request could be opened" in left(world, shop, issue)


def test_without_drafts_nothing_unproved_is_opened(world, shop, issue, tmp_path):
    world.drafts = False
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert "Nothing is proved yet" not in pull.body
    left(world, shop, issue)


def test_a_moment_s_silence_about_the_rules_is_not_none(world, shop, issue, tmp_path):
    world.fail("GET", "/rules/branches", times=4)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "error", ended
    assert "run all jobs of this workflow run again, and it goes on" in left(world, shop, issue)


def test_of_two_rules_for_a_name_the_one_that_asks_for_its_app_decides(world, shop, issue, tmp_path):
    shop.required = ("ci",)
    world.on_pull = checks(("ci", "success"), app="other-ci")
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "no_ci", ended
    left(world, shop, issue)
