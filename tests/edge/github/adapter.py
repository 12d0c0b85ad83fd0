"""The adapter over the real PyGithub, opened on a GitHub of the tests, and what it is given to send."""

from bot.core.patch import part
from bot.edge.git.fetch import Fetched
from bot.edge.github.client import Hub, Polled, connect
from bot.edge.github.workflows import Workflows
from bot.ports import Layer, Opening
from tests.fakes import shops
from tests.fakes.world import World

MARK, BRANCH = "<!-- route-agent:c9 -->", "route-agent/1/c9-1"
VERIFY = shops.VERIFY
INPUTS = {"base": "b", "tests-only": "", "patched": "p", "request": "c9"}


def hub(world: World, token: str = "ghs_all") -> Hub:  # noqa: S107 - of a server on this machine
    return connect(world.api, world.url, token, "octo/shop", 0)


def watched(of: Hub) -> Workflows:
    return Workflows(of, Polled(of))


def layers(sources: Fetched, sha: str) -> tuple[Layer, ...]:
    tree = sources.open(sha)
    tree.write("shop/add.py", b"def add(a, b):\n    return a + b\n")
    tree.write("tests/test_latin.py", b"# caf\xe9\n")
    tree.write("tests/test_new.py", b"x = 1\r\n")
    tree.delete("shop/__init__.py")
    whole = tree.diff()
    return Layer(part(whole, lambda path: path.startswith("tests/")), "tests [x]"), Layer(whole, "all")


OPENING = Opening(BRANCH, "a title", "Refs #1", draft=True)
