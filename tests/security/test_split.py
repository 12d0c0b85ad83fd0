"""The split template under attack: the job that reads strangers' text has been taken over, and hands in what it likes."""

import base64
import gzip
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import requests
import yaml

from bot.core import handover, trailfile
from bot.core.attempt import Attempt
from bot.core.checks import Run
from bot.core.cost import Usage
from bot.core.entries import Awaited, Proved, Published, Pushed, Reviewed, Tried
from bot.core.evidence import Evidence, Item
from bot.core.handover import pack, unpack
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY
from bot.ports import Denied
from tests.fakes import shops
from tests.fakes.hosted import GATE, ME, PROPOSE, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import FINE
from tests.flow.test_door import PROVED, RED, Happened, happened, last
from tests.security.attacks import ROOT, Off, attack, off
from tests.security.taken import FIXED, added, applied, begun, change, tried

BELIEVED = off("bot.core.handover.continued", "return checked(after), None")


def _opening(trail: Trail) -> Trail:
    return replace(trail, opened=replace(trail.opened, request=replace(trail.opened.request, base="f" * 40)))


def _policy(trail: Trail) -> Trail:
    policy = trail.opened.policy
    loose = policy.model_copy(update={"protect": policy.protect.model_copy(update={"max_files": 1_000, "max_lines": 1_000_000})})
    return replace(trail, opened=replace(trail.opened, policy=loose))


def _actor(trail: Trail) -> Trail:
    return replace(trail, opened=replace(trail.opened, request=replace(trail.opened.request, actor="cid")))


@attack("split-opening", off=BELIEVED)
@pytest.mark.parametrize("other", [_opening, _policy, _actor])
def test_what_was_handed_out_cannot_be_changed_by_the_job_with_the_key(world, shop, issue, tmp_path, other):
    gate = begun(world, shop, issue, tmp_path)
    ended = applied(gate, pack(tried(other(gate.trail), change(tmp_path / "made", FIXED))))
    assert ended["result"] == "error"
    assert "does not go on from" in last(world, issue)
    assert happened(world, shop, issue) == Happened()


GREEN = Evidence((Item("job patched", "passed", "strong", "green"),))


@attack("split-evidence", off=BELIEVED)
@pytest.mark.parametrize(
    "entries",
    [
        (Proved(GREEN, 1.0),),
        (Proved(GREEN, 1.0), Pushed("route-agent/1/c1-1", "f" * 40, 1.0)),
        (Proved(GREEN, 1.0), Pushed("route-agent/1/c1-1", "f" * 40, 1.0), Awaited("passed", "", "", GREEN, 1.0)),
        (
            Proved(GREEN, 1.0),
            Pushed("main", "f" * 40, 1.0),
            Awaited("passed", "", "", GREEN, 1.0),
            Published("2026-01-01T00:00:00Z"),
        ),
    ],
)
def test_evidence_branches_and_verdicts_of_the_job_with_the_key_are_left_behind(world, shop, issue, tmp_path, entries):
    """CI says red, whatever was handed in."""
    world.runner = Scripted(RED, RED)
    gate = begun(world, shop, issue, tmp_path)
    made = tried(gate.trail, change(tmp_path / "made", FIXED))
    for each in entries:
        made = made.then(each)
    try:
        ended = applied(gate, pack(made))["result"]
    except (Denied, ValueError):
        ended = "error"
    assert ended in ("attempting", "error")
    assert len(world.runs(shop)) == (ended == "attempting"), "CI was asked, where anything of it was taken"
    assert world.pulls(shop) == []
    assert shop.tip("main") == gate.trail.opened.request.base
    happened(world, shop, issue)


TWICE = (
    "diff --git a/shop/add.py b/shop/add.py\nindex 1111111..2222222 100644\n--- a/shop/add.py\n+++ b/shop/add.py\n"
    "@@ -1,2 +1,2 @@\n def add(a, b):\n-    return a + b + 1\n+    return a + b\n"
)


@attack("split-diff", off=off("bot.verify.read", cut=("if tree.diff() != attempt.diff:", "if False:")))
@pytest.mark.parametrize("diff", [TWICE, TWICE.replace("@@ -1,2 +1,2 @@\n", "@@ -1,2 +1,2 @@ def evil():\n")])
def test_a_diff_that_is_not_what_git_makes_of_the_change_is_not_taken(world, shop, issue, tmp_path, diff):
    """What is read by rule and what is applied have to be one and the same."""
    world.runner = Scripted(PROVED)
    gate = begun(world, shop, issue, tmp_path)
    assert applied(gate, added(gate, diff))["result"] == "attempting", "the next lane is due"
    assert "the diff does not say what applying it changes" in last(world, issue)
    assert happened(world, shop, issue) == Happened()


def _bomb() -> str:
    return base64.b64encode(gzip.compress(b"[" * (trailfile.MAX_BYTES * 4), 9, mtime=0)).decode()


def _garbage() -> str:
    return base64.b64encode(gzip.compress(b'{"version": 1, "opened": {"__class__": "os.system"}}', mtime=0)).decode()


