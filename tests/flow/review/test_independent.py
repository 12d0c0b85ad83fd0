"""The verifier's own test, from the task alone: what it shows, and which counts for nothing."""

from typing import Any

import pytest

from bot.core.words import INDEPENDENT
from bot.demo.scripted import Scripted
from tests.fakes import repos
from tests.fakes.repos import DONE, GOOD
from tests.flow.review.verdicts import DEEP, FINE, HALF, WRITTEN, reason, state


def test_a_test_from_the_task_alone_passes_on_a_right_patch_and_not_on_a_half_one(job):
    model = Scripted({"fast": [HALF, DONE], "strong": [GOOD, DONE], "verifier": [FINE, WRITTEN, FINE]})
    job.policy = DEEP.replace("verification:", "  min_confidence: 0.93\nverification:", 1)
    record, trail = job.run(model)
    assert (state(record, INDEPENDENT, 0), state(record, INDEPENDENT, 1)) == ("failed", "passed")
    told = [prompt for lane, prompt in model.heard if lane == "verifier"]
    assert [prompt.tools[0].name for prompt in told] == ["verdict", "test", "verdict"], "it is written once"
    assert "a == b" not in told[1].turns[0].text, "neither patch nor words of a lane"
    assert "Adds without" not in told[1].turns[0].text
    assert [each.test for each in trail.reviews] == ["", WRITTEN["content"], "", WRITTEN["content"]]
    branch = repos.git(job.repo, "ls-tree", "-r", "--name-only", record.branch or "")
    assert "test_from_the_task" not in branch, "it judges, and is no part of the patch"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"path": "tests/test_add.py"}, "is there already"),
        ({"path": "../test_x.py"}, "canonical"),
        ({"path": ".git/hooks/test_x.py"}, ".git"),
        ({"path": "shop/add.py"}, "is there already"),
        ({"content": "import os\nos._exit(0)\n"}, "decides how tests are judged"),
        ({"content": "import os\ngetattr(os, '_ex' + 'it')(0)\n"}, "no report"),
        ({"content": WRITTEN["content"].replace("add import add", "add import plus as add")}, "asks nothing"),
        ({"content": WRITTEN["content"].replace("add(2, 2), 4", "1, 1").replace("add(2, 3), 5", "1, 1")}, "passes without"),
    ],
)
def test_a_test_that_shows_nothing_or_reaches_out_counts_for_nothing(job, change, says):
    job.policy = DEEP
    turn: dict[str, Any] = {**WRITTEN, **change}
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [FINE, turn, turn]}))
    assert record.result == "pass"
    assert state(record, INDEPENDENT) == "not_run"
    assert says in reason(record, INDEPENDENT)
