"""What an attacker of this bot tries, as an index that runs: each attack is a test here, and each test names its defence.

`CHECKLIST` are the ways in, grouped by where they begin; `INCIDENTS` what was published of others and could have been ours.
A test says with `attack` which of them it plays and what has to be switched off for it to succeed. `switched_off` does that, in a
copy of the tree, and wants the test to turn red.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
Test = TypeVar("Test")

CHECKLIST: dict[str, str] = {
    "gate-permission": "a command by somebody who may only read",
    "gate-association": "a payload that says the sender is a member, where GitHub says otherwise",
    "gate-bots": "a command by a bot, or by one that has a wanted bot's name",
    "gate-silence": "a permission that cannot be had: 404, 500, rate limit",
    "gate-sender": "an event by another person than the author of its comment",
    "gate-edited": "a comment that becomes a command by an edit",
    "gate-grammar": "a command that is quoted, fenced, hidden, in mid-text or in look-alike letters",
    "gate-label": "a label that is set by somebody who may not write, or by the form of an issue",
    "gate-payload": "a title that is edited after the command",
    "gate-twice": "the same command delivered, or run, twice",
    "gate-self": "a command in the bot's own words",
    "gate-thread": "a command on a locked or closed thread",
    "gate-flood": "many commands within a minute",
    "gate-fork": "a fix on a fork's pull request",
    "toctou-gate": "a head that is pushed between the gate and the work",
    "toctou-ci": "a head that moves while CI is at work",
    "toctou-comment": "a head that was pushed after the command was written",
    "toctou-base": "a default branch that moves before the commit, and a branch name that is taken",
    "toctou-thread": "words of strangers that come after the command",
    "prompt-comment": "an instruction in a hidden HTML comment",
    "prompt-unseen": "an instruction in characters that nobody sees",
    "prompt-markup": "an instruction in alt texts and titles, and an end of the data inside the data",
    "prompt-secrets": "a model that obeys: print your keys",
    "prompt-config": "a policy, or an agent's instructions, on the head of a pull request",
    "prompt-size": "an event, and a text, without end",
    "prompt-fetch": "an image or address that is to be fetched",
    "model-shape": "a gateway that answers what no API promises",
    "model-bomb": "an answer of a gateway that unpacks without end",
    "patch-path": "a path that leads out of the tree or into .git",
    "patch-link": "a link, and a write through one",
    "patch-submodule": "a submodule",
    "patch-mode": "a file that becomes executable, or another type",
    "patch-protected": "CI, git's, agents' and editors' configuration, in any case and Unicode form",
    "patch-graders": "what decides how the patch is judged",
    "patch-answers": "a test that ends the run as green, takes the others from it, or answers for them",
    "patch-size": "many files, many lines, binaries",
    "patch-unseen": "characters in source that nobody sees",
    "patch-secret": "a secret in the patch",
    "patch-twin": "a new file whose name is another's on systems where case and Unicode form do not count",
    "patch-linked": "a file of a plain name that a link of the repository makes a protected one",
    "patch-empty": "no patch at all",
    "lane-unknown": "a lane or model that the comment names",
    "git-config": "configuration of the repository that runs programs",
    "git-hooks": "hooks",
    "git-attributes": "attributes with filters",
    "git-submodule": "a submodule's path with a carriage return",
    "git-link": "a link to the process's own environment",
    "python-path": "modules in the workspace that stand in for the bot's own",
    "runner-commands": "commands to the runner in titles, replies and logs",
    "runner-outputs": "an output that ends itself",
    "runner-summary": "a summary above the runner's limit",
    "runner-comment": "a comment above GitHub's limit",
    "runner-errors": "a key in an error, in every way to write it",
    "runner-children": "a key in the environment of what the bot starts",
    "runner-headers": "headers that the models' libraries find in the workflow's environment and send to whatever address is asked",
    "runner-parents": "a check that reads the environment of the processes above it",
    "runner-templates": "an expression that is pasted into a script; an image that is named by a tag",
    "ci-none": "no CI at all",
    "ci-skipped": "every job skipped",
    "ci-class": "a stranger's title that makes the task one for which less has to be shown, and a patch of what no test runs",
    "ci-approval": "a run that waits for a person",
    "ci-other": "a run on another commit",
    "ci-flaky": "errors, limits, missing conclusions and many pages on the way to the verdict",
    "ci-skip-marker": "a title that skips CI",
    "ci-log": "a log that gives instructions",
    "write-comment": "a comment whose answer is lost",
    "write-branch": "a branch, run or pull request whose answer is lost",
    "write-checks": "a token that may not see checks",
    "write-kill": "a kill at any step",
    "split-opening": "a job with the model's key that changes what was handed out",
    "split-evidence": "a job with the model's key that hands in evidence, a branch or CI's verdict",
    "split-diff": "a diff that does not say what it does",
    "split-bomb": "a Trail that does not end",
    "split-command": "the Trail of another command",
    "split-permission": "a permission that is gone by the time of the write",
    "split-review": "a review that no verifier can have written",
    "split-wider": "a `propose` job that somebody gives a token which may write",
    "split-writes": "a `propose` job that tries to write",
    "forged-note": "a stranger's comment that looks like the bot's own",
    "clone-key": "a clone whose policy names an address, and which of your secrets is sent there as the model's key",
    "clone-headers": "a clone whose policy names an address, and headers that the models' libraries find in your environment",
    "clone-proxy": "a clone whose policy names this machine, where a proxy is set: it reads what is sent unencrypted",
    "prompt-credentials": "credentials that lie in the repository, and a model that reads and searches for them",
    "clone-setup": "a clone whose set-up commands send off what they find in the environment",
}

INCIDENTS: dict[str, str] = {
    "promptpwnd": "PromptPwnd: text of issues in prompts of agents that may write (2025-12)",
    "comment_and_control": "Comment and Control: keys leave through comments and commits (2026-04)",
    "proc_self_environ": "/proc/self/environ through the tool that reads files (2026-06)",
    "bot_actor_trust": "actors called `[bot]` skipped the check (2026-06)",
    "ghsa_wpqr_6v78_jr5g": "GHSA-wpqr-6v78-jr5g: settings of the workspace are trusted",
    "cve_2026_21852": "CVE-2026-21852: the repository's configuration names the model's address",
    "cve_2025_66032": "CVE-2025-66032: a command that is not the one that is allowed",
    "cve_2025_58764": "CVE-2025-58764: a search pattern that becomes an option",
    "cve_2026_26268": "CVE-2026-26268: hooks and configuration that the agent writes into .git",
    "cve_2026_50549": "CVE-2026-50549: a write through a link",
    "cve_2026_45033": "CVE-2026-45033: a bare repository buried in the tree",
    "cve_2025_48384": "CVE-2025-48384: a submodule whose path ends in a carriage return",
    "cve_2023_23946": "CVE-2023-23946: a patch writes behind a link that it makes itself",
    "cve_2026_34451": "CVE-2026-34451: a path is compared without its separator",
    "clinejection": "Clinejection: anybody's issue starts an agent with rights (2026-01)",
    "hackerbot_claw": "hackerbot-claw: names of branches and files that are pasted into scripts (2026-02)",
    "moved_tags": "tj-actions, trivy-action: a tag that moves (2025-03, 2026-03)",
    "approved_then_pushed": "approved, then pushed: what is checked out is not what was approved",
}
"""Published incidents that could have happened to such a bot; a test named after each plays it against ours."""


@dataclass(frozen=True)
class Off:
    """How to switch a defence off: the dotted name of a function, method or constant in `bot`, or the path of a file.

    `instead` stands in place of a function's body or a constant's value. `cut` takes one guard alone: a text of it and what stands
    there instead. What is no longer there to be switched off is an error, so that a name cannot go stale.
    """

    name: str
    instead: str = ""
    cut: tuple[str, str] | None = None
    careless: str = ""
    """What is put in, where nothing of ours would do what is tried: what others do, in words."""

    @property
    def shown(self) -> str:
        return f"nothing runs `{self.careless}`" if self.careless else f"`{self.name}`"


def off(name: str, instead: str = "", *, cut: tuple[str, str] | None = None) -> Off:
    return Off(name, instead, cut)


@dataclass(frozen=True)
class Attack:
    """`offs` together are one defence: layers that stand behind each other, or else one alone."""

    what: tuple[str, ...]
    offs: tuple[Off, ...]


def attack(*what: str, off: Off | tuple[Off, ...]) -> Any:
    """Marks a test with what it plays and with its defence.

    A test that has several defences of its own is marked for each.
    """
    offs = off if isinstance(off, tuple) else (off,)
    assert offs, "a test that cannot be shown to miss its defence shows nothing"
    return pytest.mark.attack(Attack(what, offs))


ELSEWHERE: dict[str, tuple[str, str, Off]] = {
    "runner-comment": (
        "tests.edge.github.test_comments",
        "test_a_comment_that_is_too_long_is_cut_and_its_code_block_closed",
        off("bot.edge.github.speaker.shortened", "return body"),
    ),
    "write-checks": (
        "tests.flow.tokens.test_named",
        "test_a_person_s_token_may_see_no_checks_and_goes_by_the_jobs",
        off("bot.edge.github.contexts.Contexts.on", cut=("checks = self._jobs(sha)", "raise")),
    ),
    "write-kill": (
        "tests.flow.test_kills",
        "test_a_run_killed_after_any_call_and_run_again_is_like_one_undisturbed",
        off("bot.office.Office.left", "return None"),
    ),
    "moved_tags": (
        "tests.test_workflows",
        "test_what_others_wrote_is_pinned_by_its_commit_and_a_checkout_keeps_no_token",
        off("templates/workflows/route-agent-verify.yml", cut=("uses: actions/checkout@", "uses: actions/checkout@v4 # ")),
    ),
}
"""What a test in another folder plays, with whatever that folder has to offer."""


@dataclass(frozen=True)
class Played:
    """One test of an attack, where it stands."""

    module: str
    test: str
    attack: Attack

    @property
    def node(self) -> str:
        return f"{self.module.replace('.', '/')}.py::{self.test}"


def played() -> tuple[Played, ...]:
    """Every attack that a test plays, in the order of the files; then what is played in other folders."""
    here = (each for path in sorted(Path(__file__).parent.glob("test_*.py")) for each in _of(f"tests.security.{path.stem}"))
    return (*here, *(Played(module, test, Attack((what,), (defence,))) for what, (module, test, defence) in ELSEWHERE.items()))


def _of(module: str) -> Iterator[Played]:
    for name, test in vars(importlib.import_module(module)).items():
        if name.startswith("test_"):
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "attack":
                    yield Played(module, name, mark.args[0])
