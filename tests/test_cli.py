"""The command as people type it, in a process of its own."""

import json
import os
import shutil
from argparse import Namespace
from pathlib import Path

import jsonschema
import pytest

from bot.demo import play
from bot.edge.terminal import Progress
from bot.shop import Outside, Wall
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.typed import ROOT, typed


def test_the_demo_prints_the_seven_lines_once_and_the_comment():
    done = typed("demo")
    lines = done.stdout.splitlines()
    keys = [
        "classifier",
        "risk_score",
        "selected_lane",
        "verification",
        "result",
        "cost_usd_estimate",
        "latency_seconds",
        "escalated_to",
    ]
    first = next(n for n, line in enumerate(lines) if line.startswith("classifier:"))
    assert done.returncode == 0
    assert [line.partition(":")[0] for line in lines[first : first + 8]] == keys
    assert lines[first + 8] == ""
    assert lines[first] == "classifier: files=1 schema_change=false auth_code=false test_failures=1 new_code=false"
    assert lines[first + 4] == "result: pass"
    assert "The two models are scripted." in done.stdout
    assert "### route-agent: accepted" in done.stdout


def test_the_demo_runs_without_walls_and_says_so():
    done = typed("demo", "--no-sandbox")
    assert "There are no walls around the checks here" in done.stdout
    assert "result: pass" in done.stdout


def played(material: Path) -> str:
    shown: list[str] = []
    words = Namespace(model_url=None, fast=None, strong=None, keep=None, no_sandbox=False, json=False)
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    with Path(os.devnull).open("w") as quiet:
        outside = Outside(env, templates(), Progress(quiet, Wall().seconds))
        play.play(words, outside, shown.append, material)
    return "".join(shown)


@pytest.mark.parametrize(
    ("file", "old", "new", "result"),
    [
        ("lanes.yml", "shares[0] += total % people", "shares = [n + (i < total % people) for i, n in enumerate(shares)]", "fast"),
        ("policy.yml", "    - {name: tests, run: python3 -m unittest discover -v -t . -s tests, kind: tests}\n", "", "refused"),
    ],
)
def test_what_the_demo_prints_follows_from_what_really_happens(tmp_path, file, old, new, result):
    material = tmp_path / "demo"
    shutil.copytree(play.HERE, material)
    text = (material / file).read_text()
    assert text.count(old) == 1
    (material / file).write_text(text.replace(old, new))

    out = played(material)

    if result == "refused":
        assert "result: refused" in out
        assert "no check of kind `tests`" in out
    else:
        assert "result: pass" in out
        assert "escalated_to" not in out


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", repos.SHOP)
    (tmp_path / "policy.yml").write_text(repos.POLICY)
    return tmp_path / "shop"


def test_explain_shows_signals_score_lane_and_checks_and_spends_nothing(shop):
    done = typed("explain", "--task", "add(2, 2) in shop/add.py gives 5", "--policy", str(shop.parent / "policy.yml"), cwd=shop)
    assert done.returncode == 0, done.stderr
    for part in (
        "files_touched        1",
        "shop/add.py (named in the text)",
        "Score: 1 (1 file) = 1",
        "1 to 7:",
        "Lane:  fast (strong at",
        "Nothing was spent.",
    ):
        assert part in done.stdout
    assert not (shop / ".git" / "route-agent").exists()


def test_explain_prints_found_checks_as_policy_lines(shop):
    text = repos.POLICY.split("verification:")[0]
    (shop.parent / "policy.yml").write_text(text)
    done = typed("explain", "--task", "x", "--policy", str(shop.parent / "policy.yml"), cwd=shop)
    assert "tests (tests): python -m unittest discover -v -s tests -t .    from tests/test_add.py" in done.stdout
    assert "  - name: tests" in done.stdout


def test_json_is_one_document_of_the_published_schema():
    done = typed("demo", "--json")
    record = json.loads(done.stdout)
    jsonschema.validate(record, json.loads((ROOT / "docs" / "ledger.schema.json").read_text()))
    assert record["result"] == "pass"


def test_a_policy_that_is_committed_as_a_link_is_said_to_be_one(shop):
    repos.make(shop, {"policy.yml": "x", ".github/route-agent.yml": "->../policy.yml"}, "a link")
    done = typed("explain", "--task", "x", cwd=shop)
    assert done.returncode == 1
    assert (
        "what lies there is a link, which is not followed: commit a file, or pass --policy .github/route-agent.yml" in done.stderr
    )


def test_what_explain_prints_as_json_fits_the_published_schema(shop):
    done = typed("explain", "--json", "--task", "x", "--policy", str(shop.parent / "policy.yml"), cwd=shop)
    opened = json.loads(done.stdout)
    jsonschema.validate(opened, json.loads((ROOT / "docs" / "explain.schema.json").read_text()))
    assert opened["policy"]["budget"]["per_run_usd"] == "1.00"