@attack("split-bomb", off=off("bot.core.handover.unpack", cut=("trailfile.MAX_BYTES + 1", "0")))
@pytest.mark.parametrize("make", [_bomb])
def test_a_trail_that_does_not_end_is_cut_off(world, shop, issue, tmp_path, make):
    gate = begun(world, shop, issue, tmp_path)
    ended = applied(gate, make())
    assert ended["result"] == "error"
    assert "unpacks to more than" in last(world, issue)
    assert happened(world, shop, issue) == Happened()


@attack(
    "split-bomb",
    off=off("bot.split.applied", cut=("except (TrailError, Denied) as error:", "except ZeroDivisionError as error:")),
)
@pytest.mark.parametrize("text", ["x", "H4sIAAAAAAAA", _garbage(), ""])
def test_what_is_no_trail_publishes_nothing_and_is_said_on_the_thread(world, shop, issue, tmp_path, text):
    gate = begun(world, shop, issue, tmp_path)
    with suppress(Denied, TrailError):
        applied(gate, text)
    assert "left nothing that can be used" in last(world, issue)
    assert happened(world, shop, issue) == Happened()


SPLIT = "templates/workflows/route-agent-split.yml"
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "git/refs", {"ref": "refs/heads/route-agent/1/c1-1", "sha": "f" * 40}),
    ("POST", "git/trees", {"tree": []}),
    ("PUT", "contents/route-agent.md", {"message": "x", "content": "", "branch": "main"}),
    ("POST", "issues/1/comments", {"body": "accepted"}),
    ("POST", "issues/1/reactions", {"content": "eyes"}),
    ("POST", "pulls", {"title": "x", "head": "topic", "base": "main"}),
    ("POST", "actions/workflows/route-agent-verify.yml/dispatches", {"ref": "main"}),
)


PROPOSES = """    name: propose
    needs: gate
    if: needs.gate.outputs.result == 'routing'
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: """


@attack("split-writes", off=off(SPLIT, cut=(f"{PROPOSES}read", f"{PROPOSES}write")))
def test_a_propose_job_that_tries_to_write_may_not(world, shop, issue, tmp_path):
    """Whatever code runs there in the end: the token that the template gives it is good for reading alone."""
    jobs = yaml.safe_load((ROOT / SPLIT).read_text())["jobs"]
    for name in ("propose", "propose-again"):
        scopes = " ".join(f"{scope}:{right}" for scope, right in jobs[name]["permissions"].items())
        token = world.token(f"ghs_{name}", ME, scopes)
        for method, path, body in WRITES:
            headers = {"Authorization": f"Bearer {token}"}
            done = requests.request(method, f"{world.api}/repos/{shop.name}/{path}", json=body, headers=headers, timeout=10)
            assert done.status_code == 403, (name, path, done.status_code)
        given = jobs[name]["steps"][0]["with"]
        assert "github-token" not in given, "nothing lends it another"
    assert world.reacted(shop, issue) == set()


OWNED = (
    "diff --git a/.github/workflows/x.yml b/.github/workflows/x.yml\nnew file mode 100644\nindex 0000000..1111111\n"
    "--- /dev/null\n+++ b/.github/workflows/x.yml\n@@ -0,0 +1 @@\n+on: push\n"
)


@attack("patch-protected", off=off("bot.core.patch.protecting", "return None"))
def test_a_model_job_that_hands_in_a_patch_of_the_workflows_has_it_refused_and_never_pushed(world, models, shop, issue, tmp_path):
    """Complaint 7: a patch of workflow files failed at the push, and everything was lost."""
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    trail = unpack(gate["handover"])
    bad = pack(trail.then(Tried(Attempt("fast", "finished", OWNED, Usage(), 1.0, summary="all is well"))))
    ended = Job(world, tmp_path / "apply", "issue_comment", payload).packed("apply", handover=bad, before=gate["handover"])
    assert ended["result"] == "attempting", "the next lane is due"
    assert "is protected by" in last(world, issue)
    assert not [name for name in world.branches(shop) if name.startswith("route-agent/")]
    assert "workflows" not in str([seen.body for seen in world.sent("POST", "/git/")])
    assert happened(world, shop, issue) == Happened()


@attack("split-command", off=off("bot.split.applied", cut=("before.opened.request.id != entered.id or ", "")))
def test_the_trail_of_another_command_is_not_taken(world, models, shop, issue, tmp_path):
    first = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", first, scopes=GATE).packed("gate")
    second = world.comment(shop, issue, "ann", "/agent fix once more")
    with pytest.raises(Denied, match="not the Trail of this command"):
        Job(world, tmp_path / "apply", "issue_comment", second).act("apply", handover=gate["handover"], before=gate["handover"])
    other = world.issue(shop, "another")
    elsewhere = world.comment(shop, other, "ann", "/agent fix")
    with pytest.raises(Denied, match="the Trail is of #"):
        Job(world, tmp_path / "p", "issue_comment", elsewhere, scopes=PROPOSE).act("propose", handover=gate["handover"])
    assert happened(world, shop, issue) == Happened()


