"""Edits of a policy's text: comments and layout stay, git takes the diff, and the result loads as what was meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.past.amend import Put, amended, difference
from bot.core.past.drift import drift
from bot.core.policyfile import read
from tests.fakes import repos
from tests.ledgers import read_books
from tests.plans import AREAS, POLICY, Area, Plan

NAME = ".github/route-agent.yml"
MODELS = "models:\n  fast: {provider: openrouter, model: maker/small}\n  strong: {provider: openrouter, model: maker/large}\n"
ROUTING = "routing:\n  # by hand\n  fast_max_score: 6 # kept\n  strong_min_score: 7\n"
BLOCK = """\
routing:
  fast_max_score: 6
  strong_min_score: 7
  escalate_on: # why
    - failed_tests # always
    - patch_rejected
    - low_confidence_summary
signals:
  paths:
    secrets_handling:
      - "/vault/" # ours
    auth_code: ["/login/"]
"""
LAYOUTS = {
    "plain": MODELS + ROUTING,
    "no line feed at the end": (MODELS + ROUTING).removesuffix("\n"),
    "CRLF": (MODELS + ROUTING).replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + MODELS + ROUTING,
    "block lists": MODELS + BLOCK,
    "block lists, no line feed": (BLOCK + MODELS).removesuffix("\n"),
    "flow": MODELS + "routing: {fast_max_score: 6, strong_min_score: 7} # short\n",
    "JSON": '{"models": {"fast": {"provider": "openrouter", "model": "s"}, "strong": {"provider": "openrouter", "model": "l"}},\n'
    ' "routing": {"fast_max_score": 6, "strong_min_score": 7}}\n',
    "routing first, a block text last": ROUTING + MODELS + "verification:\n  setup:\n    - |\n      make\n      make all\n",
    "empty signals": MODELS + ROUTING + "signals: {paths: {}}\nbudget: {per_day_usd: 5}\n",
}
PUTS = (
    Put(("routing", "fast_max_score"), 4, ("because",)),
    Put(("routing", "strong_min_score"), 5),
    Put(("routing", "escalate_on"), ("failed_tests", "low_confidence_summary"), ("never", "helped")),
    Put(("routing", "min_confidence"), "0.75", ("claims",)),
    Put(("budget", "per_run_usd"), "2.00", ("cut off",)),
)


def files(text: str, policy: str) -> tuple[str, ...]:
    return read(text.encode(), policy).signals.paths.get("secrets_handling", ())


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_edited_in_place_and_git_applies_the_diff(name: str, tmp_path: Path):
    old = LAYOUTS[name]
    globs = (*files(old, name), "/payments/", "*.vue")
    mark = "\ufeff" if old.startswith("\ufeff") else ""
    puts = (*PUTS, Put(("signals", "paths", "secrets_handling"), globs, ("worse here",)))
    new = mark + amended(old.removeprefix(mark), puts)
    repos.make(tmp_path / "shop", {NAME: old})
    (tmp_path / "shop" / NAME).write_bytes(old.encode())

    repos.git(tmp_path / "shop", "apply", "-", stdin=difference(old, new, NAME).encode())

    written = (tmp_path / "shop" / NAME).read_bytes()
    assert written == new.encode()
    before, after = read(old.encode(), NAME), read(written, NAME)
    assert after.routing == before.routing.model_copy(
        update={
            "fast_max_score": 4,
            "strong_min_score": 5,
            "escalate_on": ("failed_tests", "low_confidence_summary"),
            "min_confidence": 0.75,
        }
    )
    assert after.budget == before.budget.model_copy(update={"per_run_usd": 2_000_000})
    assert after.signals.paths == {**before.signals.paths, "secrets_handling": globs}
    kept = ("# by hand", "# kept", "# why", "# always", "# ours", "# short")
    assert [comment for comment in kept if comment in new] == [comment for comment in kept if comment in old]
    assert all(f"# {why}" in new for put in puts for why in put.why)


def test_a_diff_of_nothing_is_empty():
    assert difference(MODELS, MODELS, NAME) == ""


HOSTILE = ("pay]ments[*?", "a`b|c<!-- @octocat", "#hash !bang", 'quo"te\\slash', "ein\u00fcber\U0001f600", "-", "{{ 7 }}")


@pytest.mark.parametrize("folder", HOSTILE)
def test_a_strangers_folder_is_a_glob_that_means_it_and_nothing_else(folder: str, tmp_path: Path):
    seen = drift(read_books(Plan(areas=(*AREAS, Area(folder, 1.5, fails=0.8)))), POLICY, NAME)
    assert [area.path for area in seen.areas] == [f"{folder}/"]
    repos.make(tmp_path / "shop", {NAME: POLICY})
    repos.git(tmp_path / "shop", "checkout", "--", NAME)

    repos.git(tmp_path / "shop", "apply", "-", stdin=seen.diff.encode())

    changed = (tmp_path / "shop" / NAME).read_bytes()
    policy = read(changed, NAME)
    assert set(policy.signals.paths) == {"secrets_handling"}
    areas = (*AREAS, Area(folder, 1.5, fails=0.8))
    known = {area.path: area.known_by for area in drift(read_books(Plan(areas=areas)), changed, NAME).areas}
    assert known == {f"{folder}/": ("secrets_handling",)}


@pytest.mark.parametrize("folder", ["pay\nments: {}", "pay\u202ements", "\x1b[2Jx", "x" * 300])
def test_a_name_that_no_glob_can_hold_is_found_and_not_written_down(folder: str):
    seen = drift(read_books(Plan(areas=(*AREAS, Area(folder, 1.5, fails=0.8)))), POLICY, NAME)
    assert len(seen.areas) == 1
    assert seen.diff == ""
    assert "characters" in seen.unwritten[0].why


def test_the_folder_goes_under_the_signal_that_its_tasks_have_already_where_that_starts_in_strong():
    """They started in the first lane when no rule sent them up yet."""
    lax = POLICY + b"  always_strong_if: [schema_change]\n"
    bad = Area("payments", 1.5, fails=0.8, signals=("auth_code",))
    books = read_books(Plan(policy=read(lax, NAME), areas=(*AREAS, bad)))
    assert '    auth_code: ["/payments/"]\n' in drift(books, POLICY, NAME).diff
    assert '    secrets_handling: ["/payments/"]\n' in drift(books, lax, NAME).diff


def test_a_policy_that_starts_nothing_in_strong_by_signal_gets_no_edit():
    never = POLICY + b"  always_strong_if: []\n  default_upward: []\n"
    seen = drift(read_books(Plan(areas=(*AREAS, Area("payments", 1.5, fails=0.8)))), never, NAME)
    assert (len(seen.areas), seen.diff, seen.unwritten[0].why) == (1, "", "no signal starts in `strong` under this policy")


def test_a_layout_that_cannot_be_edited_is_left_alone_and_the_value_is_said():
    """After the mark that ends a document, a further key would begin a second one."""
    ended = POLICY + b"...\n"
    seen = drift(read_books(Plan(areas=(*AREAS, Area("payments", 1.5, fails=0.8)))), ended, NAME)
    assert seen.diff == ""
    assert seen.unwritten[0].write == 'signals.paths.secrets_handling: ["/payments/"]'


def test_edits_stand_together_in_one_diff():
    plan = Plan(areas=(*AREAS, replace(Area("payments", 1.5), fails=0.8)), out_of_money=0.2)
    seen = drift(read_books(plan), POLICY, NAME)
    assert "per_run_usd: 2.00" in seen.diff
    assert "/payments/" in seen.diff
