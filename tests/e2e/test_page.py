"""The page of `ledger report` in a real browser, at a phone's and a desktop's width: drawn, legible, silent, self-contained."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from tests import ledgers, plans
from tests.browser import Page, browser
from tests.pages import CAP, HOSTILE, hostile, made
from tests.plans import Plan

pytestmark = pytest.mark.engine
SCALE = """(node) => node.closest('svg').getBoundingClientRect().width / node.closest('svg').viewBox.baseVal.width"""
MARKS = """[...document.querySelectorAll('figure svg [class^="mark"]')].map((node) => {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node.querySelector('path, use') || node);
    return {figure: node.closest('figure').id, kind: node.className.baseVal,
            left: box.left, right: box.right, width: box.width, height: box.height,
            seen: style.visibility === 'visible' && (style.fill !== 'none' || style.stroke !== 'none')}})"""
TEXTS = f"""[...document.querySelectorAll('figure svg text')].map((node) => {{
    const box = node.getBoundingClientRect(), scale = ({SCALE})(node);
    return {{figure: node.closest('figure').id, said: node.textContent, left: box.left, right: box.right,
            size: parseFloat(getComputedStyle(node).fontSize) * scale}}}})"""
OTHERS = """[...document.querySelectorAll('p, td, th, dt, dd, li, figcaption, h1, h2, h3')]
    .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
FIGURES = {
    "cost": {"mark lane", "mark actual", "mark estimate"},
    "calibration": {"mark interval", "mark point", "mark count"},
    "latency": {"mark box", "mark whisker", "mark median"},
    "spend": {"mark day", "mark cap"},
    "outcomes": {"mark count"},
    "results": {"mark count"},
}

SOLID = {"mark box", "mark median", "mark day", "mark point", "mark count"}
"""What fills an area; the others are lines."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def ledger() -> bytes:
    return ledgers.text(ledgers.ledger(Plan()))


def written(folder: Path, ledger: bytes) -> str:
    """The address of the page that the command makes."""
    (folder / "ledger.jsonl").write_bytes(ledger)
    (folder / "policy.yml").write_bytes(plans.POLICY + b"budget:\n  per_day_usd: 5\n")
    typed = ["ledger", "report", str(folder / "ledger.jsonl"), "--policy", str(folder / "policy.yml")]
    assert main([*typed, "--format", "html", "--output", str(folder / "report.html")]) == 0
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (768, "light"), (1200, "dark")])
def test_every_plot_is_drawn_and_legible(page, ledger, tmp_path, width, scheme):
    page.open(written(tmp_path, ledger), width, scheme=scheme)
    assert page.trouble() == []
    marks: list[dict[str, Any]] = page.value(MARKS)
    assert {name: {mark["kind"] for mark in marks if mark["figure"] == name} for name in FIGURES} == FIGURES
    assert [mark for mark in marks if not (mark["seen"] and mark["width"] + mark["height"] > 0)] == []
    assert [mark for mark in marks if mark["left"] < 0 or mark["right"] > width] == []
    assert {kind for kind in SOLID if any(mark["width"] * mark["height"] > 20 for mark in marks if mark["kind"] == kind)} == SOLID
    texts: list[dict[str, Any]] = page.value(TEXTS)
    assert {text["figure"] for text in texts} == set(FIGURES)
    assert [text for text in texts if text["left"] < 0 or text["right"] > width] == []
    assert min(text["size"] for text in texts) >= 11
    assert min(page.value(OTHERS)) >= 13


def test_a_bar_is_as_high_as_what_was_spent_beside_the_budget(page, ledger, tmp_path):
    page.open(written(tmp_path, ledger), 360)
    boxes = "[...document.querySelectorAll('#spend [class^=mark]')].map((n) => n.getBoundingClientRect())"
    *days, cap = page.value(f"{boxes}.map((box) => [box.top, box.bottom])")
    spent = [day.micros for day in made().days]
    assert len(days) == len(spent)
    ground = max(bottom for _, bottom in days)
    for (top, _), micros in zip(days, spent, strict=True):
        assert abs((ground - top) / (ground - cap[0]) - micros / CAP) < 0.03


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_the_page_never_scrolls_sideways_and_wide_tables_scroll_in_their_own_box(page, ledger, tmp_path, width):
    page.open(written(tmp_path, ledger), width)
    assert page.value("document.documentElement.scrollWidth") == width
    wide = page.value("[...document.querySelectorAll('.wide')].map((n) => n.scrollWidth > n.clientWidth)")
    assert any(wide)


def test_a_phone_has_one_column_and_a_desktop_two(page, ledger, tmp_path):
    address = written(tmp_path, ledger)
    columns = []
    for width in (360, 1200):
        page.open(address, width)
        lefts = page.value("[...document.querySelectorAll('figure')].map((node) => node.getBoundingClientRect().left)")
        columns.append(len(set(lefts)))
    assert columns == [1, 2]


def test_by_night_the_ink_is_light_and_the_paper_dark(page, ledger, tmp_path):
    address = written(tmp_path, ledger)
    inks = []
    for scheme in ("light", "dark"):
        page.open(address, 360, scheme=scheme)
        ink = page.value("getComputedStyle(document.querySelector('figure svg text')).fill")
        paper = page.value("getComputedStyle(document.querySelector('figure')).backgroundColor")
        inks.append([sum(map(int, found[4:-1].split(","))) for found in (ink, paper)])
    (ink, paper), (night_ink, night_paper) = inks
    assert ink + 400 < paper
    assert night_paper + 400 < night_ink


def test_a_hostile_ledger_s_names_run_nothing_and_reach_for_nothing(page, ledger, tmp_path):
    page.open(written(tmp_path, hostile(ledger)), 360)
    assert page.trouble() == []
    assert page.value("document.title").startswith("route-agent: what 1000 runs say")
    assert page.value("document.querySelectorAll('script, img, [onload], [onerror]').length") == 0
    assert page.value("document.querySelectorAll('figure svg').length") == 6
    assert HOSTILE[0][:20] in page.value("document.body.textContent")
    assert [text for text in page.value(TEXTS) if text["left"] < 0 or text["right"] > 360] == [], "a long name leaves the page"
    boxes = [mark for mark in page.value(MARKS) if mark["kind"] == "mark whisker"]
    assert max(mark["width"] for mark in boxes) > 100, "a long name makes the plot narrow"
    assert page.value("document.documentElement.scrollWidth") == 360


def test_what_would_run_or_load_is_forbidden_and_heard_of(page, ledger, tmp_path):
    """That the tests above would hear of it, and that the page's own policy stands in its way."""
    written(tmp_path, ledger)
    bad = "<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/x.png'></main>"
    text = (tmp_path / "report.html").read_text()
    (tmp_path / "bad.html").write_text(text.replace("</main>", bad))
    page.open((tmp_path / "bad.html").as_uri(), 360)
    assert page.value("document.title").startswith("route-agent: ")
    heard = " ".join(page.trouble())
    assert "script-src" in heard or "default-src" in heard
    assert "img-src" in heard or "x.png" in heard
