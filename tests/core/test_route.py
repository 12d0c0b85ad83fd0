"""From facts to signals, score, class and route."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import locate
from bot.core.diff import Diff, FileDiff
from bot.core.facts import Facts, Failing, Located, NotApplicable, NotRun, Place, Unreadable
from bot.core.policy import Policy, Signals
from bot.core.policyfile import read
from bot.core.route import Refusal, Route, asked_for, choose, ineligible
from bot.core.score import WEIGHTS, Part, Score, in_words, weigh
from bot.core.signals import COUNTED, RULES, Number, Signal, observe
from bot.core.taskclass import classify
from bot.core.words import SignalName

NOTHING = NotApplicable("none")
PLAIN = (Path(__file__).parent.parent / "data" / "policy-minimal.yml").read_text()


def with_rules(more: str, text: str = PLAIN) -> Policy:
    """The policy with more under `routing`, which is its last part."""
    return read((text + more).encode(), "p.yml")


POLICY = with_rules("")


def facts(*files: FileDiff, text: str = "", labels: tuple[str, ...] = (), failing: int = 0) -> Facts:
    return Facts(Diff(files), NOTHING, Failing(tuple(f"t{n}" for n in range(failing))), labels, text)


def changed(path: str, added: str = "x\n", **more: object) -> FileDiff:
    return replace(FileDiff(path, "modified", None, 1, 0, added), **more)  # type: ignore[arg-type]  # fields by name


def values(given: Facts, added: Signals | None = None) -> dict[SignalName, int]:
    return {s.name: s.reading.value for s in observe(given, added or Signals()) if isinstance(s.reading, Number)}


def routed(given: Facts, policy: Policy = POLICY, asked: str | None = None) -> Route | Refusal:
    signals = observe(given, policy.signals)
    return choose(signals, weigh(signals, policy.routing).total, classify(given, signals), policy, asked)


def test_the_rule_list_has_every_signal_in_order():
    assert tuple(name for name, _, _ in RULES) == SignalName.__args__  # type: ignore[attr-defined]  # a Literal's values


def test_the_numbers_of_the_contract_make_score_11_and_the_strong_lane():
    given = facts(*(changed(f"src/{n}.py") for n in range(3)), changed("src/new.py", kind="added"), failing=2)
    signals = observe(given, Signals())
    score = weigh(signals, POLICY.routing)
    assert score.total == 11
    assert in_words(score) == "4 (4 files) + 4 (2 test failures) + 3 (new code) = 11"
    assert routed(given) == Route("strong", ("score 11 is at least strong_min_score 7",))


@pytest.mark.parametrize(
    ("name", "path", "added"),
    [
        ("schema_change", "app/migrations/0002_x.py", ""),
        ("schema_change", "db/init.sql", ""),
        ("schema_change", "server/db/migrate/2_x.rb", ""),
        ("schema_change", "app/tables.py", "ALTER TABLE users\n"),
        ("schema_change", "app/models.py", "    name = models.CharField(max_length=3)\n"),
        ("auth_code", "src/login/token.py", ""),
        ("auth_code", "src/LoginForm.tsx", ""),
        ("ci_config", ".github/workflows/ci.yml", ""),
        ("secrets_handling", "deploy/vault_client.py", ""),
        ("secrets_handling", "app/settings.py", 'KEY = os.environ["STRIPE_API_KEY"]\n'),
        ("deploy_config", "Dockerfile", ""),
        ("deploy_config", "web/dockerfile.prod", ""),
        ("deploy_config", "infra/main.tf", ""),
        ("dependency_change", "pyproject.toml", ""),
        ("dependency_change", "web/package-lock.json", ""),
        ("needs_new_code", "src/a.py", "def fresh():\n"),
    ],
)
def test_a_rule_finds_what_it_is_for(name, path, added):
    assert values(facts(changed(path, added)))[name] == 1


@pytest.mark.parametrize(
    ("name", "path", "added"),
    [
        ("auth_code", "docs/author.py", ""),
        ("auth_code", "src/tokenizer.py", ""),
        ("auth_code", "docs/session_notes.md", ""),
        ("schema_change", "docs/guide.md", "ALTER TABLE users\n"),
        ("schema_change", "tests/test_db.py", "CREATE TABLE t\n"),
        ("needs_new_code", "tests/test_a.py", "def test_b():\n"),
        ("ci_config", "src/github.py", ""),
        ("deploy_config", "src/docker_names.py", ""),
        ("deploy_config", "src/dockerfile_parser.go", ""),
        ("deploy_config", "src/dockerfile.py", ""),
    ],
)
def test_a_rule_leaves_alone_what_only_looks_like_it(name, path, added):
    assert values(facts(changed(path, added)))[name] == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Add a login page with password reset", "auth_code"),
        ("Add a new column to the users table", "schema_change"),
        ("the CI workflow fails on ubuntu", "ci_config"),
        ("bump requests to 3.0 in requirements", "dependency_change"),
    ],
)
@pytest.mark.parametrize("located", [NOTHING, Located((Place("a.py", "named"),))])
def test_a_text_that_says_what_is_at_stake_is_heard(text, name, located):
    assert values(Facts(NOTHING, located, NOTHING, (), text))[name] == 1
    assert not values(Facts(NOTHING, located, NOTHING, (), "the sum is wrong")).get(name)


@pytest.mark.parametrize("given", [facts(labels=("Sev1",)), facts(text="the site is down since noon"), facts(labels=("p0",))])
def test_an_incident_starts_in_the_strong_lane(given):
    assert values(given)["production_incident"] == 1
    assert isinstance(found := routed(given), Route)
    assert found.lane == "strong"


def test_the_policy_s_own_globs_and_labels_add_findings():
    added = Signals(paths={"auth_code": ("billing/",)}, labels={"schema_change": ("db",)})
    found = values(facts(changed("billing/a.py"), labels=("DB",)), added)
    assert (found["auth_code"], found["schema_change"]) == (1, 1)


def test_what_cannot_be_read_counts_at_its_worst_and_starts_in_strong():
    given = replace(facts(), diff=Unreadable("truncated"), failing=Unreadable("no answer"))
    signals = observe(given, Signals())
    assert weigh(signals, POLICY.routing).total == 8 + 5 + 5 + 6 + 3 + 2
    assert isinstance(found := routed(given), Route)
    assert found.lane == "strong"


def test_a_rule_that_cannot_be_read_fires_whatever_the_score():
    unread = (Signal("auth_code", Unreadable("truncated"), ()),)
    assert isinstance(found := choose(unread, 0, "docs", POLICY), Route)
    assert found.lane == "strong"
    assert found.because[0].startswith("always_strong_if: auth_code")


def test_the_lane_that_a_person_asked_for_is_read_back_from_the_rules_whichever_lane_it_came_to():
    small, auth = facts(changed("a.py")), facts(changed("src/auth.py"))
    for task, asked in ((small, "strong"), (small, "fast"), (auth, "fast"), (small, None)):
        found = routed(task, asked=asked)
        assert isinstance(found, Route)
        assert asked_for(found) == asked


def test_what_was_not_run_makes_the_score_a_range():
    score = weigh(observe(replace(facts(changed("a.py")), failing=NotRun("explain")), Signals()), POLICY.routing)
    assert (score.total, score.highest) == (1, 7)


@pytest.mark.parametrize(("total", "lane"), [(0, "fast"), (6, "fast"), (7, "strong"), (40, "strong")])
def test_the_score_alone_starts_in_fast_up_to_its_limit_and_in_strong_from_there(total, lane):
    assert isinstance(found := choose((), total, "bugfix", POLICY), Route)
    assert found.lane == lane
    assert len(found.because) == 1


def test_the_rules_that_decide_are_named_before_the_score_and_the_others_not():
    policy = with_rules("  by_class: {docs: {lane: fast}}\n")
    auth = observe(facts(changed("src/auth.py")), policy.signals)
    score = "score 3 is at most fast_max_score 6"
    assert choose(auth, 3, "docs", policy) == Route("strong", ("always_strong_if: auth_code (src/auth.py)", score))


def test_a_class_of_its_own_lane_is_raised_and_lowered_to_it_and_lowered_past_no_rule():
    policy = with_rules("  by_class: {docs: {lane: fast}, bugfix: {lane: strong}, tests: {min_confidence: 0.9}}\n")
    assert choose((), 9, "docs", policy) == Route(
        "fast", ("routing.by_class.docs: fast", "score 9 is at least strong_min_score 7")
    ), "the class lowers"
    assert choose((), 1, "bugfix", policy) == Route(
        "strong", ("routing.by_class.bugfix: strong", "score 1 is at most fast_max_score 6")
    ), "the class raises"
    assert choose((), 9, "tests", policy) == choose((), 9, "tests", POLICY), "a class without a lane changes none"
    assert choose((), 9, "docs", policy, asked="strong") == Route(
        "strong", ("lane=strong asks for it", "score 9 is at least strong_min_score 7")
    )
    assert choose((), 1, "bugfix", policy, asked="fast") == Route(
        "fast", ("lane=fast lowers it", "routing.by_class.bugfix: strong", "score 1 is at most fast_max_score 6")
    )


LANES = PLAIN.replace("  strong:\n", "  top: {provider: openai, model: m, max_context_tokens: 9000}\n  strong:\n", 1)


def test_a_patch_past_the_limits_of_fast_is_for_strong_and_for_what_lies_above_it_alone():
    policy = with_rules("  order: [fast, strong, top]\n", LANES)
    plain, auth = (observe(facts(changed(path)), policy.signals) for path in ("a.py", "src/auth.py"))
    small, edge, large = (Score((Part("files_touched", n, n, ""),)) for n in (1, 6, 7))
    assert [ineligible("fast", plain, score, policy) for score in (small, edge)] == [None, None]
    assert ineligible("fast", plain, large, policy) == "has a score of 7, past fast_max_score 6"
    assert ineligible("fast", auth, small, policy) == "touches what only `strong` may: always_strong_if: auth_code (src/auth.py)"
    assert [ineligible(lane, auth, large, policy) for lane in ("strong", "top")] == [None, None]


def test_a_policy_s_weights_and_caps_take_the_place_of_the_usual_ones():
    signals = observe(facts(*(changed(f"{n}.py") for n in range(5)), failing=4), Signals())
    told = [(part.signal, part.points) for part in weigh(signals, POLICY.routing).parts if part.points]
    assert told == [("files_touched", 5), ("test_failures", 6)]
    own = with_rules("  weights: {files_touched: 2}\n  caps: {files_touched: 9, test_failures: 3}\n")
    assert [part.points for part in weigh(signals, own.routing).parts if part.points] == [9, 3]


def test_a_score_is_told_in_words_of_one_and_of_many():
    assert in_words(weigh(observe(facts(changed("a.py"), failing=1), Signals()), POLICY.routing)) == (
        "1 (1 file) + 2 (1 test failure) = 3"
    )
    assert in_words(weigh(observe(facts(), Signals()), POLICY.routing)) == "0: nothing was found"


def test_a_lane_that_is_like_none_gets_no_guess():
    assert isinstance(unknown := routed(facts(changed("a.py")), asked="zzz"), Refusal)
    assert unknown.detail == "there is no lane `zzz`; the lanes are fast, strong"


def test_a_person_may_raise_the_lane_and_lower_it_only_where_no_rule_forbids_it():
    small, auth = facts(changed("a.py")), facts(changed("src/auth.py"))
    assert isinstance(raised := routed(small, asked="strong"), Route)
    assert raised.lane == "strong"
    assert isinstance(kept := routed(auth, asked="fast"), Route)
    assert kept.lane == "strong"
    assert "may not lower" in kept.because[-1]
    assert isinstance(lowered := routed(facts(*(changed(f"{n}.py") for n in range(9))), asked="fast"), Route)
    assert lowered.lane == "fast"
    assert isinstance(unknown := routed(small, asked="stong"), Refusal)
    assert "did you mean `strong`?" in unknown.detail


paths = st.sampled_from(["a.py", "src/auth.py", "docs/x.md", "m/migrations/1.py", "pyproject.toml", "t/test_a.py", ".github/w.yml"])
pieces = (*"abc `_.()/\n", "outage ", "add a ", "typo ", "src/auth.py ", "flaky ")
words = st.lists(st.sampled_from(pieces), max_size=30).map("".join)


@given(st.lists(paths, max_size=9), st.integers(0, 4), words, words, st.lists(words, max_size=3))
@settings(max_examples=300, deadline=None)
def test_text_and_labels_can_only_raise_the_score_and_the_lane(files, failing, before, more, labels):
    quiet = facts(*map(changed, files), failing=failing, text=before)
    loud = replace(quiet, text=before + more, labels=tuple(labels))
    low, high = (weigh(observe(f, Signals()), POLICY.routing).total for f in (quiet, loud))
    first, second = routed(quiet), routed(loud)
    assert low <= high
    assert isinstance(first, Route)
    assert isinstance(second, Route)
    assert POLICY.lanes.index(first.lane) <= POLICY.lanes.index(second.lane)


@given(words, st.lists(words, max_size=3))
@settings(max_examples=200, deadline=None)
def test_without_a_diff_a_text_never_lowers_the_score_below_no_text(text, labels):
    places = locate.named(text, ("src/auth.py", "a.py"))
    empty = Facts(NOTHING, NOTHING, NOTHING, (), "")
    loud = Facts(NOTHING, Located(places) if places else NOTHING, NOTHING, tuple(labels), text)
    assert weigh(observe(empty, Signals()), POLICY.routing).total <= weigh(observe(loud, Signals()), POLICY.routing).total


@pytest.mark.parametrize(
    ("given", "task_class"),
    [
        (facts(changed("README.md")), "docs"),
        (facts(changed("tests/test_a.py")), "tests"),
        (facts(changed("go.sum")), "dependency"),
        (facts(changed("a.py"), text="refactor the loop"), "refactor"),
        (facts(changed("a.py"), text="crash on empty input"), "bugfix"),
        (facts(changed("a.py", "def f():\n"), text="support tabs"), "feature"),
        (facts(changed("x/migrations/1.py")), "migration"),
        (facts(changed("src/auth.py")), "auth"),
        (facts(changed(".github/workflows/a.yml")), "ci"),
        (facts(changed("Dockerfile")), "deploy"),
        (facts(changed("a.py"), labels=("incident",)), "incident"),
        (facts(changed("a.py"), text="test_x sometimes fails"), "flaky"),
    ],
)
def test_every_task_class_has_its_sign(given, task_class):
    assert classify(given, observe(given, Signals())) == task_class


def test_only_files_and_failures_are_counted():
    assert {"files_touched", "test_failures"} == COUNTED


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


def test_every_signal_has_a_weight():
    assert set(WEIGHTS) == {name for name, *_ in RULES}, "give it a weight in bot/core/score.py, 0 where it acts by rule alone"


def test_rare_words_point_at_files_and_common_ones_do_not():
    everywhere = tuple(f"f{n}.py" for n in range(9))
    assert locate.mentioning({"february": ("src/app/dates.py",), "import": everywhere}) == (
        Place("src/app/dates.py", "has the rare word february"),
    )
