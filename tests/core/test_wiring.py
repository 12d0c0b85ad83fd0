"""What a repository's own files say of the half that runs on GitHub."""

from pathlib import Path

import pytest

from bot.core.rights import Workflow
from bot.core.wiring import wiring

TEMPLATES = Path(__file__).parents[2] / "templates" / "workflows"
SHIPPED = (TEMPLATES / "route-agent-verify.yml").read_text()
AGENT = "jobs:\n  a:\n    steps:\n      - uses: route-agent/route-agent@v0\n"
CI = "on: {push: , workflow_dispatch: }\n"


def said(wanted: tuple[str, ...] = (), **files: str) -> list[tuple[str, str]]:
    found = tuple(
        Workflow(f".github/workflows/{name.replace('_', '-')}.yml", active=True, text=text) for name, text in files.items()
    )
    return [(item.state, item.found) for item in wiring(found, wanted, SHIPPED)]


def test_who_uses_the_command_line_alone_needs_no_workflow():
    assert said(ci=CI) == [
        ("ok", "none in HEAD calls route-agent, and the command line needs none; `route-agent init` writes them")
    ]


@pytest.mark.parametrize(
    "call",
    [
        "route-agent/route-agent@v0",
        "octo/route-agent@0123abc",
        "acme/automation/.github/workflows/route-agent.yml@main",
        "octo/x/.github/workflows/route-agent-split.yml@v1",
    ],
)
def test_a_caller_without_the_workflow_that_proves_is_a_problem(call):
    found = said(x=f"    - uses: {call}\n")
    assert found[0] == ("ok", "x.yml in HEAD calls route-agent")
    assert found[1] == ("problem", ".github/workflows/route-agent-verify.yml is not in HEAD, so nothing proves a patch")


def test_the_host_action_needs_no_workflow_that_proves():
    assert said(x="      uses: route-agent/route-agent/host@v0\n") == [("ok", "x.yml in HEAD calls route-agent")]


@pytest.mark.parametrize(
    ("called", "states"), [("route-agent/route-agent@v0", ["ok", "problem"]), ("route-agent/route-agent/host@v0", ["ok"])]
)
def test_who_calls_a_workflow_of_the_same_repository_calls_us_as_that_does(called, states):
    caller = "on: schedule\njobs:\n  fix:\n    uses: ./.github/workflows/route-agent.yml\n"
    found = said((), nightly=caller, route_agent=f"    - uses: {called}\n")
    assert found[0] == ("ok", "nightly.yml, route-agent.yml in HEAD call route-agent")
    assert [state for state, _ in found] == states


BESIDE = ("route-agent-outcome", "route-agent-replay", "route-agent-report")


@pytest.mark.parametrize("host", ["route-agent/route-agent/host@v0", "acme/automation/.github/workflows/route-agent-host.yml@main"])
def test_beside_the_host_action_what_only_looks_back_needs_no_workflow_that_proves_either(host):
    beside = {name.replace("-", "_"): (TEMPLATES / f"{name}.yml").read_text() for name in BESIDE}
    named = ", ".join(f"{name}.yml" for name in BESIDE)
    assert said((), route_agent=f"on: issue_comment\njobs: {{a: {{\nuses: {host}\n}}}}\n", **beside) == [
        ("ok", f"route-agent.yml, {named} in HEAD call route-agent")
    ]


@pytest.mark.parametrize("name", ["route-agent", "route-agent-app", "route-agent-selftest", "route-agent-split"])
def test_what_hears_a_command_and_what_tries_one_out_need_the_workflow_that_proves(name):
    found = said(x=(TEMPLATES / f"{name}.yml").read_text())
    assert [state for state, _ in found] == ["ok", "problem"]


@pytest.mark.parametrize("on", ["on: issue_comment", "on: [issues]", "on: {pull_request: {types: [labeled]}}", "on: {a"])
def test_a_report_in_a_workflow_that_hears_commands_as_well_excuses_nothing(on):
    assert said(x=f"{on}\n{AGENT}        with:\n          phase: report\n")[1][0] == "problem"


def test_the_shipped_workflow_may_have_other_steps_pins_limits_and_additions():
    before, _, rest = SHIPPED.partition("      - name: set up\n")
    own = rest.replace("pip install", "pip install --pre").replace("timeout-minutes: 20", "timeout-minutes: 5")
    before = before.replace("timeout-minutes: 30", "timeout-minutes: 9")
    text = f"{before}      - uses: actions/setup-python@v6\n\n      - name: set up\n{own}"
    (_, found) = said(route_agent=AGENT, route_agent_verify=text)
    assert found[0] == "ok"
    assert "the shipped one but for what is yours to change" in found[1]


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ("contents: read", "contents: write", "contents: read"),
        ("persist-credentials: false", "", "persist-credentials: false"),
        ("          - tree: base\n            commit: ${{ inputs.base }}\n", "", "- tree: base"),
        ("if not ran:", "if False:", "if not ran:"),
        ("      - name: set up", "      - name: install", "# An exit"),
    ],
)
def test_a_verify_workflow_that_is_not_the_shipped_one_proves_nobody_knows_what(old, new, gone):
    assert old in SHIPPED
    (_, (state, found)) = said(route_agent=AGENT, route_agent_verify=SHIPPED.replace(old, new))
    assert state == "unknown"
    assert "differs from the shipped one outside of its steps `set up` and `test`" in found
    assert gone in found or gone.startswith("#")


def test_steps_that_are_still_to_be_written_are_a_problem():
    text = SHIPPED.replace('python3 -m venv "$RUNNER_TEMP/env"', "# WRITE HERE what installs")
    assert said(route_agent=AGENT, route_agent_verify=text)[1][0] == "problem"


def test_workflows_of_ones_own_prove_no_bugfix_without_the_shipped_one_beside_them():
    files = {"route_agent": AGENT, "route_agent_verify": SHIPPED, "ci": CI}
    found = said(("ci.yml",), **files)
    assert [state for state, _ in found] == ["ok", "ok", "problem"]
    assert "names no route-agent-verify.yml" in found[2][1]
    assert [state for state, _ in said(("ci.yml", "route-agent-verify.yml"), **files)] == ["ok", "ok", "ok"]
    assert [state for state, _ in said(("none.yml", "route-agent-verify.yml"), **files)] == ["ok", "problem", "ok"]
