"""What of a tree a text points at: paths, stack frames, symbols, names and rare words."""

import pytest

from bot.core import locate
from bot.core.facts import Place

TREE = ("src/app/dates.py", "src/app/__init__.py", "tests/test_dates.py", "web/index.ts", "other/dates.py")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('File "/home/me/x/src/app/dates.py", line 3, in parse', [Place("src/app/dates.py", "in a stack frame")]),
        ("wrong in src/app/dates.py.", [Place("src/app/dates.py", "named in the text")]),
        ("at run (/srv/web/index.ts:3:4)", [Place("web/index.ts", "in a stack frame")]),
        ("see dates.py", [Place("src/app/dates.py", "named in the text"), Place("other/dates.py", "named in the text")]),
        ("nothing here", []),
        ("../../etc/passwd.txt", []),
    ],
)
def test_paths_and_stack_frames_are_found_in_the_tree(text, found):
    assert list(locate.named(text, TREE)) == found


def test_symbols_point_at_the_files_that_define_them():
    names = locate.symbols("`parse_date` breaks in DateParser when load() is called")
    assert names == ("parse_date", "DateParser", "load")
    places = locate.defining(names, (("tests/test_dates.py", "def load(): ..."), ("src/app/dates.py", "def parse_date(x):")))
    assert places == (Place("src/app/dates.py", "defines `parse_date`"), Place("tests/test_dates.py", "defines `load`"))


def test_a_repository_s_own_name_points_at_no_manifest_and_somebody_else_s_does():
    files = ("README.md", "pyproject.toml", "src/cents/split.py", ".github/workflows/ci.yml", "Dockerfile")
    own = locate.packages((*files, "tests/helpers/x.py"))
    assert own == {"src", "cents"}
    assert [place.path for place in locate.mentioning({"cent": files}, own)] == ["src/cents/split.py", "README.md"]
    assert [place.path for place in locate.mentioning({"requests": ("pyproject.toml",)}, own)] == ["pyproject.toml"]


def test_the_files_that_this_program_brings_are_no_places_that_a_task_is_about():
    brought = (".github/route-agent.yml", ".github/workflows/route-agent.yml", ".github/workflows/route-agent-verify.yml")
    assert locate.mentioning({"comment": (*brought, "src/a.py")}) == (Place("src/a.py", "has the rare word comment"),)
    assert locate.mentioning({"comment": brought}) == ()
    assert locate.mentioning({"comment": (".github/workflows/ci.yml",)}) != ()


def test_rare_words_point_at_files_and_common_ones_do_not():
    everywhere = tuple(f"f{n}.py" for n in range(9))
    assert locate.mentioning({"february": ("src/app/dates.py",), "import": everywhere}) == (
        Place("src/app/dates.py", "has the rare word february"),
    )