def test_a_terminal_that_has_not_all_letters_gets_those_that_it_has(shop):
    """What was asked is done by then, and may have cost money."""
    repos.make(shop, {"näher.py": "x = 1\n"}, "one more")
    given = ("--task", "näher.py is wrong", "--policy", str(shop.parent / "policy.yml"))
    done = typed("explain", *given, cwd=shop, more={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"})
    assert done.returncode == 0, done.stderr
    assert "n?her.py" in done.stdout


def test_a_dead_address_is_one_line_that_says_what_to_do(shop):
    done = typed("--task", "add(2, 2) is wrong", "--policy", str(shop.parent / "policy.yml"), cwd=shop)
    assert done.returncode == 75
    assert "is the server running, the address right, and the way there open?; try again later" in done.stderr.splitlines()[-1]
    assert "result: unavailable" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "x", "--repo", "/nonexistent"), "is no folder; give one with --repo"),
        (("--task", "x"), "there is no .github/route-agent.yml in HEAD"),
        (("--task", "x", "--policy", "none.yml"), "--policy none.yml cannot be read"),
        (("--task", " ", "--policy", "../policy.yml"), "the task is empty"),
        (("--task", "x", "--policy", "../policy.yml", "--base", "nope"), "there is no commit `nope` here"),
        (("--task", "x", "--policy", "../bad.yml"), "../bad.yml:2: routin: unknown key; did you mean `routing`?"),
        (("--taks", "x"), "`--taks` is not known here; did you mean --task?; `route-agent fix --help` shows what can be typed"),
        (("fix", "x"), "`x` is not known here; `route-agent fix --help`"),
        (("explain", "foo"), "`foo` is not known here; `route-agent explain --help`"),
        (("doctor", "--ofline"), "did you mean --offline?; `route-agent doctor --help`"),
        (("policy", "check", "--x"), "`--x` is not known here; `route-agent policy check --help`"),
        (("explian",), "`explian` is no command; did you mean `explain`?"),
        (("mend",), "`mend` is no command; the commands are fix, explain, demo,"),
        (("explain",), "one of --task and --issue-file is required; add --task"),
        (("policy", "check", "none.yml"), "none.yml cannot be read"),
        (("demo", "--keep", "../bad.yml"), "bad.yml is a file; give --keep a folder"),
        (("demo", "--keep", "../bad.yml/x"), "bad.yml/x cannot be made or read: Not a directory; give --keep another folder"),
        (("demo", "--keep", "shop"), "shop is not empty; give --keep another folder"),
        (("demo", "--keep", "x" * 300), "cannot be made or read: File name too long; give --keep another folder"),
        (("--task", "x", "--policy", "../keyless.yml"), "the key of lane `fast` is missing: set OPENROUTER_API_KEY"),
    ],
)
def test_a_mistake_is_one_line_with_the_remedy_and_exit_code_1(shop, words, said):
    (shop.parent / "bad.yml").write_text("models: {}\nroutin: {}\n")
    (shop.parent / "keyless.yml").write_bytes((ROOT / "tests" / "data" / "policy-minimal.yml").read_bytes())
    done = typed(*words, cwd=shop)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_the_version_is_said_and_nothing_else():
    done = typed("--version")
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "route-agent", "")
    assert len(done.stdout.splitlines()) == 1


def test_a_set_up_that_fails_says_what_to_mend(shop):
    text = (shop.parent / "policy.yml").read_text()
    (shop.parent / "policy.yml").write_text(text.replace("verification:", "verification:\n  setup: ['echo no such thing; exit 4']"))
    done = typed("--task", "add(2, 2) is wrong", "--policy", "../policy.yml", cwd=shop)
    said = "`echo no such thing; exit 4` ended with exit code 4 on the base: no such thing; mend that command in the policy"
    assert f"verification.setup: {said}" in done.stdout


def test_policy_show_and_schema_and_check(tmp_path):
    minimal = str(ROOT / "tests" / "data" / "policy-minimal.yml")
    assert "per_day_usd: 10.00" in typed("policy", "show", "--effective", minimal).stdout
    assert json.loads(typed("policy", "schema").stdout)["title"] == "route-agent policy"
    assert "complete and well-formed" in typed("policy", "check", minimal).stdout
    deep = tmp_path / "policy.yml"
    deep.write_text((ROOT / "tests" / "data" / "policy-minimal.yml").read_text() + "  audit_share: 0.1\n")
    said = typed("policy", "check", str(deep)).stdout
    assert "not obeyed in the split workflow: routing.audit_share: no job of it can both ask a model and publish" in said
    assert "not obeyed yet" not in said


def test_policy_check_says_where_a_key_would_go_unencrypted(tmp_path):
    lane = "{{provider: openrouter, base_url: '{}', model: m}}".format
    policy = tmp_path / "policy.yml"
    routing = "routing: {fast_max_score: 6, strong_min_score: 7}\n"
    policy.write_text(f"models:\n  fast: {lane('http://llm.example/v1')}\n  strong: {lane('http://127.0.0.1:1/v1')}\n{routing}")
    said = typed("policy", "check", str(policy)).stdout
    assert "models.fast is asked over plain http:// at http://llm.example/v1, and no key is sent there; write https://" in said
    assert "models.strong is asked over" not in said


def test_policy_check_says_what_is_asked_of_a_verifier_and_cannot_be_had(tmp_path):
    lane = "{{provider: openai_compatible, base_url: 'http://127.0.0.1:1', model: {}, price: {{input: 1, output: 1}}}}".format
    policy = tmp_path / "policy.yml"
    head, deep = f"models:\n  fast: {lane('m')}\n  strong: {lane('n')}\n", "verification: {deep: {independent_test: true}}\n"
    policy.write_text(f"{head}routing: {{fast_max_score: 6, strong_min_score: 7}}\n{deep}")
    assert "there is no models.verifier to write the test" in typed("policy", "check", str(policy)).stdout
    policy.write_text(f"{head}  verifier: {lane('n')}\nrouting: {{fast_max_score: 6, strong_min_score: 7}}\n{deep}")
    assert "n is also the model of lane strong" in typed("policy", "check", str(policy)).stdout
    policy.write_text(f"{head}  verifier: {lane('o')}\nrouting: {{fast_max_score: 6, strong_min_score: 7}}\n{deep}")
    assert "not had as it is" not in typed("policy", "check", str(policy)).stdout
