"""What happens to one request, kind by kind: what was known when it began, and what each step adds."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.attempt import Attempt
from bot.core.checks import Check, Run
from bot.core.ci import Verdict
from bot.core.cost import Price, Usage
from bot.core.evidence import Evidence
from bot.core.facts import Place
from bot.core.fields import RawText, Share
from bot.core.policy import Policy
from bot.core.request import Request
from bot.core.route import Refusal, Route
from bot.core.score import Score
from bot.core.signals import Number, Signal
from bot.core.standing import Standing, prior
from bot.core.strict import STRICT, Seconds
from bot.core.words import TaskClass

Question = Literal["critic", "test"]
"""What a verifier is asked, each in a conversation of its own."""


Proof = Literal["sandbox", "ci"]
"""Where checks run: here, on copies; or as CI jobs on the pushed branch, where nothing of the repository runs with us."""


@dataclass(frozen=True, slots=True, config=STRICT)
class LanePrice:
    lane: str
    price: Price | None
    """None where nobody knows."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Audit:
    """That a run is a blind second look at another one's accepted patch."""

    run: str
    """The run that is looked at again."""
    share: Share
    """How likely that was, by the policy of the day."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Opened:
    """What was known when the run began, and the route that follows from it."""

    request: Request
    policy: Policy
    signals: tuple[Signal, ...]
    places: tuple[Place, ...]
    task_class: TaskClass
    score: Score
    route: Route | Refusal
    checks: tuple[Check, ...]
    baseline: tuple[Run, ...]
    """One run for each check, on the base, before anything was changed."""
    at: str
    """ISO 8601, UTC."""
    seconds: Seconds
    sandbox: str
    proof: Proof = "sandbox"
    prices: tuple[LanePrice, ...] = ()
    """What each lane's tokens cost, as it was known then."""
    standing: Standing = Standing()
    """What past runs say of the lanes, as it was known then."""
    audit: Audit | None = None
    """None for a run that somebody asked for."""
    version: Literal[1] = 1

    def prior(self, lane: str) -> float:
        """How likely a patch of a lane is right before any evidence."""
        return prior(self.standing, self.policy, lane)

    @property
    def red(self) -> bool:
        """Whether tests fail on the base, or nobody has looked: a patch may turn some of them green."""
        reading = next((signal.reading for signal in self.signals if signal.name == "test_failures"), None)
        return not (isinstance(reading, Number) and reading.value == 0)


@dataclass(frozen=True, slots=True, config=STRICT)
class Tried:
    attempt: Attempt
    kind: Literal["tried"] = "tried"


@dataclass(frozen=True, slots=True, config=STRICT)
class Proved:
    evidence: Evidence
    seconds: Seconds
    kind: Literal["proved"] = "proved"

    @property
    def hopeless(self) -> bool:
        """Whether nothing that CI says can help: there is no patch, or it breaks a rule."""
        return bool(self.evidence.failed) or all(item.state != "passed" for item in self.evidence.items)


@dataclass(frozen=True, slots=True, config=STRICT)
class Reviewed:
    """What the verifier model answered to one question about a patch, and what that cost."""

    evidence: Evidence
    usage: Usage
    seconds: Seconds
    path: str = ""
    test: RawText = ""
    """The test that it wrote from the task alone, and where: it is written once, and judges later attempts too."""
    kind: Literal["reviewed"] = "reviewed"


@dataclass(frozen=True, slots=True, config=STRICT)
class Pushed:
    branch: str
    commit: str
    seconds: Seconds
    tests: str | None = None
    """The commit below it that holds the tests alone, where a patch has tests and more."""
    kind: Literal["pushed"] = "pushed"


@dataclass(frozen=True, slots=True, config=STRICT)
class Awaited:
    """What the repository's own CI said of the branch."""

    verdict: Verdict
    why: str
    url: str
    evidence: Evidence
    seconds: Seconds
    kind: Literal["awaited"] = "awaited"


@dataclass(frozen=True, slots=True, config=STRICT)
class Published:
    at: str
    pull_request: str | None = None
    """The address of the pull request, or of the page on which a person can open it."""
    opened: bool = False
    """Whether the pull request is open; a person still has to open it where GitHub would not let us."""
    kind: Literal["published"] = "published"


Entry = Tried | Proved | Reviewed | Pushed | Awaited | Published
