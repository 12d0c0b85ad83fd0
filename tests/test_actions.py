"""The action's contract: its inputs, defaults and outputs, where keys may go, and the image it is made of."""

import re

import pytest

from bot.core import lane
from bot.core.keys import Said
from bot.edge import actions
from bot.ports import Denied
from tests.workflows import INPUTS, OUTPUTS, ROOT, load


def test_the_actions_inputs_defaults_and_outputs_are_the_contract():
    action = load(ROOT / "action.yml")

    assert {name: given.get("default") for name, given in action["inputs"].items()} == INPUTS
    assert list(action["outputs"]) == OUTPUTS
    assert all(given.keys() <= {"description", "default"} for given in action["inputs"].values()), "none is required"
    assert action["runs"] == {
        "using": "docker",
        "image": "Dockerfile",
        "entrypoint": "/opt/route-agent/bin/route-agent-action",
        "post-entrypoint": "/opt/route-agent/bin/route-agent-close",
    }


def test_where_keys_may_go_is_said_in_the_environment_of_the_step():
    env = dict.fromkeys(("INPUT_GITHUB-TOKEN", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"), "x")
    env |= dict.fromkeys(("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"), "x")
    assert actions.step(env).said == ()
    assert actions.step({**env, "ROUTE_AGENT_SEND_KEY": "CORP_KEY@llm.example"}).said == (Said("CORP_KEY", "", "llm.example"),)
    with pytest.raises(Denied, match="write NAME@HOST"):
        actions.step({**env, "ROUTE_AGENT_SEND_KEY": "CORP_KEY"})


def test_a_key_that_was_stored_with_a_line_s_end_is_known_without_it():
    env = dict.fromkeys(("INPUT_GITHUB-TOKEN", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"), "x")
    env |= dict.fromkeys(("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"), "x")
    step = actions.step(
        {**env, "INPUT_LITELLM-API-KEY": "first-16-of-it\n", "INPUT_API-KEY-ENV": "MINE", "MINE": " other-16-of-it\r\n"}
    )
    assert actions.harmless("first-16-of-it, other-16-of-it", step.secrets) == "[redacted], [redacted]"


def test_every_provider_that_has_a_usual_key_has_an_input_for_it_which_the_program_reads():
    wanted = {f"{name}-api-key" for name in lane.KEYS}
    listed = {name for name in INPUTS if name.endswith("-api-key")}
    assert wanted == listed, "INPUTS of tests/workflows.py and both action.yml name every provider of KEYS"
    given = {f"INPUT_{name.upper()}": f"k-{name}" for name in wanted}
    set_by_the_runner = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE", "GITHUB_SERVER_URL")
    runner = dict.fromkeys(
        (*set_by_the_runner, "GITHUB_REPOSITORY", "GITHUB_API_URL", "GITHUB_RUN_ATTEMPT", "INPUT_GITHUB-TOKEN"), "1"
    )
    assert set(actions.step({**runner, **given}).keys) == set(lane.KEYS.values())


def test_the_image_is_made_from_listed_files_alone_and_by_hash():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    text = (ROOT / "Dockerfile").read_text()
    lines = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert not {"USER", "WORKDIR", "ADD"} & set(lines)
    # What pip installs is listed with hashes, or a wheel made in the build itself.
    installs = re.findall(r" install (\S+)", text.replace("apt-get install", ""))
    assert installs == ["--require-hashes", "--require-hashes", "--no-deps"]
