"""`ledger drift` as people type it, and what it says, held word for word."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bot import tell
from bot.core.past.drift import Drift, drift
from bot.edge.render import Templates
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.typed import typed
from tests.ledgers import ledger, read_books, text
from tests.plans import AREAS, POLICY, Area, Plan
from tests.test_golden import held

NAME = ".github/route-agent.yml"
PLANTED = Plan(areas=(*AREAS, Area("payments", 1.5, fails=0.7, rejected=0.6)), fails_at={5: 0.97, 6: 0.97}, fast_micros=110_000)
HOSTILE = "a|b`\x1b[2J\u202e<!-- @octocat fixes #1"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", {NAME: POLICY})
    (tmp_path / "ledger.jsonl").write_bytes(text(ledger(PLANTED)))
    return tmp_path


def said(plan: Plan, policy: bytes = POLICY) -> str:
    return tell.drift(drift(read_books(plan), policy, NAME), ("ledger.jsonl",), Templates(templates()))


def test_what_people_read():
    held("ledger-drift.md", said(PLANTED))
    held("ledger-drift-none.md", said(Plan()))
    held("ledger-drift-few.md", said(Plan(runs=12)))
    rules = POLICY + b'signals: {paths: {auth_code: ["/shop/crat/"]}, labels: {auth_code: ["s|so"]}}\n...\n'
    held("ledger-drift-unwritten.md", said(Plan(out_of_money=0.2), rules))


def test_a_strangers_names_neither_steer_a_terminal_nor_leave_their_code_spans():
    shown = said(Plan(areas=(*AREAS, Area(HOSTILE, 1.5, fails=0.8)), repo="x`@everyone`"))
    assert not set(shown) & {"\x1b", "\u202e"}
    assert "`` x`@everyone` `` ``a│b`<!-- @octocat fixes #1/``: 84 of 109" in shown


def test_a_ledger_and_the_policy_committed_in_head_are_enough(place: Path):
    (place / "shop" / NAME).write_text("uncommitted: nonsense\n")
    done = typed("ledger", "drift", str(place / "ledger.jsonl"), cwd=place / "shop")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 things drifted" in done.stdout
    assert "+  fast_max_score: 4 " in done.stdout
    assert (place / "shop" / NAME).read_text() == "uncommitted: nonsense\n"


def test_what_could_not_be_read_is_named_as_a_report_names_it(place: Path):
    whole = (place / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    newer = whole[2].replace(b'"version":1', b'"version":9')
    (place / "ledger.jsonl").write_bytes(whole[0] + whole[1][:500] + b"\n" + newer + b'{"name": "shop"}\n' + b"".join(whole[3:]))
    words = ("ledger.jsonl", "--policy", f"shop/{NAME}")
    shown = typed("ledger", "drift", *words, cwd=place).stdout.partition("### Not read\n")[2]
    held("ledger-drift-unread.md", shown)
    assert shown == typed("ledger", "report", *words, cwd=place).stdout.partition("### Not read\n")[2]
    found = TypeAdapter(Drift).validate_json(typed("ledger", "drift", *words, "--format", "json", cwd=place).stdout)
    assert (found.faults, [fault.place for fault in found.fault_list]) == (3, [f"ledger.jsonl:{row}" for row in (2, 3, 4)])


def test_another_policy_may_be_named_and_json_holds_the_same(place: Path):
    other = place / "other.yml"
    other.write_bytes(POLICY.replace(b"6 #", b"4 #").replace(b"7", b"5"))
    done = typed("ledger", "drift", str(place / "ledger.jsonl"), "--policy", "other.yml", "--format", "json", cwd=place)
    assert done.returncode == 0
    found = TypeAdapter(Drift).validate_json(done.stdout)
    assert {area.path for area in found.areas} == {"payments/"}
    assert "routing.fast_max_score" not in {look.key for look in found.argued}
    assert json.loads(done.stdout)["diff"].startswith("--- a/other.yml\n+++ b/other.yml\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ledger.jsonl", "--policy", "none.yml"), "--policy none.yml cannot be read"),
        (("ledger.jsonl", "--repo", "bare"), "there is no .github/route-agent.yml in HEAD"),
        (("ledger.jsonl", "--repo", "bare", "--repo", "shop"), "several repositories have several policies"),
        (("none.jsonl", "--policy", "shop/.github/route-agent.yml"), "none.jsonl cannot be read"),
        (("ledger.jsonl", "--policy", "ledger.jsonl"), "is this the right file?"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line_with_the_remedy(place: Path, words: tuple[str, ...], why: str):
    repos.make(place / "bare", {"a": "b"})
    done = typed("ledger", "drift", *words, cwd=place)
    assert done.returncode == 1
    assert why in done.stderr
    assert done.stdout == ""
