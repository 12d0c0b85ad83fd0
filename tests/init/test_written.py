"""`route-agent init`: the policy and the workflows that it writes into repositories of every shape."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml

from bot.core import setup
from bot.core.cost import Price
from bot.core.words import Provider
from bot.edge.prices import Prices
from bot.ports import Denied
from tests.fakes import repos
from tests.fakes.typed import ROOT
from tests.init.shapes import AGENT, OURS, POLICY, SHAPES, SHIPPED, VERIFY, address, made, policy, steps


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("provider", get_args(Provider))
def test_the_policy_loads_for_every_provider_and_shape_and_its_checks_are_the_ones_found(tmp_path, shape, provider):
    repos.make(tmp_path / "r", SHAPES[shape])

    said = made(tmp_path / "r", "--provider", provider, *address(provider))

    found = policy(tmp_path / "r")
    assert {found.lane(name).provider for name in found.lanes} == {provider}
    for check in found.verification.checks:
        assert f"{check.kind}: {check.run} (from " in said
    assert bool(found.verification.checks) == (shape not in ("untested", "empty", "nested"))
    assert found.budget.per_run_usd == 1_000_000


@pytest.mark.parametrize("provider", setup.MODELS)
def test_the_price_table_knows_the_models_that_are_begun_with(shop, provider):
    made(shop, "--provider", provider)
    fast, strong = (Prices().price(policy(shop).lane(name)) for name in ("fast", "strong"))
    assert isinstance(fast, Price)
    assert isinstance(strong, Price)
    assert fast.output < strong.output


@pytest.mark.parametrize("provider", ["litellm", "vllm", "openai_compatible"])
def test_a_server_of_ones_own_has_a_price_to_fill_in_and_its_key_reaches_the_action(shop, provider):
    said = made(shop, "--provider", provider, *address(provider))

    key = setup.key_of(provider)
    assert "# price: {input: , output: }" in (shop / POLICY).read_text()
    assert "Write the models' names and prices" in said
    assert f"gh secret set {key}" in said
    step = yaml.safe_load((shop / AGENT).read_text())["jobs"]["work"]["steps"][0]
    if provider == "openai_compatible":
        assert policy(shop).lane("fast").api_key_env == step["with"]["api-key-env"] == key
        assert step["env"] == {key: "${{ secrets.MODEL_API_KEY }}"}
    else:
        assert step["with"][f"{provider}-api-key"] == f"${{{{ secrets.{key} }}}}"


@pytest.mark.parametrize(("words", "name"), [((), "route-agent.yml"), (("--split",), "route-agent-split.yml")])
def test_workflows_that_need_no_change_are_the_templates_byte_for_byte(shop, words, name):
    made(shop, *words)
    assert (shop / AGENT).read_bytes() == (SHIPPED / name).read_bytes()
    assert (shop / VERIFY).read_bytes() == (SHIPPED / "route-agent-verify.yml").read_bytes()


@pytest.mark.parametrize("words", [(), ("--split",)])
def test_the_commit_that_is_named_stands_in_every_workflow(shop, words):
    said = made(shop, *words, "--action-ref", "0123abc")
    text = "".join((shop / path).read_text() for path in OURS)
    assert "@v0" not in text
    assert "route-agent/route-agent@0123abc" in text
    assert "ls-remote" not in said
    made(shop, *words, "--force")
    (sed,) = (row.partition("    (")[0] for row in made(shop, *words, "--force").splitlines() if row.strip().startswith("sed "))
    subprocess.run(["sh", "-c", sed.replace("COMMIT", "0123abc")], cwd=shop, check=True)
    assert "".join((shop / path).read_text() for path in OURS) == text


@pytest.mark.parametrize("ref", ["", "-x", "a b", "a'b", "ä"])
def test_what_is_no_name_of_a_commit_is_denied_and_nothing_is_written(shop, ref):
    with pytest.raises(Denied, match="--action-ref"):
        made(shop, f"--action-ref={ref}")
    assert not (shop / POLICY).exists()


def test_a_toolchain_that_ci_sets_up_is_pointed_at_and_a_server_that_only_this_machine_reaches(tmp_path):
    ci = "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/setup-python@v6\n"
    repos.make(tmp_path / "r", {**SHAPES["pytest"], ".github/workflows/ci.yml": ci})
    said = made(tmp_path / "r", "--provider", "vllm", "--base-url", "http://127.0.0.1:8000/v1")
    assert "actions/setup-python, from ci.yml" in said
    assert "a runner of GitHub's does not reach that address" in said


@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if shape not in ("pytest", "unittest", "extras", "groups", "locked", "mixed", "monorepo")]
)
def test_in_other_languages_two_steps_of_the_verify_workflow_differ_and_nothing_else(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r")
    (job,) = yaml.safe_load((SHIPPED / "route-agent-verify.yml").read_text())["jobs"].values()
    shipped = {step["name"]: step for step in job["steps"]}
    written = steps(tmp_path / "r")
    assert list(written) == list(shipped)
    assert {name for name in shipped if written[name] != shipped[name]} == {"set up", "test"}
    for name in ("set up", "test"):
        kept = ("if", "id", "continue-on-error", "timeout-minutes")
        assert [written[name].get(key) for key in kept] == [shipped[name].get(key) for key in kept]
    before, _, after = (tmp_path / "r" / VERIFY).read_text().partition("      - name: set up\n")
    text = (SHIPPED / "route-agent-verify.yml").read_text()
    assert text.startswith(before)
    assert text.endswith(after[after.index("      # An exit code of 0") :])


@pytest.mark.parametrize("shape", SHAPES)
def test_zizmor_and_bash_have_nothing_to_say_of_what_is_written(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r", "--provider", "openai_compatible", *address("openai_compatible"), "--split")
    zizmor = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona=pedantic", "--format=plain"]
    words = [*zizmor, f"--config={ROOT / '.github' / 'zizmor.yml'}", str(tmp_path / "r" / AGENT), str(tmp_path / "r" / VERIFY)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    for name in ("set up", "test"):
        subprocess.run(["bash", "-n"], input=steps(tmp_path / "r")[name]["run"], text=True, check=True)
