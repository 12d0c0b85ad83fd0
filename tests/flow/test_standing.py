"""What the ledger's branch says of the lanes, as the runs that come read it; and how it comes to be there. Real git and HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.ledger import encode
from bot.core.outcome import Outcome
from bot.core.standing import ClassCost, LaneRate, Standing
from bot.core.standing import decode as decode_standing
from bot.core.standing import encode as encode_standing
from bot.core.words import What
from tests.fakes.hosted import GATE, PROPOSE, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, commented, last, of
from tests.flow.test_outcome import told

BRANCH = "route-agent-ledger"
SAYS = Standing((LaneRate("fast", "m-fast", 0.8, 180.0),), (ClassCost("strong", "bugfix", 44_000, 9),))
PRIOR = 0.78
"""(0.8 x 180 + 0.6 x 20) / 200"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What else a run leaves behind is looked at by other stories."""
    with World(tmp_path / "world") as made:
        yield made


def test_a_run_begins_with_the_prior_that_outcomes_have_taught_and_says_it(world, models, shop, issue, tmp_path):
    world.commit(shop, BRANCH, {"standing.json": encode_standing(SAYS)})
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    record = of(ended)
    assert record.result == "pass"
    assert record.attempts[0].confidence.prior == PRIOR
    assert record.always_strong is not None
    assert (record.always_strong.micros, record.always_strong.by, record.always_strong.count) == (44_000, "ledger", 9)
    assert "prior 0.78" in last(world, issue)


def test_in_the_split_workflow_too_and_the_job_with_the_model_cannot_change_it(world, models, shop, issue, tmp_path):
    world.commit(shop, BRANCH, {"standing.json": encode_standing(SAYS)})
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    made = Job(world, tmp_path / "propose", "issue_comment", payload, scopes=PROPOSE).packed("propose", handover=gate["handover"])
    ended = Job(world, tmp_path / "apply", "issue_comment", payload).act(
        "apply", handover=made["handover"], before=gate["handover"]
    )
    assert of(ended).attempts[0].confidence.prior == PRIOR


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (encode_standing(SAYS).replace("0.8", "1.8"), "rates.0.right: Input should be less than or equal to 1"),
        ("{", "the text: Invalid JSON"),
        ('{"rates":[],"pull":"all"}', "pull: Unexpected keyword argument"),
    ],
)
def test_what_is_there_and_cannot_be_believed_is_named_and_the_published_figures_serve(
    world, models, shop, issue, tmp_path, capsys, text, why
):
    world.commit(shop, BRANCH, {"standing.json": text})
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert of(ended).attempts[0].confidence.prior == 0.6
    assert f"standing.json on the branch {BRANCH} is not believed: {why}" in capsys.readouterr().err


def test_a_server_without_graphql_is_asked_for_the_file(world, models, shop, issue, tmp_path):
    world.graphql = False
    world.user("github-actions[bot]").kind = "User"  # who may then be asked for by REST
    world.commit(shop, BRANCH, {"standing.json": encode_standing(SAYS)})
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert of(ended).attempts[0].confidence.prior == PRIOR


def test_an_outcome_that_is_noted_teaches_the_runs_that_come(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    record = of(commented(world, shop, issue, tmp_path / "job").act())
    pull = world.pulls(shop)[0]
    files: dict[str, bytes | str] = {}
    for n in range(24):
        other = encode(record).replace(f'"id":"{record.id}"', f'"id":"c9{n:03}"')
        files[f"records/2026-11/c9{n:03}.json"] = other + "\n"
        what: What = "merged" if n % 4 else "closed"
        files[f"outcomes/2026-11/c9{n:03}-{what}-1.json"] = encode(Outcome(f"c9{n:03}", record.at, what, "ann", 7, 0)) + "\n"
    files["standing.json"] = encode_standing(Standing((LaneRate("fast", "m-fast", 0.01, 9e5),)))  # somebody else's, or old
    world.commit(shop, BRANCH, files)

    told(world, tmp_path / "closed", "pull_request", world.closed(shop, pull, "ann", merged=True))

    found = decode_standing(shop.file(BRANCH, "standing.json") or "")
    (rate,) = found.rates
    assert (rate.lane, rate.model, round(rate.right, 2), rate.weight) == ("fast", "m-fast", 0.76, 25.0)
    (cost,) = found.costs
    assert (cost.lane, cost.cases) == ("fast", 25)
