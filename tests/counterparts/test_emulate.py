"""The action's process against a GitHub that others wrote: how far it goes, and how it ends where that GitHub lacks something.

emulate has no git, GraphQL, reactions, statuses, rules of branches, or workflows that could be started. `front` adds git to it.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.core.ledger import Record, decode
from bot.core.notes import Note, read
from bot.edge.git.fetch import Fetched, fetched
from bot.edge.github.client import Hub, connect
from bot.edge.github.pulls import PullRequests
from bot.edge.github.reader import Reader
from bot.edge.github.writer import Branches
from bot.ports import Layer, Opening
from tests.counterparts.emulated import BOT, Emulated, token
from tests.fakes.checkups import doctor, states
from tests.fakes.hosted import Job
from tests.test_hosted import outputs, run

pytestmark = pytest.mark.elsewhere

LACKS = {
    "GraphQL": "POST /graphql 404",
    "reactions on a comment": "POST /repos/octo/shop/issues/comments/…/reactions 404",
    "statuses": "GET /repos/octo/shop/statuses/… 404",
    "workflows": "GET /repos/octo/shop/actions/workflows/route-agent-verify.yml 404",
}
"""What a run asks for and emulate has not: a version that has it makes a test fail, and more can be looked at then."""


@pytest.fixture
def issue(emulate: Emulated) -> int:
    return emulate.issue("add(2, 2) gives 5", "see shop/add.py")


def commented(emulate: Emulated, folder: Path, number: int, body: str, by: str = "ann") -> Job:
    return Job(emulate, folder, "issue_comment", emulate.comment(number, by, body), repo=emulate.repo)


def ended(job: Job, code: int = 0) -> subprocess.CompletedProcess[str]:
    """It ends as documented, and never by an error that nobody foresaw."""
    done = run(job)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def answer(emulate: Emulated, number: int) -> tuple[str, str]:
    """State and text of the one comment."""
    (said,) = emulate.said(number)
    note = read(said)
    assert isinstance(note, Note)
    return note.state, said


# ---- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("explain", "A fix would be refused"),
        ("help", "`/agent fix [lane=NAME] [what to do]`"),
        ("status", "No command was given here yet"),
        ("stop", "Nothing is at work here"),
        ("fxi", "`/agent fix`"),
    ],
)
def test_a_command_that_costs_nothing_is_answered_by_one_comment(emulate, upstream, issue, tmp_path, command, says):
    ended(commented(emulate, tmp_path / "job", issue, f"/agent {command}"))
    state, said = answer(emulate, issue)
    assert state == "explained"
    assert says in said
    assert upstream.requests == []


def test_an_explanation_reads_the_commit_and_says_what_is_missing(emulate, issue, tmp_path):
    job = commented(emulate, tmp_path / "job", issue, "/agent explain")
    ended(job)
    said = answer(emulate, issue)[1]
    assert "shop/add.py (named in the text)" in said
    assert "`no check ran on the commit`" in said
    assert "route-agent-verify.yml cannot be started by hand" in said
    assert (outputs(job)["result"], outputs(job)["score"]) == ("explained", "1")
    assert emulate.refused() == set(LACKS.values())


def test_a_fix_ends_where_no_ci_can_be_started_before_a_model_is_asked(emulate, upstream, issue, tmp_path):
    job = commented(emulate, tmp_path / "job", issue, "/agent fix")
    done = ended(job)
    state, said = answer(emulate, issue)
    assert state == "no_ci"
    assert "route-agent-verify.yml cannot be started by hand" in said
    assert "::notice title=route-agent::no_ci" in done.stdout
    assert outputs(job)["result"] == "no_ci"
    assert upstream.requests == []
    assert not [name for name in emulate.branches() if name.startswith("route-agent/")]
    assert set(LACKS.values()) <= emulate.refused()


def test_its_record_lies_on_the_ledger_s_branch(emulate, issue, tmp_path):
    job = commented(emulate, tmp_path / "job", issue, "/agent fix")
    ended(job)
    trail = json.loads((job.folder / "workspace" / outputs(job)["trail"]).read_text())
    run_, at = trail["opened"]["request"]["id"], trail["opened"]["at"]
    kept = emulate.file("route-agent-ledger", f"records/{at[:7]}/{run_}.json")
    record = decode(kept)
    assert isinstance(record, Record)
    assert (record.id, record.result, record.cost_micros) == (run_, "no_ci", 0)


def test_an_event_that_is_delivered_twice_is_answered_once(emulate, issue, tmp_path):
    job = commented(emulate, tmp_path / "job", issue, "/agent fix")
    ended(job)
    first = answer(emulate, issue)
    assert "this command has had its answer" in ended(job).stdout
    assert answer(emulate, issue) == first


def test_a_label_is_a_command_and_known_by_its_event(emulate, issue, tmp_path):
    job = Job(emulate, tmp_path / "job", "issues", emulate.label(issue, "ann", "agent:fix"), repo=emulate.repo)
    ended(job)
    assert answer(emulate, issue)[0] == "no_ci"
    assert read(emulate.said(issue)[0]).command.startswith("l")  # type: ignore[union-attr]  # it is ours


def test_who_may_not_write_gets_no_word_and_costs_nothing(emulate, upstream, issue, tmp_path):
    done = ended(commented(emulate, tmp_path / "job", issue, "/agent fix", by="bob"))
    assert "bob has `read` here" in done.stdout
    assert emulate.said(issue) == []
    assert upstream.requests == []
    assert not any("/git/" in each.path or each.method == "PUT" for each in emulate.front.journal)


def test_who_is_no_collaborator_at_all_gets_no_word(emulate, issue, tmp_path):
    done = ended(commented(emulate, tmp_path / "job", issue, "/agent fix", by="eve"))
    assert "eve has `none` here" in done.stdout
    assert emulate.said(issue) == []


def test_the_bot_s_own_words_are_no_command(emulate, issue, tmp_path):
    ended(commented(emulate, tmp_path / "job", issue, "/agent fix", by=BOT))
    assert emulate.said(issue) == ["/agent fix"]


# ---- a pull request --------------------------------------------------------------------------------------------------


def test_on_a_pull_request_the_change_is_read_and_the_fix_ends_likewise(emulate, upstream, tmp_path):
    wrong = "def add(a, b):\n    return a + b + 2\n"
    pull = emulate.pull("topic", {"shop/add.py": wrong}, "Adds even more")
    head = emulate.tip("topic")

    ended(commented(emulate, tmp_path / "explain", pull, "/agent explain"))
    ended(commented(emulate, tmp_path / "fix", pull, "/agent fix"))

    explained, fixed = emulate.said(pull)
    assert "shop/add.py" in explained
    assert f"commit: {head}" in explained
    note = read(fixed)
    assert isinstance(note, Note)
    assert (note.state, note.commit) == ("no_ci", head)
    assert upstream.requests == []


# ---- everything of a run but a model ---------------------------------------------------------------------------------


def test_all_that_a_run_does_holds_here_but_that_ci_starts(emulate, upstream, issue, tmp_path):
    job = Job(emulate, tmp_path / "job", "workflow_dispatch", emulate.dispatched("ann"), repo=emulate.repo)
    job.inputs = {"issue": str(issue), "phase": "selftest"}
    done = ended(job, 1)
    assert "self-test: 5 of 6 held" in done.stdout
    said = answer(emulate, issue)[1]
    assert "starting the workflow route-agent-verify.yml: GitHub answers 404" in said
    (made,) = [json.loads(each.answer) for each in emulate.front.journal if each.path.endswith("/git/commits")][-1:]
    changed = emulate.ask("GET", f"/compare/main...{made['sha']}")["files"]
    assert [(file["filename"], file["status"], file["additions"]) for file in changed] == [("route-agent-selftest.md", "added", 1)]
    assert not [name for name in emulate.branches() if name.startswith("route-agent/")]
    assert upstream.requests == []


def test_a_check_up_says_of_each_thing_what_it_saw_or_why_it_could_not(emulate, tmp_path):
    job = Job(emulate, tmp_path / "job", "workflow_dispatch", emulate.dispatched("ann"), repo=emulate.repo)
    done = doctor(cwd=emulate.work, **job.env(), GITHUB_ACTIONS="true")
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 1, done.stdout + done.stderr
    found = states(done)
    assert found["github.proof"][0] == "problem"
    assert found["github.protection"][0] == "ok", "emulate has no rules of branches, and says so of a branch that it shows"


# ---- the adapters, where no story leads ------------------------------------------------------------------------------


@contextmanager
def opened(emulate: Emulated, folder: Path) -> Iterator[tuple[Hub, Fetched]]:
    hub = connect(emulate.api, emulate.url, token(BOT), emulate.repo, pause=0)
    with fetched(folder, f"{emulate.url}/{emulate.repo}.git", token(BOT), os.environ["PATH"]) as sources:
        yield hub, sources


def test_a_patch_is_pushed_once_however_often_and_offered_and_withdrawn(emulate, tmp_path):
    base = emulate.tip("main")
    branch = "route-agent/900/c900-1"
    with opened(emulate, tmp_path) as (hub, sources):
        tree = sources.open(base)
        tree.write("tests/test_more.py", b"import shop\n")
        tests = tree.diff()
        tree.write("shop/add.py", b"def add(a, b):\n    return a + b\n")
        layers = (Layer(tests, "Tests"), Layer(tree.diff(), "All"))
        writer, reader = Branches(hub, sources), Reader(hub)
        pulls = PullRequests(hub).of(None, "main", reader.me())

        commits = writer.push(base, layers, branch, "2026-11-26T12:00:00Z")

        assert len(commits) == 2
        assert writer.push(base, layers, branch, "2026-11-26T12:00:00Z") == commits
        assert reader.tip(branch) == commits[-1]
        assert reader.merge_base(base, commits[-1]) == base
        assert emulate.file(branch, "shop/add.py") == "def add(a, b):\n    return a + b\n"
        offer = pulls.offer(Opening(branch, "T", "B", draft=True))
        assert offer.open
        assert offer.url.startswith(f"{emulate.url}/{emulate.repo}/pull/")
        pulls.withdraw(branch)
        number = int(offer.url.rpartition("/")[2])
        assert reader.lines_by_hand(base, commits[-1], number) == 3, "it lists no file of a pull request"
        assert (reader.pull(number).state, reader.pull(number).head_sha) == ("closed", commits[-1])
        writer.drop(branch)
        writer.drop(branch)
        assert reader.tip(branch) is None


def test_what_ci_said_of_a_commit_is_read(emulate, tmp_path):
    sha = emulate.tip("main")
    about = {"name": "lint", "head_sha": sha, "status": "completed", "conclusion": "failure"}
    made = emulate.ask("POST", "/check-runs", about, by=BOT)
    with opened(emulate, tmp_path) as (hub, _):
        found = Reader(hub).failing(sha)
    emulate.ask("PATCH", f"/check-runs/{made['id']}", {"conclusion": "success", "status": "completed"}, by=BOT)
    assert (found.total, found.unreadable) == (1, "")
    assert [red.name for red in found.failed] == ["lint"], "annotations come in an envelope that GitHub's answer has not"
