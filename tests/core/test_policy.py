"""The policy file: the contract's own YAML loads as it stands; everything else that is wrong is said at once."""

import json
import time
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.effective import effective
from bot.core.guarded import PROTECTED
from bot.core.policyfile import PolicyError, read, unheeded
from bot.core.policyschema import schema
from bot.core.score import WEIGHTS

MINIMAL = (Path(__file__).parent.parent / "data" / "policy-minimal.yml").read_bytes()
EXAMPLE = Path(__file__).parent.parent.parent / "templates" / "policy.example.yml"
VERBATIM = b"""models:
  fast:
    provider: openrouter
    model: anthropic/claude-3.5-haiku
    max_context_tokens: 32000
  strong:
    provider: openrouter
    model: anthropic/claude-3.7-sonnet
    max_context_tokens: 120000
  verifier:
    provider: openai
    model: gpt-4.1-mini
routing:
  fast_max_score: 6
  strong_min_score: 7
  always_strong_if: [schema_change, auth_code, production_incident]
  escalate_on: [failed_tests, patch_rejected, low_confidence_summary]
"""


def problems(data: bytes | str) -> list[str]:
    with pytest.raises(PolicyError) as error:
        read(data if isinstance(data, bytes) else data.encode(), "p.yml")
    return str(error.value).splitlines()


def changed(old: str, new: str) -> str:
    text = MINIMAL.decode()
    assert text.count(old) == 1
    return text.replace(old, new)


def test_the_policy_this_project_started_from_loads_verbatim():
    assert MINIMAL == VERBATIM
    policy = read(MINIMAL, "p.yml")
    assert (policy.lanes, policy.lane("strong").max_context_tokens) == (("fast", "strong"), 120_000)
    assert policy.budget.per_run_usd == 1_000_000
    assert unheeded(policy, "sandbox") == ()


def test_what_is_effective_loads_again_as_the_same_policy():
    policy = read(MINIMAL, "p.yml")
    shown = effective(policy)
    again = read(shown.encode(), "e.yml")
    assert yaml.safe_load(effective(again)) == yaml.safe_load(shown), "it says all there is to say"
    assert again.routing.weights == WEIGHTS
    assert again.lanes == policy.lanes
    assert again.models["fast"].api_key_env == "OPENROUTER_API_KEY"
    assert set(PROTECTED) <= set(again.protect.paths)
    assert type(policy).model_validate_json(policy.model_dump_json(by_alias=True)) == policy


def test_all_problems_are_listed_at_once_with_line_key_and_remedy():
    text = changed("fast_max_score: 6", "fast_max_scor: 6").replace("schema_change", "schema_chang").replace("32000", "lots")
    assert problems(text) == [
        "p.yml:5: models.fast.max_context_tokens: lots is not a whole number; write digits, without quotes",
        "p.yml:13: routing.fast_max_score: is missing; add `fast_max_score:`",
        "p.yml:14: routing.fast_max_scor: unknown key; did you mean `fast_max_score`?",
        "p.yml:16: routing.always_strong_if[0]: unknown signal `schema_chang`; did you mean `schema_change`?",
    ]


@pytest.mark.parametrize(
    ("strong", "wrong"), [("9", "scores 7 to 8 belong to no lane"), ("5", "scores 5 to 6 belong to two lanes")]
)
def test_a_gap_or_an_overlap_of_the_thresholds_is_named_with_both_mends(strong, wrong):
    (line,) = problems(changed("strong_min_score: 7", f"strong_min_score: {strong}"))
    assert line == f"p.yml:15: routing.strong_min_score: {wrong}; set strong_min_score to 7, or fast_max_score to {int(strong) - 1}"


@pytest.mark.parametrize("amount", ["ten", '"1.00"', "true", "-1", ".inf", ".nan", "1e400", "", "null", "[]"])
def test_a_limit_that_cannot_be_read_is_never_no_limit(amount):
    found = problems(MINIMAL.decode() + f"budget:\n  per_run_usd: {amount}\n")
    assert any(line.startswith("p.yml:19: budget.per_run_usd: ") for line in found)


def test_money_never_passes_through_binary_fractions():
    policy = read(MINIMAL + b"budget: {per_run_usd: 0.1, per_day_usd: 1.000001}\n", "p.yml")
    assert (policy.budget.per_run_usd, policy.budget.per_day_usd) == (100_000, 1_000_001)


