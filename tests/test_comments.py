"""Every text that the bot can say on GitHub, word for word."""

from dataclasses import replace
from typing import Any

import pytest

from bot import tell
from bot.core.account import MARKS, ran, reckoned, took
from bot.core.checks import Check
from bot.core.command import NearMiss
from bot.core.entries import Entry, Proved, Published
from bot.core.evidence import Evidence
from bot.core.gate import Refused
from bot.core.notes import Note, Posted
from bot.core.policyfile import read
from bot.core.recording import record
from bot.core.route import Refusal
from bot.core.selftest import Finding
from bot.core.state import running
from bot.core.trail import Trail
from bot.edge.render import Templates
from bot.ports import Unkept
from bot.voice import templates
from tests.core.test_ci_trail import FAILED, FAST, PASSED, PUSHED, RULES, SECOND, STRONG, WEAK, awaited
from tests.core.test_trail import BANNED, GREEN, RED, RED_TOO, opened
from tests.fakes import repos
from tests.test_golden import held

RENDER = Templates(templates())
RUN = "https://github.example/octo/shop/actions/runs/77"
UNSHOWN = awaited("passed", WEAK)
PULL = Published("2026-01-01T00:00:09Z", "https://github.example/octo/shop/pull/4", opened=True)
PAGE = replace(PULL, pull_request="https://github.example/octo/shop/compare/main...x?expand=1", opened=False)


def trail(*entries: Entry, **more: Any) -> Trail:
    base = opened()
    request = replace(base.request, number=3, id="c9")
    judge = Check("route-agent-verify.yml", ".github/workflows/route-agent-verify.yml", "tests", "the default branch")
    return Trail(replace(base, proof="ci", request=request, **({"checks": (judge,)} | more)), entries)


