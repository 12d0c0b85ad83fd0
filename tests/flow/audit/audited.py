"""Runs whose accepted patches are all audited, and what an audit leaves in the ledger."""

from bot.core.ledger import Record, decode
from bot.core.spend import Account, Movement, accounts
from tests.fakes import shops
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import Happened

SHARE = "strong_min_score: 7\n  audit_share: 1"


def policy(url: str) -> str:
    return shops.POLICY.format(url=url).replace("strong_min_score: 7", SHARE)


def scripted(world: World, models: Server, *ci: dict[str, str]) -> None:
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(*ci)


def records(shop: Repo) -> list[Record]:
    """The run's own first."""
    paths = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "records/").split()
    found = [decode(shop.file("route-agent-ledger", path) or "") for path in paths]
    made = [item for item in found if isinstance(item, Record)]
    assert len(made) == len(found), "nothing is left of a run at work"
    return sorted(made, key=lambda record: record.audits or "")


def money(shop: Repo) -> tuple[Account, ...]:
    (month,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "spend/").split()
    lines = [decode(row) for row in (shop.file("route-agent-ledger", month) or "").splitlines()]
    return accounts(line for line in lines if isinstance(line, Movement))


AS_EVER = Happened(comments=1, branches=1, pulls=1, runs=2)
"""What an audited run leaves: what any run does, and one more run of CI, whose branch is gone."""
