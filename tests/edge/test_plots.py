"""Drawings of a report: the same every time, text as text, nothing from outside. Real matplotlib."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.core.past.charts import Timed, Times, figures
from bot.core.past.interval import spread
from bot.core.past.tables import Report
from bot.edge.plots import WIDTH, drawn
from tests.pages import HOSTILE, made
from tests.plans import Plan

ROOT = Path(__file__).resolve().parents[2]
DRAW = (
    "from tests.pages import made; from bot.core.past.charts import figures; from bot.edge.plots import drawn; "
    "print(''.join(drawn(figure) or '' for figure in figures(made())))"
)


@pytest.fixture(scope="module")
def report() -> Report:
    return made()


def elsewhere(folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random"}
    done = subprocess.run([sys.executable, "-c", DRAW], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_report_is_drawn_the_same_whatever_stands_in_the_folder(tmp_path):
    first = elsewhere(tmp_path / "plain")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "matplotlibrc").write_text("axes.titlepad: 60\nxtick.labelsize: 40\nsvg.fonttype: path\n")
    assert elsewhere(tmp_path / "odd") == first
    assert first.count("<svg") == 6
    assert not re.search(r"\b20\d\d-\d\d-\d\dT", first), "a date of the drawing"


def test_every_drawing_is_of_a_phone_s_width_and_says_in_words_what_it_shows(report):
    for figure in figures(report):
        root = ET.fromstring(drawn(figure) or "")  # noqa: S314 - our own
        assert root.get("viewBox", "").split()[2] == str(WIDTH)
        assert root.get("role") == "img"
        title = root.find("title")
        assert title is not None
        assert title.get("id") == root.get("aria-labelledby")
        assert title.text == f"{figure.title}. {figure.alt}"
        assert figure.alt
        assert [text.text for text in root.iter("text") if text.text], "text is text"


def test_a_drawing_points_at_nothing_outside_itself_and_holds_nothing_that_runs(report):
    text = "".join(drawn(figure) or "" for figure in figures(report))
    assert set(re.findall(r'href="(.)', text)) == {"#"}
    assert set(re.findall(r"url\((.)", text)) == {"#"}
    assert {each.rpartition("}")[2] for each in re.findall(r"<([a-z]\w*)", text, re.IGNORECASE)} <= {
        *("svg", "title", "g", "path", "text", "use", "defs", "clipPath", "rect"),
    }
    assert not re.search(r"#0[0-9a-f]{5}\b", text), "a stand-in for a colour is left"


def test_no_two_drawings_of_a_page_give_one_name_to_two_things(report):
    names = [name for figure in figures(report) for name in re.findall(r'\bid="([^"]+)"', drawn(figure) or "")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [*HOSTILE, "车道", "_", "$", "x" * 300, "\n", "\x00\uffff\ud800"])
def test_a_name_is_a_name_whatever_it_says(name):
    figure = figures(made(Plan(runs=60)))[2]
    odd = replace(figure, chart=Times((Timed(name, 0, spread([1.0, 2.0] * 20), "median 1 s"),)))
    root = ET.fromstring(drawn(odd) or "")  # noqa: S314 - likewise
    words = [text.text for text in root.iter("text") if text.text]
    assert "median 1 s" in words
    assert len(words) <= 8, "a name, what is said of it, and ticks"
    assert {each.tag for each in root.iter()} <= {"svg", "title", "g", "path", "text", "use", "defs", "clipPath", "rect"}
