"""`policy replay` as people type it over a real ledger, and its text, word for word."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from bot import tell
from bot.core.ledger import encode
from bot.core.past.lines import Line
from bot.core.past.replay import replay
from bot.core.policyfile import PolicyError, read
from bot.core.route import Refusal, Route
from bot.edge.render import Templates
from bot.voice import templates
from tests.core.past.replays import LOWER, THREE, UP, WON, fasts
from tests.fakes import repos
from tests.fakes.recorded import RULES, Went, happened, lines, policy, record, seen, written
from tests.fakes.typed import ROOT, typed
from tests.test_golden import held

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RENDER = Templates(templates())
LESS = "\N{MINUS SIGN}"
CAREFUL = RULES.replace("max_score: 6", "max_score: 2").replace("min_score: 7", "min_score: 3")
HOSTILE = "</details> @octo/team fixes #1 | ![x](http://x) `` <!-- route-agent:c1 --> \u202e\x1b[2J"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with the local ledger that its runs left."""
    made = tmp_path / "shop"
    repos.make(made, repos.SHOP)
    own = made / ".git" / "route-agent"
    own.mkdir()
    items = (
        record(1, UP, WON, facts=THREE),
        record(2, Went("fast")),
        happened(2, "merged"),
        record(2_000, Went("fast"), facts=THREE),
    )
    (own / "ledger.jsonl").write_text(written(items))
    (tmp_path / "careful.yml").write_text(CAREFUL)
    (tmp_path / "plain.yml").write_text(RULES)
    return made


# ---- as it is typed ------------------------------------------------------------------------------------------------


def test_the_local_ledger_is_replayed_and_the_limits_are_printed(repo, tmp_path):
    done = typed("policy", "replay", "--policy", str(tmp_path / "careful.yml"), cwd=repo)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### route-agent: policy replay\n")
    assert "**2 of 3 recorded runs would start in another lane**" in done.stdout
    assert f"| `fast` → `strong` | bugfix | 1 | {LESS}$0.0004 | {LESS}4.0 s | observed" in done.stdout
    assert "not usable below about 1,000 runs" in done.stdout
    assert "Here are 3." in done.stdout


def test_a_real_run_of_the_demo_is_replayed(tmp_path):
    kept = tmp_path / "fair"
    assert typed("demo", "--keep", str(kept), "--no-sandbox").returncode == 0
    (tmp_path / "careful.yml").write_text(
        (ROOT / "bot" / "demo" / "policy.yml").read_text().replace("score: 6", "score: 2").replace("score: 7", "score: 3")
    )
    same = typed("policy", "replay", "--policy", str(ROOT / "bot" / "demo" / "policy.yml"), "--repo", str(kept))
    assert "**None of 1 recorded runs would start in another lane**" in same.stdout, same.stderr
    found = typed("policy", "replay", "--policy", str(tmp_path / "careful.yml"), "--repo", str(kept), "--format", "json")
    said = json.loads(found.stdout)
    (record_,) = [
        row
        for row in map(json.loads, (kept / ".git" / "route-agent" / "ledger.jsonl").read_text().splitlines())
        if row["kind"] == "record"
    ]
    assert said["changes"][0]["basis"] == "observed"
    assert said["total"]["micros"]["value"] == -record_["attempts"][0]["cost_micros"]


def test_sources_days_and_a_policy_to_compare_with_can_be_named(repo, tmp_path):
    words = ("policy", "replay", "--policy", str(tmp_path / "careful.yml"), "--format", "json")
    ledger = str(repo / ".git" / "route-agent" / "ledger.jsonl")
    assert json.loads(typed(*words, ledger, "--since", "2026-11-02").stdout)["runs"] == 1
    found = json.loads(typed(*words, ledger, "--against", str(tmp_path / "careful.yml")).stdout)
    assert (found["unlike"], found["flows"]) == (2, [])
    text = typed(*words[:4], ledger, "--against", str(tmp_path / "plain.yml")).stdout
    assert f"than under `{tmp_path / 'plain.yml'}`" in text


