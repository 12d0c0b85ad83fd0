"""Everything that happened to one request, in order. It only grows; it is the whole state of a run, and hostile when read back."""

from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.core import patch
from bot.core.checks import Check, Run
from bot.core.ci import Verdict
from bot.core.cost import Price, Usage
from bot.core.diff import DiffError
from bot.core.evidence import Evidence, Item
from bot.core.facts import Place
from bot.core.fields import RawText, Share
from bot.core.policy import Policy
from bot.core.request import Request
from bot.core.route import Refusal, Route
from bot.core.score import Score
from bot.core.signals import Number, Signal
from bot.core.standing import Standing, prior
from bot.core.strict import STRICT
from bot.core.verdict import Attempt, Case, CiSaid, Decision, Escalate, beforehand, decide
from bot.core.words import TaskClass

MAX_BYTES = 20_000_000
"""A longer Trail is refused before it is parsed."""
MAX_ENTRIES = 60
"""Eight attempts of five entries each, where CI judges what a verifier has seen, and the publication: with room."""
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
    seconds: float
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
    seconds: float
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
    seconds: float
    path: str = ""
    test: RawText = ""
    """The test that it wrote from the task alone, and where: it is written once, and judges later attempts too."""
    kind: Literal["reviewed"] = "reviewed"


