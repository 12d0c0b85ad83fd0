"""No check of `doctor` hides the next, whatever happens."""

import threading

import pytest

from bot.checkup import Means
from bot.core.keys import Keys
from bot.demo.scripted import Scripted
from bot.doctor import examine
from bot.edge.catalog import Catalog
from bot.ports import Denied
from bot.shop import Wall
from tests.fakes.checkups import Site, hurried


def _wait() -> None:
    threading.Event().wait(20)


def _deny() -> None:
    raise Denied("it is not so; make it so")


def _fall() -> None:
    raise PermissionError(13, "Permission denied")


PARTS = ("git", "repository", "policy", "sandbox", "checks", "ledger")


@pytest.mark.parametrize(("what", "state"), [(_wait, "unknown"), (_deny, "problem"), (_fall, "unknown")])
def test_one_check_that_hangs_or_fails_never_hides_the_next(what, state):
    site = Site(dict.fromkeys(PARTS, what))
    means = Means(site, Scripted({}), Catalog(Keys({}, "anywhere")), {}, Wall(), hurried, lambda *_: None, "ann")
    found = {item.name: item.state for item in examine(means, offline=False).items}
    assert found == {**dict.fromkeys(PARTS, state), "models": "unknown"}
