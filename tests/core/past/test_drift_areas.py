"""Drift of areas: folders and endings whose patches fail or are refused, and what is no such thing."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.core.past.history import Run
from bot.core.past.lives import Life, lived
from bot.core.past.regions import regions
from bot.core.policyfile import read
from tests.core.past.drifts import BAD, NAME, found, named
from tests.ledgers import read_books
from tests.plans import AREAS, POLICY, Area, Plan


def areas(*bad: Area, **more: object) -> list[tuple[str, str]]:
    return [(area.path, area.what) for area in found(Plan(areas=(*AREAS, *bad), **more)).areas]  # type: ignore[arg-type]


def test_a_folder_is_not_named_for_what_one_folder_in_it_did():
    assert areas(Area("shop/payments", 1.5, fails=0.8)) == [("shop/payments/", "fast_fails")]


def test_folders_that_are_bad_alike_are_named_once_by_the_one_above_them():
    assert areas(*(Area(f"payments/{name}", 0.6, fails=0.8) for name in ("card", "bank", "cash"))) == [("payments/", "fast_fails")]


def test_an_ending_is_named_where_its_files_are_bad_in_every_folder():
    vue = (Area("site/a", 0.8, fails=0.8, endings=("vue",)), Area("extras/b", 0.8, fails=0.8, endings=("vue",)))
    assert areas(*vue) == [("*.vue", "fast_fails")]


def test_an_area_says_which_rules_know_it():
    seen = found(Plan(areas=(*AREAS, Area("db/migrate", 1.5, fails=0.8))))
    assert [(area.path, area.known_by) for area in seen.areas] == [("db/migrate/", ("schema_change",))]

    own = POLICY + b'signals: {paths: {deploy_config: ["payments/"]}}\n'
    assert {area.known_by for area in found(Plan(areas=(*AREAS, BAD)), policy=own).areas} == {("deploy_config",)}


def test_a_repository_is_compared_with_itself_alone():
    """Every run of the second one fails, which says nothing of an area in either."""
    good, bad = Plan(runs=500), Plan(runs=500, seed=2, repo="acme/old", areas=tuple(replace(area, fails=0.9) for area in AREAS))
    assert found(good, bad).areas == ()


def test_several_repositories_have_several_policies_so_no_area_is_edited():
    seen = found(Plan(areas=(*AREAS, BAD)), Plan(runs=300, seed=2, repo="acme/old"))
    assert {area.repo for area in seen.areas} == {"acme/shop"}
    assert "payments" not in seen.diff
    assert any("several repositories" in each.why for each in seen.unwritten)


def cut(folder: str, cases: int, failed: int, template: Life) -> list[Life]:
    """Runs in a folder, of which so many failed, cut to a single attempt."""
    tried = structs.replace(template.run.tries[0], files=())
    ends = (structs.replace(tried, decision="accept", reason=""), structs.replace(tried, decision="stop", reason="failed_tests"))
    runs = [structs.replace(template.run, places=(f"{folder}/a.py",), tries=(end,)) for end in ends]
    made = [lived(run, template.happened, template.label, template.by_hand) for run in runs]
    return [made[number < failed] for number in range(cases)]


@pytest.fixture(scope="module")
def template() -> Life:
    return next(life for life in read_books(Plan(runs=20)).lives if life.run.lane == "fast")


def test_a_difference_that_is_sure_and_small_is_none(template: Life):
    policy = read(POLICY, NAME)
    sure = [*cut("a", 20_000, 5_600, template), *cut("b", 20_000, 5_000, template)]
    large = [*cut("a", 20_000, 7_600, template), *cut("b", 20_000, 5_000, template)]
    assert regions(tuple(sure), policy).areas == ()
    assert [area.path for area in regions(tuple(large), policy).areas] == ["a/"]


def test_ends_that_say_nothing_of_the_patch_are_no_failures(template: Life):
    """Out of money, out of reach: the area had bad luck."""
    policy = read(POLICY, NAME)
    bad = cut("a", 100, 90, template)
    unlucky = [lived(budget(life.run), life.happened, life.label, life.by_hand) for life in bad]
    assert [area.path for area in regions((*bad, *cut("b", 100, 10, template)), policy).areas] == ["a/"]
    assert regions((*unlucky, *cut("b", 100, 10, template)), policy).areas == ()


def budget(run: Run) -> Run:
    tries = [structs.replace(tried, reason="budget") if tried.decision == "stop" else tried for tried in run.tries]
    return structs.replace(run, tries=tuple(tries))


def test_what_reviewers_refuse_of_the_top_lane_is_named_and_starting_there_is_not_suggested():
    strict = POLICY.replace(b"fast_max_score: 6", b"fast_max_score: 0").replace(b"strong_min_score: 7", b"strong_min_score: 1")
    plan = Plan(areas=(*AREAS, Area("payments", 1.5, rejected=0.7)), policy=read(strict, NAME))
    seen = found(plan, policy=strict)
    assert named(seen) == {("payments/", "reviewers_reject")}
    assert seen.diff == ""
    assert "later lane" in seen.unwritten[0].why