@dataclass(frozen=True, slots=True, config=STRICT)
class Pushed:
    branch: str
    commit: str
    seconds: float
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
    seconds: float
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


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt with what was shown about it and what was decided; derived from the Trail, never stored."""

    attempt: Attempt
    evidence: Evidence
    decision: Decision
    ci: Awaited | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class Trail:
    opened: Opened
    entries: tuple[Entry, ...] = ()

    def then(self, entry: Entry) -> "Trail":
        return Trail(self.opened, (*self.entries, entry))

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    @property
    def tries(self) -> tuple[Try, ...]:
        """Every attempt that was judged, in order. The decisions are made anew: a stored one would have to be believed."""
        found: list[Try] = []
        objections: list[str] = []
        for tried, rest in self._attempts():
            judged = self._judged(tried.attempt, rest, tuple(objections))
            if judged is not None:
                found.append(judged)
                objections.append(getattr(judged.decision, "detail", ""))
        return tuple(found)

    def _judged(self, attempt: Attempt, rest: tuple[Entry, ...], earlier: tuple[str, ...]) -> Try | None:
        """None while there is more to come. A verifier can send a patch up before CI is asked; accept or give it up it cannot."""
        shown = self._shown(rest)
        if shown is not None:
            evidence, ci = shown
            return Try(attempt, evidence, decide(self._case(attempt, evidence, ci, earlier)), ci)
        proved = _first(rest, Proved)
        if proved is None or not _reviewed(rest) or self._open(rest):
            return None
        evidence = Evidence((*proved.evidence.items, *_reviewed(rest)))
        decision = beforehand(self._case(attempt, evidence, None, earlier))
        return Try(attempt, evidence, decision) if isinstance(decision, Escalate) else None

    @property
    def judged(self) -> bool:
        """Whether it is decided what becomes of the last attempt."""
        return bool(self.attempts) and len(self.tries) == len(self.attempts)

    @property
    def question(self) -> Question | None:
        """What the verifier is to be asked next about the last attempt."""
        rest = self._attempts()[-1][1] if self._attempts() else ()
        return next(iter(self._open(rest)), None)

    def _open(self, rest: tuple[Entry, ...]) -> tuple[Question, ...]:
        """Questions that are not answered yet."""
        proved = _first(rest, Proved)
        asked = sum(isinstance(entry, Reviewed) for entry in rest)
        return questions(self.opened, proved)[asked:] if proved else ()

    def _attempts(self) -> tuple[tuple[Tried, tuple[Entry, ...]], ...]:
        """Each attempt with what came after it, up to the next."""
        starts = [number for number, entry in enumerate(self.entries) if isinstance(entry, Tried)]
        parts = [self.entries[start:end] for start, end in zip(starts, [*starts[1:], None], strict=False)]
        return tuple((part[0], part[1:]) for part in parts if isinstance(part[0], Tried))

    def _shown(self, rest: tuple[Entry, ...]) -> tuple[Evidence, Awaited | None] | None:
        """What was shown about an attempt; None while there is more to come."""
        proved, awaited = _first(rest, Proved), _first(rest, Awaited)
        if proved is None or self._open(rest):
            return None
        items = (*proved.evidence.items, *_reviewed(rest))
        if self.opened.proof == "sandbox" or proved.hopeless:
            return Evidence(items, proved.evidence.runs), None
        if awaited is None:
            return None
        return Evidence((*items, *awaited.evidence.items), awaited.evidence.runs), awaited

    def _case(self, attempt: Attempt, evidence: Evidence, ci: Awaited | None, earlier: tuple[str, ...]) -> Case:
        diff = patch.parse(attempt.diff).diff if attempt.diff else None
        opened = self.opened
        said = CiSaid(ci.verdict, ci.why) if ci else None
        score, before = opened.score.total, opened.prior(attempt.lane)
        return Case(opened.policy, opened.task_class, score, attempt, evidence, diff, earlier, before, said, opened.red)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(entry.attempt for entry in self.entries if isinstance(entry, Tried))

    @property
    def finished(self) -> bool:
        return isinstance(self.last, Published)

    @property
    def pushed(self) -> Pushed | None:
        """The branch of the last attempt; None where that attempt has none, whatever earlier ones had."""
        rest = self._attempts()[-1][1] if self._attempts() else ()
        return next((entry for entry in rest if isinstance(entry, Pushed)), None)

    @property
    def superseded(self) -> tuple[str, ...]:
        """Branches of attempts that a later attempt has replaced."""
        return tuple(entry.branch for _, rest in self._attempts()[:-1] for entry in rest if isinstance(entry, Pushed))

    @property
    def published(self) -> Published | None:
        return self.last if isinstance(self.last, Published) else None

    @property
    def usage(self) -> Usage:
        attempts = sum((entry.attempt.usage for entry in self.entries if isinstance(entry, Tried)), Usage())
        return attempts + self.verification

    @property
    def verification(self) -> Usage:
        """What judging the patches cost in model calls."""
        return sum((entry.usage for entry in self.entries if isinstance(entry, Reviewed)), Usage())

    def reviews_of(self, number: int) -> tuple[Reviewed, ...]:
        """What was said in review of the attempt of this number, from 1."""
        return tuple(entry for entry in self._attempts()[number - 1][1] if isinstance(entry, Reviewed))

    @property
    def reviews(self) -> tuple[Reviewed, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Reviewed))

    @property
    def seconds(self) -> float:
        """How long the steps took, added up; time in which a killed run lay still does not count."""
        total = self.opened.seconds
        for entry in self.entries:
            match entry:
                case Tried(attempt=attempt):
                    total += attempt.seconds
                case Proved(seconds=seconds) | Reviewed(seconds=seconds) | Pushed(seconds=seconds) | Awaited(seconds=seconds):
                    total += seconds
                case Published():
                    pass
        return total


Kind = TypeVar("Kind", bound=Entry)


def _first(entries: tuple[Entry, ...], kind: type[Kind]) -> Kind | None:
    return next((entry for entry in entries if isinstance(entry, kind)), None)


def _reviewed(entries: tuple[Entry, ...]) -> tuple[Item, ...]:
    return tuple(item for entry in entries if isinstance(entry, Reviewed) for item in entry.evidence.items)


def questions(opened: Opened, proved: Proved) -> tuple[Question, ...]:
    """What the verifier is asked, where the policy names one and no cheaper evidence has ended the attempt already.

    Each answer is an entry, so that a run which is killed between two buys neither again. Where CI is the proof the verifier
    is asked before it is waited for: a job that holds both has CI begin meanwhile, and ends it where what is found decides.
    """
    if opened.policy.verifier is None or proved.hopeless or not (opened.proof == "ci" or proved.evidence.proves):
        return ()
    tested = opened.policy.verification.deep.independent_test and opened.proof == "sandbox"
    return ("critic", "test") if tested else ("critic",)


class TrailError(ValueError):
    """The text is no Trail of this version; says where it stops being one."""


_CODEC = TypeAdapter(Trail)


def encode(trail: Trail) -> bytes:
    return _CODEC.dump_json(trail, by_alias=True)


def decode(data: bytes) -> Trail:
    """Read a Trail as hostile input: size, every field and type, every diff. Raises `TrailError`.

    Whether each entry may stand where it stands is said by `step.checked`.
    """
    if len(data) > MAX_BYTES:
        raise TrailError(f"{len(data)} bytes; a Trail has at most {MAX_BYTES}")
    try:
        trail = _CODEC.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrailError(f"{where}: {first['msg']}") from None
    if len(trail.entries) > MAX_ENTRIES:
        raise TrailError(f"{len(trail.entries)} entries; a Trail has at most {MAX_ENTRIES}")
    _check_diffs(trail)
    return trail


def _check_diffs(trail: Trail) -> None:
    for number, entry in enumerate(trail.entries):
        if isinstance(entry, Tried) and entry.attempt.diff:
            try:
                patch.parse(entry.attempt.diff)
            except DiffError as error:
                raise TrailError(f"entries.{number}.attempt.diff: {error}") from None
