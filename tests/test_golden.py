"""Every text that people or models read, held word for word. `UPDATE_GOLDEN=1` writes the files anew; read them then."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import local, tell
from bot.agent.loop import PATIENCE
from bot.core.outcome import Outcome
from bot.core.past.elsewhere import Elsewhere
from bot.core.past.interval import rate
from bot.core.past.lines import Fault
from bot.demo.scripted import Scripted
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import BAD, DONE, GOOD

GOLDEN = Path(__file__).parent / "golden"
WIDER = {"action": "write", "path": "shop/more.py", "content": "MORE = 1\n"}
LANES: dict[str, dict[str, list[Any]]] = {
    "accepted": {"fast": [GOOD, DONE]},
    "escalated": {"fast": [BAD, DONE], "strong": [GOOD, DONE]},
    "not_fixed": {"fast": [BAD, DONE], "strong": [{"action": "give_up", "reason": "cannot @someone do it, fixes #1"}]},
    "not_shown": {"fast": [WIDER, DONE], "strong": [WIDER, DONE]},
    "unusable": {"fast": [BAD, DONE], "strong": ["I would swap the two."] * PATIENCE},
    "stuck": {"fast": [WIDER, DONE], "strong": [WIDER, DONE]},
    "refused": {},
}


MIGRATION = (
    "diff --git a/db/migrations/1.sql b/db/migrations/1.sql\nindex 1..2 100644\n"
    "--- a/db/migrations/1.sql\n+++ b/db/migrations/1.sql\n@@ -1 +1 @@\n-a\n+b\n"
)


def steady(text: str) -> str:
    """Without what differs from run to run: hashes, durations, how a Python words its tracebacks."""
    text = re.sub(r'File "/[^"]*/shop/', 'File "/…/shop/', text)
    text = re.sub(r"\b[0-9a-f]{10,40}\b", "HASH", text)
    text = re.sub(r"\b\d+\.\d+ ?s\b", "N s", text)
    text = re.sub(r"(latency_seconds|cost_usd_estimate): [\d.]+", r"\1: N", text)
    text = re.sub(r"\$\d+\.\d+", "$N", text)  # the token estimate counts the length of a temporary path
    return re.sub(r"(?m)^    [ ~^]+\n", "", text)


def held(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(steady(text), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == steady(text)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    repos.make(tmp_path / "shop", repos.SHOP)
    return Job(tmp_path / "shop")


@pytest.mark.parametrize("name", LANES)
@pytest.mark.parametrize(("kind", "show"), [("report.txt", tell.report), ("comment.md", None)])
def test_what_people_read(job: Job, name: str, kind: str, show: Callable[..., str] | None):
    if name == "refused":
        job.policy = job.policy.split("verification:")[0] + "verification: {checks: [{name: lint, run: 'true', kind: lint}]}\n"

    if name == "stuck":
        repos.make(job.repo, {"tests/test_add.py": "import requestz\n"})

    record, trail = job.run(Scripted(LANES[name]))

    render = job.outside().render
    held(f"{name}.{kind}", show(record, render) if show else tell.comment(record, trail.opened.policy, render))


def test_what_models_read(job: Job):
    model = Scripted(LANES["escalated"])
    job.run(model)
    first, second = (next(prompt for lane, prompt in model.heard if lane == wanted) for wanted in ("fast", "strong"))
    held("prompt-system.txt", first.system)
    held("prompt-task.txt", first.turns[0].text)
    held("prompt-task-escalated.txt", second.turns[0].text)
    render = job.outside().render
    for trouble in ("cut_off", "malformed", "no_action"):
        held(f"prompt-correction-{trouble}.txt", render("prompts/correction.j2", trouble=trouble, why="no JSON"))
    held("prompt-json-mode.txt", render("prompts/json_mode.j2", tools=first.tools))


def test_what_a_verifier_reads(job: Job):
    judge = (
        "  verifier: {provider: openai_compatible, model: m-judge, base_url: 'http://127.0.0.1:9/v1', price: {input: 1, output: 2}}"
    )
    deep = "verification:\n  deep: {independent_test: true}"
    job.policy = job.policy.replace("routing:", f"{judge}\nrouting:", 1).replace("verification:", deep)
    fine = {"action": "verdict", "verdict": "no_bug_found", "bug": "", "lines": [], "summary_matches": True, "summary_why": ""}
    model = Scripted({"fast": [GOOD, DONE], "verifier": [fine, "I cannot.", "I cannot."]})
    job.run(model)
    critic, test, again = (prompt for lane, prompt in model.heard if lane == "verifier")
    held("prompt-review-system.txt", critic.system)
    held("prompt-review.txt", critic.turns[0].text)
    held("prompt-test-system.txt", test.system)
    held("prompt-test.txt", test.turns[0].text)
    held("prompt-review-again.txt", again.turns[-1].text)


def test_what_a_commit_says(job: Job):
    record, _ = job.run(Scripted(LANES["accepted"]))
    held("commit.txt", repos.git(job.repo, "log", "-1", "--format=%B", str(record.branch)) + "\n")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("issue", {}),
        ("raised", {"labels": ("incident",), "lane": "fast", "diff": MIGRATION}),
        ("audited", {"policy": repos.POLICY.replace("min_score: 7", "min_score: 7\n  audit_share: 1").encode()}),
        ("no_checks", {"policy": repos.POLICY.split("verification:")[0].encode(), "repo": "bare"}),
    ],
)
def test_what_an_explanation_says(job: Job, tmp_path: Path, name: str, more: dict[str, Any]):
    if more.get("repo"):
        repos.make(tmp_path / "bare", {"README": "nothing to run\n"})
        more = {**more, "repo": tmp_path / "bare"}
    model = Scripted({})
    opened = local.explained(replace(job.wanted(), **more), job.outside(), model)
    held(f"explain-{name}.txt", tell.explanation(opened, job.outside().render, model))


@pytest.mark.parametrize(("name", "sandboxed", "real"), [("scripted", True, False), ("bare", False, False), ("real", True, True)])
def test_what_the_demo_says_of_itself(job: Job, name: str, sandboxed: bool, real: bool):
    render = job.outside().render
    url = "http://127.0.0.1:8080/v1" if real else ""
    held(f"demo-{name}.txt", render("terminal/demo.j2", repo="/some/fair", sandboxed=sandboxed, real=real, url=url))


def test_how_the_demo_shows_the_comment(job: Job):
    held("demo-comment.txt", job.outside().render("terminal/comment.j2", comment="### A comment", kept="/some/fair"))


def test_what_is_said_of_words_and_results_that_are_added_to_a_ledger(job: Job):
    render = job.outside().render
    merged = Outcome("c7", "2026-01-02T10:00:00Z", "merged", "ann", 12, 1)
    texts = [
        render("terminal/outcome.j2", outcome=each, fresh=fresh, ledger="/some/ledger.jsonl")
        for each, fresh in (
            (merged, True),
            (replace(merged, lines=0, pull=None), False),
            (replace(merged, what="reverted", lines=None), True),
            (replace(merged, what="changes_requested", lines=None, pull=None), True),
        )
    ]
    models = [("a site: Verified", "m-one", "fast", 500, 321), ("a site: Verified", "m-two", None, 1, 0)]
    texts += [render("terminal/imported.j2", models=models, fresh=1, old=500, ledger="/some/imported.jsonl")]
    held("ledger-added.txt", "".join(texts))


def test_what_is_said_of_an_export(job: Job):
    render = job.outside().render
    faults = [Fault(f"records/2026-01/c{n}.json", "empty") for n in range(7)]
    texts = [
        render("terminal/exported.j2", many=many, what="runs", place="runs.csv", faults=faults[:bad])
        for many, bad in ((1, 0), (2, 1), (3, 7))
    ]
    held("ledger-exported.txt", "".join(texts))


def test_how_a_report_shows_results_of_others(job: Job):
    rows = (
        Elsewhere("a site: Verified", "m|one", "fast", rate(321, 500), 480, 270_001),
        Elsewhere("lab.csv", "m-two", None, rate(3, 4), 0, None),
    )
    held("ledger-elsewhere.md", job.outside().render("ledger/elsewhere.md.j2", elsewhere=rows))
