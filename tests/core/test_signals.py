"""From facts to signals and the class of a task: what each rule finds, and what it leaves alone."""

import pytest

from bot.core.facts import Facts, Located, Place
from bot.core.policy import Signals
from bot.core.signals import COUNTED, RULES, observe
from bot.core.taskclass import classify
from bot.core.words import SignalName
from tests.core.routing import NOTHING, changed, facts, values


def test_the_rule_list_has_every_signal_in_order():
    assert tuple(name for name, _, _ in RULES) == SignalName.__args__  # type: ignore[attr-defined]  # a Literal's values


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


def test_the_policy_s_own_globs_and_labels_add_findings():
    added = Signals(paths={"auth_code": ("billing/",)}, labels={"schema_change": ("db",)})
    found = values(facts(changed("billing/a.py"), labels=("DB",)), added)
    assert (found["auth_code"], found["schema_change"]) == (1, 1)


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
