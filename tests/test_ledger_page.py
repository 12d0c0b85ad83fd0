"""`route-agent ledger report` for people: Markdown and a page, held word for word, and what hostile ledgers make of it."""

import html
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot import page
from bot.cli import main
from bot.core.past.lines import Fault
from bot.core.past.tables import listed
from bot.edge.render import Templates
from bot.voice import templates
from tests import ledgers, plans
from tests.fakes import repos
from tests.pages import HOSTILE, hostile, made, shown
from tests.plans import Plan

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).resolve().parent.parent
POLICY = plans.POLICY.decode() + "budget:\n  per_day_usd: 7.25\n"


def held(name: str, text: str) -> None:
    """Word for word: a drawn ledger has no times and no prices but its own."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def words(page: str) -> str:
    """What a page says, a line for each thing: no drawings, no style, no tags."""
    bare = re.sub(r"<(svg|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    rows = re.sub(r"</t[hd]>(?=<t[hd])", " | ", bare)
    lines = (" ".join(html.unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in rows.split("\n"))
    return "".join(f"{row}\n" for row in lines if row)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(ledgers.text(ledgers.ledger(Plan(runs=200))))
    return place


def said(capsys: pytest.CaptureFixture[str], *typed: str) -> str:
    assert main(["ledger", "report", *typed]) == 0
    return capsys.readouterr().out


def test_what_the_markdown_says():
    held("ledger-report.md", page.markdown(made(), Templates(templates())))


def test_days_that_are_left_out_are_said_to_be():
    render = Templates(templates())
    assert "The last 30 of the 31 days with a run." in page.markdown(made(Plan(runs=31, days=31)), render)
    assert "days with a run" not in page.markdown(made(Plan(runs=30, days=30)), render)


@pytest.mark.parametrize(
    ("many", "says", "more"),
    [
        (1, "1 place could not be read, or does not fit; the rest is counted.", ""),
        (10, "10 places could not be read, or do not fit; the rest is counted.", ""),
        (
            60,
            "60 places could not be read, or do not fit; the rest is counted.",
            "- and 50 more; `--format json` names the first 50",
        ),
    ],
)
def test_of_the_places_that_cannot_be_read_all_are_counted_and_ten_are_named(many, says, more):
    faults = tuple(Fault(f"ledger.jsonl:{row}", "is no ledger line") for row in range(many))
    found = replace(made(), faults=many, fault_list=listed(faults))
    text = page.markdown(found, Templates(templates())).partition("### Not read\n")[2]
    assert says in text
    assert text.count("ledger.jsonl:") == min(many, 10)
    assert (more in text, "more;" in text) == (True, bool(more))
    assert len(found.fault_list) == min(many, 50)


def test_the_sum_is_that_of_the_runs_and_money_outside_of_them_is_said_not_to_be_in_it():
    text = page.markdown(made(), Templates(templates()))
    assert "for these runs; " in text
    assert "What was spent outside of runs, as `doctor` does, is in no figure here." in text
    assert "in all" not in text.partition("### Money")[2].partition("###")[0]


def test_what_the_dashboard_s_issue_says():
    render = Templates(templates())
    found = page.markdown(made(Plan(runs=30, days=3)), render)
    held(
        "ledger-dashboard.md",
        page.dashboard(found, "2026-10-28T05:23:00Z", "https://github.example/octo/shop/actions/runs/7", render),
    )


def test_what_the_page_says():
    held("ledger-report.html.txt", words(shown(made())))


def test_what_the_page_says_of_next_to_nothing():
    held("ledger-report-few.html.txt", words(shown(made(Plan(runs=3, days=1), cap=None))))
    held("ledger-report-none.html.txt", words(shown(made(Plan(runs=0)))))


def test_the_page_loads_nothing_and_runs_nothing(file, capsys):
    page = said(capsys, str(file), "--format", "html")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    assert policy
    assert policy[1].split("; ")[:2] == ["default-src 'none'", "style-src 'unsafe-inline'"]
    assert page.index(policy[0]) < page.index("<style"), "the policy binds what comes after it"
    assert not re.search(r"<(script|link|img|iframe|object|embed|base|form)\b|\bon[a-z]+=|@import|https?://", page)
    assert page.count("<svg ") == 6


def test_names_in_a_ledger_are_text_on_the_page_whatever_they_say(file, capsys):
    file.write_bytes(hostile(file.read_bytes()))
    page = said(capsys, str(file), "--format", "html")
    assert not re.search(r"<(script|img)\b|<svg onload", page)
    assert page.count("</style>") == page.count("</html>") == 1
    assert "{{ 7 * 7 }}" in html.unescape(page)
    assert not set(page) & {"\u202e", "\x00", "\x1b"}
    assert html.escape(HOSTILE[0][:20]) in page


def test_the_cap_is_that_of_the_one_repository_that_is_read(tmp_path, file, capsys):
    repo = tmp_path / "shop"
    repos.make(repo, {".github/route-agent.yml": POLICY})
    (repo / ".git" / "route-agent").mkdir()
    (repo / ".git" / "route-agent" / "ledger.jsonl").write_bytes(file.read_bytes())
    assert "$7.25 a day" in said(capsys, "--repo", str(repo), "--format", "html")
    assert "No policy is known" in said(capsys, str(file), "--format", "html")
    (tmp_path / "p.yml").write_text(POLICY.replace("7.25", "3"))
    assert "$3.00 a day" in said(capsys, str(file), "--policy", str(tmp_path / "p.yml"), "--format", "html")
    assert "line [7.25" in said(capsys, "--repo", str(repo))


def test_a_day_that_no_calendar_has_is_a_fault_and_the_rest_is_counted(file, capsys):
    rows = file.read_bytes().splitlines(keepends=True)
    first = rows[0].replace(b'"at":"2026-06-01', b'"at":"2026-02-30')
    outcome = next(row for row in rows if b'"what":"merged"' in row).replace(b'"at":"2026-', b'"at":"0000-')
    file.write_bytes(b"".join([first, outcome, *rows[1:]]))
    for kind in ("md", "html"):
        text = said(capsys, str(file), "--format", kind)
        assert "what 199 runs say" in text
        assert "2 places could not be read" in text
        assert "day is out of range for month - at" in text, "and the other is of the year nought, which no instant is"


def test_a_policy_that_was_named_must_be_one(tmp_path, file, capsys):
    (tmp_path / "p.yml").write_text("models: 7\n")
    assert main(["ledger", "report", str(file), "--policy", str(tmp_path / "p.yml")]) == 1
    assert main(["ledger", "report", str(file), "--policy", str(tmp_path / "gone.yml")]) == 1
    err = capsys.readouterr().err
    assert "p.yml" in err
    assert "gone.yml cannot be read" in err


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path, file):
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").write_text("raise ImportError('No module named matplotlib')\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}

    def run(kind: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", "ledger", "report", str(file), "--format", kind]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    done = run("html")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "pip install 'route-agent[plots]'" in done.stderr
    assert run("md").returncode == 0


def test_of_several_ledgers_one_that_is_missing_is_named_and_the_rest_is_read(file, capsys):
    text = said(capsys, str(file), "gone.jsonl")
    assert "what 200 runs say" in text
    assert "1 place could not be read" in text
    assert "gone.jsonl cannot be read (No such file or directory)" in text
    assert main(["ledger", "report", "gone.jsonl", "lost.jsonl"]) == 1
    assert "gone.jsonl cannot be read" in capsys.readouterr().err


def test_what_is_no_ledger_at_all_is_said_to_be_none(capsys):
    assert main(["ledger", "report", __file__]) == 1
    assert f"no line of {__file__} is a ledger's; the first that is none: {__file__}:1: " in capsys.readouterr().err


def test_a_day_after_which_there_is_no_run_is_named(file, capsys):
    text = said(capsys, str(file), "--since", "2099-01-01")
    assert "There is no finished run in" in text
    assert "since 2099-01-01." in text


def test_a_repository_is_picked_by_its_name(tmp_path, capsys):
    both = tmp_path / "both.jsonl"
    both.write_bytes(ledgers.text((*ledgers.ledger(Plan(runs=30)), *ledgers.ledger(Plan(runs=20, seed=2, repo="acme/blog")))))
    assert "what 20 runs say" in said(capsys, str(both), "--repo", "acme/blog")
    assert main(["ledger", "report", str(both), "--repo", "acme/none"]) == 1
    assert "no run is of a repository of that name; they are of acme/blog, acme/shop" in capsys.readouterr().err
    assert main(["policy", "replay", "--policy", "x.yml", str(both), "--repo", "acme/blog"]) == 1
    assert main(["ledger", "report", str(both), "--branch", "x"]) == 1
    assert "--branch names a branch of a repository" in capsys.readouterr().err


def test_a_pipe_is_read_once_and_a_folder_that_is_a_repository_too_is_read_as_both(tmp_path, file, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pour = "import sys; open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read())"
    writer = subprocess.Popen([sys.executable, "-c", pour, str(file), str(pipe)])
    assert "what 200 runs say" in said(capsys, str(pipe))
    assert writer.wait(30) == 0
    shop = tmp_path / "shop"
    repos.make(shop, repos.SHOP)
    own = shop / ".git" / "route-agent" / "ledger.jsonl"
    own.parent.mkdir()
    own.write_bytes(ledgers.text(ledgers.ledger(Plan(runs=7, seed=9, repo="acme/own"))))
    (shop / "kept.jsonl").write_bytes(file.read_bytes())
    assert "what 207 runs say" in said(capsys, str(shop), "--repo", str(shop))