ENDS: dict[str, Trail] = {
    "accepted": trail(FAST, RULES, PUSHED, PASSED, PULL),
    "accepted-page": trail(FAST, RULES, PUSHED, PASSED, PAGE),
    "escalated": trail(FAST, RULES, PUSHED, FAILED, STRONG, RULES, SECOND, PASSED, PULL),
    "not_fixed": trail(FAST, RULES, PUSHED, FAILED, STRONG, BANNED, Published("x")),
    "not_shown": trail(FAST, RULES, PUSHED, UNSHOWN, STRONG, RULES, SECOND, UNSHOWN, Published("x")),
    "unusable": trail(
        *(FAST, RULES, PUSHED, FAILED),
        replace(STRONG, attempt=replace(STRONG.attempt, ended="malformed", diff="", note="no action")),
        *(Proved(Evidence(()), 0.0), Published("x")),
    ),
    "no_ci": trail(FAST, RULES, PUSHED, awaited("no_ci"), Published("x")),
    "no_ci-before": trail(Published("x"), route=Refusal("no_ci", "nothing here can prove a patch")),
    "refused": trail(Published("x"), route=Refusal("protected", "this is about .github/x")),
    "needs_approval": trail(FAST, RULES, PUSHED, awaited("needs_approval"), Published("x")),
    "ci_timeout": trail(FAST, RULES, PUSHED, awaited("timeout"), Published("x")),
    "superseded": trail(FAST, RULES, PUSHED, awaited("superseded"), Published("x")),
    "infra_error": trail(FAST, RULES, PUSHED, awaited("infra_error"), Published("x")),
    "budget": trail(
        replace(FAST, attempt=replace(FAST.attempt, ended="budget", diff="", note="$0.01 is left")), Proved(Evidence(()), 0.0)
    ),
    "quota": trail(
        replace(FAST, attempt=replace(FAST.attempt, ended="denied", diff="", note="status 401")), Proved(Evidence(()), 0.0)
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_a_command_ends(name: str):
    made = ENDS[name]
    held(f"github-{name}.md", tell.comment(record(made, 1_230_000), made.opened.policy, RENDER))


def here(*entries: Entry) -> Trail:
    """As the host action leaves it: proved on its own runner."""
    checks = (Check("t", "python -m pytest `x`", "tests", "pyproject.toml"), Check("lint", "ruff check .", "lint", "x"))
    policy = read((repos.POLICY + "  ci: {min_seconds: 3}\n").encode(), "policy.yml")
    base = trail(sandbox="bubblewrap 0.11.0", checks=checks, policy=policy).opened
    return Trail(replace(base, proof="sandbox"), entries)


HERE: dict[str, Trail] = {
    "accepted": here(FAST, GREEN, PUSHED, PULL),
    "accepted-page": here(FAST, GREEN, PUSHED, PAGE),
    "not_fixed": here(FAST, RED, STRONG, RED_TOO, PUSHED, Published("x")),
}


@pytest.mark.parametrize("name", HERE)
def test_how_a_command_ends_whose_patch_was_proved_on_the_runner(name: str):
    made = HERE[name]
    held(f"host-{name}.md", tell.comment(record(made, 1_230_000), made.opened.policy, RENDER))


def test_what_a_pull_request_says_of_a_patch_that_was_proved_on_the_runner():
    made = record(HERE["accepted"], 1_230_000)
    held(
        "host-pull.md",
        RENDER("comments/pull_body.md.j2", record=made, ci_url="", marks=MARKS, reckoned=reckoned, took=took, ran=ran),
    )


@pytest.mark.parametrize("entries", [(), (FAST,), (FAST, RULES, PUSHED), (FAST, RULES, PUSHED, FAILED)])
def test_how_a_command_goes_on(entries: tuple[Entry, ...]):
    made = trail(*entries)
    held(f"github-progress-{len(entries)}.md", tell.progress(made, running(made), RUN, RENDER))


def test_what_is_said_at_once():
    policy = opened().policy
    held("github-heard.md", tell.heard("ann", RUN, RENDER))
    held("github-fork.md", tell.refused(Refused("fork", "the branch lies in a fork"), RENDER))
    held("github-near-miss.md", tell.near_miss(NearMiss("/agent fxi", "fix"), policy, RENDER))
    held("github-far-miss.md", tell.near_miss(NearMiss("/agent `x`", ""), policy, RENDER))
    held("github-help.md", tell.help_(policy, RENDER))
    held("github-misplaced.md", tell.misplaced("/agent fix `x`", policy, RENDER))
    held("github-stopping-none.md", tell.stopping((), RENDER))
    held("github-stopping.md", tell.stopping((f"{RUN}#issuecomment-7", f"{RUN}#issuecomment-9"), RENDER))
    held("github-often.md", tell.refused(Refused("often", "6 commands were given here by ann within an hour"), RENDER))
    held("github-error.md", tell.error(".github/route-agent.yml:3: models: is missing\n```\n@all", RUN, RENDER))
    held("github-stopped.md", tell.stopped(RUN, RENDER))
    held("github-unkept-again.md", tell.unkept(Unkept("writing `x`: GitHub answers 403 (<b>no</b>)", again=True), RENDER))
    held("github-unkept.md", tell.unkept(Unkept("GitHub did not answer", again=False), RENDER))


def test_what_a_pull_request_says_while_its_required_checks_are_at_work():
    held("github-pull-waiting.md", RENDER("comments/pull_waiting.md.j2", number=7, actor="ann"))


def test_what_status_says():
    held("github-status-none.md", tell.status((), frozenset(), RENDER))
    notes = [
        Note("c7", "accepted", "a" * 40, "ann", "strong", 12),
        Note("l8", "attempting", "b" * 40, "<b>@bob"),
        Note("d9", "error"),
        Note("c6", "attempting", by="ann"),
        Note("c5", "stopped", by="ann", cut=True),
    ]
    listed = tuple((Posted(n, f"2026-01-01T00:00:0{n}Z", note), f"{RUN}#issuecomment-{n}") for n, note in enumerate(notes))
    held("github-status.md", tell.status(listed, frozenset({"c6"}), RENDER))


def test_what_a_self_test_says():
    found = (
        Finding("the comment is made once and edited", "held", "comment 7", 1.2),
        Finding("a branch is made", "failed", "403 `x`\n@all", 0.4),
        Finding("the branch is deleted", "not reached", "", 0.0),
    )
    held("github-examining.md", tell.examining("one", RUN, RENDER))
    held("github-selftest.md", tell.selftest(found, RENDER))


def test_how_a_command_ends_that_somebody_stops():
    made = trail(FAST, RULES, PUSHED)
    held("github-halted.md", tell.comment(record(made, 1_230_000, "ended by `/agent stop`"), made.opened.policy, RENDER))


def test_what_a_pull_request_says():
    made = record(ENDS["escalated"], 1_230_000)
    held(
        "github-pull.md",
        RENDER("comments/pull_body.md.j2", record=made, ci_url=RUN, marks=MARKS, reckoned=reckoned, took=took, ran=ran),
    )
    held("github-pull-title.txt", RENDER("comments/pull_title.j2", task="add is wrong @ann [skip ci]", number=3))


@pytest.mark.parametrize("what", ["tests", "all"])
def test_what_the_commits_of_a_patch_branch_say(what: str):
    attempt = replace(FAST.attempt, model="m-fast")
    text = RENDER(
        "commit.j2", what=what, task="fixes #1 [skip ci] @ann", attempt=attempt, id="c9", proved=False, proof="ci", by="ann"
    )
    held(f"github-commit-{what}.txt", text)