def test_the_json_is_as_the_schema_says(repo, tmp_path):
    done = typed("policy", "replay", "--policy", str(tmp_path / "careful.yml"), "--format", "json", cwd=repo)
    jsonschema.validate(json.loads(done.stdout), json.loads((ROOT / "docs" / "replay.schema.json").read_text()))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--policy", "gone.yml"), "--policy gone.yml cannot be read: No such file or directory; give a policy's path"),
        (("--policy", "careful.yml", "--against", "gone.yml"), "--against gone.yml cannot be read"),
        (("--policy", "broken.yml"), "broken.yml:1: modles: unknown key; did you mean `models`?"),
        (("--policy", "careful.yml", "gone.jsonl"), "gone.jsonl cannot be read"),
        ((), "the following arguments are required: --policy"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_with_the_remedy(repo, tmp_path, words, said):
    (tmp_path / "broken.yml").write_text("modles: {}\n")
    done = typed("policy", "replay", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# ---- word for word -------------------------------------------------------------------------------------------------


def test_what_a_replay_says():
    there = [record(n, Went("strong", micros=9_000 + 100 * n), facts=seen(files=8), task_class="feature") for n in range(40, 46)]
    late = (record(50, Went("fast", micros=700), facts=THREE, task_class="feature"), record(51, UP, WON, facts=THREE))
    ended = (record(52, Went("fast"), facts=THREE), happened(52, "closed"), record(53, route=Refusal("no_ci", "none")))
    odd = Line(b'{"kind":"record"}', "records/2026-11/c99.json:1")
    found = replay([(*lines(*fasts(15, 20), *there, *late, *ended), odd)], LOWER, NOW)
    held("replay.md", tell.replayed(found, "new.yml", "", RENDER))


def test_what_a_replay_says_of_another_policy_another_model_another_bar_and_many_runs():
    old = policy(RULES + "  min_confidence: 0.5\n")
    new = policy(
        RULES.replace("m-strong", "m-new")
        + "  min_confidence: 0.8\nsignals: {paths: {auth_code: [models/]}}\nbudget: {per_run_usd: 0.0005}\n"
    )
    runs = [record(n, Went("fast", confidence=0.7), rules=old) for n in range(3)]
    moved = [record(n, Went("fast", micros=None), facts=seen(name="models/a{}.py")) for n in range(10, 34)]
    found = replay([lines(*runs, *moved, record(40, Went("fast", files=("models/x.py",))))], new, NOW, old=old)
    held("replay-against.md", tell.replayed(found, "new.yml", "old.yml", RENDER))


def test_what_is_said_where_there_is_nothing_to_replay_or_no_policy():
    held("replay-none.md", tell.replayed(replay([], policy(), NOW), "new.yml", "", RENDER))
    held("replay-gone.md", tell.withdrawn(".github/route-agent.yml", RENDER))
    with pytest.raises(PolicyError) as error:
        read(RULES.replace("fast_max_score", "fast_max_scoer").encode() + b"bugdet: {}\n", "x")
    held("replay-broken.md", tell.unreadable(error.value, RENDER))


def test_what_a_hostile_record_says_is_text_that_steers_nothing():
    """A ledger's branch may be written by whoever may push; its words end in a comment of ours."""
    run = record(1, Went(HOSTILE, asked=HOSTILE), facts=THREE, task=HOSTILE, repo=HOSTILE, route=Route(HOSTILE, (HOSTILE,)))
    refused = record(2, route=Refusal(HOSTILE, HOSTILE))
    rows = [Line(encode(item).encode(), HOSTILE) for item in (run, refused)]
    found = replay([[*rows, Line(b"{}", HOSTILE)]], LOWER, NOW)
    text = tell.replayed(found, "new.yml", "", RENDER)
    assert (found.runs, found.switched, found.unread) == (1, 1, 1)
    assert text.count("fixes") >= 8
    for row in text.split("\n"):
        outside = "".join(row.split("```")[::2])  # the text holds two ticks, so three fence it
        assert not [word for word in ("@octo", "fixes", "![", "<!--") if word in outside], row
        assert "\x1b" not in row
        assert "\u202e" not in row
    assert text.count("</details>") - sum("".join(row.split("```")[1::2]).count("</details>") for row in text.split("\n")) == 2
