"""Whether GitHub does here what this bot counts on: everything of a run but a model, on a branch that is gone afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.core.budget import Wish
from bot.core.checks import Check
from bot.core.entries import Pushed
from bot.core.jobs import VERIFY
from bot.core.policy import Policy
from bot.core.selftest import Finding, State
from bot.ports import Denied, Desk, Forge, Kit, Layer, Opening, Unavailable
from bot.wait import Started, one

FILE = "route-agent-selftest.md"
TEXT = "A file that route-agent's self-test puts on a branch of its own, to see that CI runs there. It is on no other branch.\n"
MESSAGE = "route-agent: self-test"
Found = TypeVar("Found")


@dataclass(slots=True)
class Test:
    """A self-test under way on one thread. `base` is the commit that the branch stands on."""

    forge: Forge
    desk: Desk
    kit: Kit
    policy: Policy
    number: int
    actor: str
    key: str
    base: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def branch(self) -> str:
        return f"route-agent/{self.number}/{self.key}-0"  # no run has a number nought

    def look(self, what: str, do: Callable[[], tuple[Found, str]]) -> Found | None:
        """What it gives, or None where it fails; either way it is noted."""
        start = self.kit.clock.seconds()
        self.kit.watch("selftest", what)
        try:
            found, seen = do()
        except (Denied, Unavailable) as error:
            self._note(what, "failed", str(error), start)
            return None
        self._note(what, "held", seen, start)
        return found

    def _note(self, what: str, state: State, seen: str, start: float) -> None:
        self.findings.append(Finding(what, state, seen, round(self.kit.clock.seconds() - start, 1)))

    def missed(self, *what: str) -> None:
        self.findings += [Finding(each, "not reached", "", 0.0) for each in what]


SAID, MONEY, PUSHED, CI, OFFERED, GONE = (
    "the comment is made once and edited",
    "money is set aside on the ledger's branch and given back",
    "a branch with one commit is made by the Git Data API",
    f"{VERIFY} starts by hand on that branch, judges that very commit, and its jobs are read",
    "a pull request is opened and closed",
    "the branch is deleted",
)


def examined(test: Test, say: Callable[[str], int]) -> tuple[Finding, ...]:
    """Every step of a run that needs no model. `say` writes the comment; its id is the same each time."""
    test.look(SAID, lambda: _said(say))
    test.look(MONEY, lambda: _money(test))
    commit = test.look(PUSHED, lambda: _pushed(test))
    if commit is None:
        test.missed(CI, OFFERED, GONE)
        return tuple(test.findings)
    test.look(CI, lambda: _judged(test, commit))
    test.look(OFFERED, lambda: _offered(test))
    test.look(GONE, lambda: _gone(test))
    return tuple(test.findings)


def _said(say: Callable[[str], int]) -> tuple[int, str]:
    first, second = say("one"), say("two")
    if first != second:
        raise Denied("the second word became a comment of its own")
    return first, f"comment {first}"


def _money(test: Test) -> tuple[int, str]:
    wish = Wish(test.key, test.actor, test.kit.clock.now(), test.kit.by, 0)
    left = test.kit.purse.reserve(test.policy.budget, wish)
    if not isinstance(left, int):
        raise Denied(left.detail)
    test.kit.purse.settle(wish)
    return left, f"branch `{test.policy.ledger.branch}`"


def _pushed(test: Test) -> tuple[str, str]:
    tree = test.desk.trees.open(test.base)
    tree.write(FILE, TEXT.encode())
    layer = Layer(tree.diff(), MESSAGE)
    (commit,) = test.desk.writer.push(test.base, (layer,), test.branch, test.kit.clock.now())
    return commit, f"`{test.branch}` at {commit[:12]}"


def _judged(test: Test, commit: str) -> tuple[str, str]:
    assert test.desk.ci is not None, "there is no CI to ask"
    check = Check(VERIFY, f".github/workflows/{VERIFY}", "tests", "self-test")
    inputs = {"base": test.base, "tests-only": "", "patched": commit, "request": test.key}
    run = test.desk.ci.start(check.run, test.branch, commit, inputs)
    pushed, now = Pushed(test.branch, commit, 0.0), test.kit.clock.seconds()
    ended, _ = one(Started(check, run, ()), pushed, test.policy, test.desk.ci, test.kit, now)
    if ended.verdict not in ("passed", "failed"):
        raise Denied(f"{ended.verdict}: {ended.why}")
    red = "" if ended.verdict == "passed" else "; its tests are red on the commit as it is, so no patch could be proved here"
    return ended.url, f"{ended.verdict}, {ended.url}{red}"


def _offered(test: Test) -> tuple[str, str]:
    assert test.desk.pulls is not None, "there are no pull requests"
    made = test.desk.pulls.offer(Opening(test.branch, MESSAGE, TEXT, draft=True))
    if not made.open:
        raise Denied(f"GitHub lets this workflow open none; a person would be sent to {made.url}")
    test.desk.pulls.withdraw(test.branch)
    return made.url, made.url


def _gone(test: Test) -> tuple[bool, str]:
    test.desk.writer.drop(test.branch)
    if test.forge.tip(test.branch) is not None:
        raise Denied(f"`{test.branch}` is still there; delete it by hand")
    return True, ""