def test_no_and_on_in_a_list_of_labels_are_words():
    assert read(MINIMAL + b"triggers: {labels: [no, on, y]}\n", "p.yml").triggers.labels == ("no", "on", "y")
    (line,) = problems(MINIMAL + b"triggers: {labels: [12]}\n")
    assert line.endswith("12 is not a text; put it in quotes, if a text is what you mean")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (MINIMAL + b"routing: {}\n", "routing: stands here a second time; the first is in line 13; keep one of them"),
        (b"a: &x [1]\nb: *x\n", "the anchor &x is not allowed"),
        (b"\n".join([b"a: &a [x]"] + [b"%c: &%c [*%c, *%c]" % (98 + i, 98 + i, 97 + i, 97 + i) for i in range(20)]), "not allowed"),
        (b"x" * 10_000_000, "a policy has at most 262144"),
        ("models: {}".encode("utf-16"), "UTF-16"),
        (b"models: \xe9\n", "p.yml:1: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"models:\n\tfast: 1\n", "a tab stands where YAML wants spaces"),
        (b"[" * 200_000, "nesting depth"),  # libyaml's own limit
        (b"a: " + b"[" * 100 + b"]" * 100, "nested too deeply"),
        (b"models: {}\n---\nrouting: {}\n", "a second document begins here"),
        (b"a: !!python/object:os.system x\n", "the tag tag:yaml.org,2002:python/object:os.system is not allowed"),
        (b"", "the file is empty"),
        (b"- a\n", "no mapping"),
        (b"models: \0\n", "NUL"),
        (b"<<: {}\n", "merge keys are not allowed"),
    ],
)
def test_hazards_of_yaml_end_in_a_problem_and_soon(data, said):
    start = time.monotonic()
    assert any(said in line for line in problems(data))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("routing:\n  order: [strong, fast]", "has `strong` before `fast`"),
        ("routing:\n  order: [fast]", "does not name every lane once"),
        ("routing:\n  by_class: {docs: {lane: fst}}", "there is no lane `fst`"),
        ("routing:\n  min_confidence: 0.96", "0.96 can never be reached"),
        ("verification: {checks: [{name: a, run: x}, {name: a, run: y}]}", "a second check is called `a`"),
        ("verification: {checks: [{name: a, run: x}], by_lane: {fast: [b]}}", "there is no check `b`"),
        ("budget: {per_run_usd: 2, per_day_usd: 1}", "is below per_run_usd 2"),
        ("protect: {paths: ['/*a*a*a*a*b']}", "`/*a*a*a*a*b` takes too long to look for"),
        ("protect: {paths: ['{src,lib}/**']}", "protect.paths[0]: `{src,lib}/**` has braces, which .gitignore takes for letters"),
        (r"protect: {paths: ['src\cents']}", "has a `\\`, which parts no folders; write `/` between folders"),
        ("protect: {paths: ['!src/[abc']}", "has a `[` that nothing closes"),
        ("protect: {paths: ['a', '/']}", "protect.paths[1]: `/` names no file"),
        ("signals: {paths: {auth_code: ['./src/']}}", "holds `.` or `..`, so it matches nothing"),
        ("protect: {paths: ['#a']}", "is a comment to .gitignore"),
        ("protect: {paths: ['']}", "protect.paths[0]: is empty; write something, or leave it out"),
        ("signals: {paths: {auth_code: ['*a*a*/*a*a*/b']}}", "takes too long to look for"),
        ("models:\n  cheap: {provider: vllm, model: x}", "provider `vllm` needs an address"),
        ("models:\n  cheap: {provider: vllm, model: x, base_url: 'http://u:p@h/v1'}", "holds credentials"),
    ],
)
def test_what_must_hold_between_keys_is_checked(more, said):
    head, _, rest = more.partition("\n")
    text = changed(f"{head}\n", f"{more}\n") if rest else f"{MINIMAL.decode()}{more}\n"
    assert any(said in line for line in problems(text))


def test_a_glob_that_people_write_is_none_that_takes_too_long_or_cannot_match():
    globs = ["{{cookiecutter.slug}}/", "[]a]x", "/[!a-c]*", "*", "/**", ".env", "..x/"]
    globs += ["**/*.test.*.js", "packages/*/src/**/*_*_test.py", "a/**/b/**/*.sql", "20*-*-*_*.md", "[***]/x******", "!**/x/**"]
    found = read(f"{MINIMAL.decode()}protect: {{paths: {globs}}}\n".encode(), "p.yml")
    assert found.protect.paths == tuple(globs)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode(errors="replace"))))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_are_the_only_failure_is_a_policy_error(data):
    with pytest.raises(PolicyError):
        read(data, "p.yml")


@given(st.integers(0, len(VERBATIM) - 1), st.binary(max_size=3))
@settings(max_examples=300, deadline=None)
def test_a_damaged_policy_loads_or_is_a_policy_error(at, junk):
    damaged = VERBATIM[:at] + junk + VERBATIM[at + 1 :]
    try:
        policy = read(damaged, "p.yml")
    except PolicyError:
        return
    assert policy.lanes[-1] == "strong"


def test_the_schema_takes_the_minimal_policy_and_no_unknown_key():
    made = json.loads(schema())
    plain = yaml.safe_load(MINIMAL)
    jsonschema.validate(plain, made)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain | {"budgets": {}}, made)


def test_a_default_of_the_schema_is_what_stands_in_a_file():
    given = {name: part["default"] for name, part in json.loads(schema())["$defs"]["Budget"]["properties"].items()}
    assert given == {"per_run_usd": 1.0, "per_day_usd": 10.0, "per_month_usd": None, "per_actor_day_usd": None}
    written = yaml.safe_dump({"budget": {name: value for name, value in given.items() if value is not None}})
    assert read(MINIMAL + written.encode(), "p.yml").budget == read(MINIMAL, "p.yml").budget


def test_the_example_to_start_from_says_nothing_that_is_not_so():
    example = read(EXAMPLE.read_bytes(), EXAMPLE.name)
    assert unheeded(example, "sandbox") == ()
    assert (example.routing.max_attempts, example.budget.per_run_usd, example.protect.max_files) == (2, 1_000_000, 20)