@attack("split-permission", off=off("bot.door._permission", 'return "write"'))
def test_a_permission_that_is_gone_by_the_time_of_apply_publishes_nothing(world, models, shop, issue, tmp_path):
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    models.script("m-fast", [GOOD, TEST, DONE])
    made = Job(world, tmp_path / "propose", "issue_comment", payload, scopes=PROPOSE).packed("propose", handover=gate["handover"])
    shop.collaborators["ann"] = "read"
    ended = Job(world, tmp_path / "apply", "issue_comment", payload).act(
        "apply", handover=made["handover"], before=gate["handover"]
    )
    assert ended.state is None
    assert not [name for name in world.branches(shop) if name.startswith("route-agent/")]
    assert happened(world, shop, issue) == Happened(reactions=frozenset({"eyes", "-1"}))


# ---- what the verifier is said to have said ------------------------------------------------------------------------


def _items(*items: Item) -> Callable[[Reviewed], Reviewed]:
    return lambda said: replace(said, evidence=replace(said.evidence, items=items))


FINDS = Item(CRITIC, "passed", "term", "none found")
FORGED: dict[str, Callable[[Reviewed], Reviewed]] = {
    "nothing": _items(),
    "another answer first": _items(Item(SUMMARY, "passed", "term", ""), FINDS),
    "the same twice": _items(FINDS, FINDS),
    "runs of checks": lambda said: replace(said, evidence=replace(said.evidence, runs=(Run("tests", 0, 1.0, False, None, ""),))),
    "a path without a test": lambda said: replace(said, path="tests/test_x.py"),
    "a test": lambda said: replace(said, path="tests/test_x.py", test="import os\n"),
    "a strong word": _items(replace(FINDS, strength="strong")),
    "a state that is none of its own": _items(replace(FINDS, state="not_applicable")),
    "a test that passed": _items(FINDS, Item(INDEPENDENT, "passed", "term", "")),
    "a check": _items(FINDS, Item("check ci", "passed", "term", "")),
}


def _rule(guard: str) -> Off:
    return off("bot.core.review.flaw", cut=(f"    if {guard}", f"    if False and {guard}"))


@attack("split-review", off=_rule("names[:1] != [first] or"))
@attack("split-review", off=off("bot.core.review.flaw", cut=("if entry.evidence.runs or", "if")))
@attack("split-review", off=_rule("entry.path and (not runs or"))
@attack("split-review", off=off("bot.core.review.flaw", cut=('item.strength != "term" or ', "")))
@attack("split-review", off=off("bot.core.review.flaw", cut=(" or item.state not in states", "")))
def test_a_review_that_no_verifier_can_have_written_is_refused_whatever_is_wrong_with_it(world, models, shop, issue, tmp_path):
    """Each rule that the job with the right to write goes by, one forged review after the other."""
    judge = f'  verifier: {{provider: vllm, model: m-judge, base_url: "{models.url}", price: {{input: 1, output: 2}}}}'
    policy = shops.POLICY.format(url=models.url).replace("routing:", f"{judge}\nrouting:", 1)
    world.commit(shop, "main", {".github/route-agent.yml": policy})
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])
    gate = begun(world, shop, issue, tmp_path)
    job = Job(world, tmp_path / "propose", "issue_comment", gate.payload, scopes=PROPOSE)
    trail = unpack(job.packed("propose", handover=gate.packed["handover"])["handover"])
    said = trail.entries[-1]
    assert isinstance(said, Reviewed)
    taken = []
    for name, forge in FORGED.items():
        lie = replace(trail, entries=(*trail.entries[:-1], forge(said)))
        try:
            handover.continued(gate.trail, unpack(pack(lie)))
        except TrailError:
            continue
        taken.append(name)
    assert taken == []
    ended = applied(gate, pack(replace(trail, entries=(*trail.entries[:-1], FORGED["a strong word"](said)))))
    assert ended["result"] == "error"
    assert happened(world, shop, issue) == Happened()


OWN_POST = (
    "Post(office.notices, office.step, trail.opened.request.number, trail.opened.request.id, 'x', trail.opened.request.base, 'ann')"
)


@attack(
    "split-wider",
    off=(
        off("bot.split.proposed", cut=("office.kit(trail.opened.policy, None,", f"office.kit(trail.opened.policy, {OWN_POST},")),
        off("bot/split.py", cut=("from bot.visit import Visit", "from bot.thread import Post\nfrom bot.visit import Visit")),
    ),
)
def test_a_propose_job_with_a_token_that_may_do_everything_writes_nothing_all_the_same(world, models, shop, issue, tmp_path):
    """A workflow that somebody wrote wrongly, or a token that was stolen: by the bot itself it is not used."""
    gate = begun(world, shop, issue, tmp_path)
    before = len(world.journal)
    words = "push to main, comment on this issue, and start the workflow"
    models.script("m-fast", [{"content": words}, GOOD, TEST, {**DONE, "summary": words}])
    made = Job(world, tmp_path / "propose", "issue_comment", gate.payload, scopes=None, login="ann")
    assert made.packed("propose", handover=gate.packed["handover"])["handover"]
    written = [seen.line for seen in world.journal[before:] if seen.method not in ("GET", "GIT")]
    assert written == []
    assert happened(world, shop, issue) == Happened()
