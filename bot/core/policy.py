"""The routing policy: what the owner of a repository wrote, with every default filled in. Read by `policyfile`."""

from typing import Annotated, Literal

from pydantic import Field

from bot.core.cost import micros
from bot.core.fields import Count, Name, Part, Points, Share, Text, Usd
from bot.core.lane import Lane, ModelPart
from bot.core.words import CheckKind, Reason, SignalName, TaskClass

Permission = Literal["write", "maintain", "admin"]

CEILING = 0.95
"""Confidence is never above this; a policy that asks for more asks for what cannot be."""

VERIFIER = "verifier"
"""The one name under `models` that is no lane."""


class ByClass(Part):
    lane: Name | None = None
    """The lane this class of task starts in; it may raise, and lower only where no always-strong rule fires."""
    min_confidence: Share | None = None


class Routing(Part):
    fast_max_score: Points
    """The highest score that starts in `fast`."""
    strong_min_score: Points
    """The lowest score that starts in `strong`: always one above `fast_max_score`."""
    always_strong_if: tuple[SignalName, ...] = ("schema_change", "auth_code", "production_incident")
    escalate_on: tuple[Reason, ...] = ("failed_tests", "patch_rejected", "low_confidence_summary")
    """The reasons that may escalate. A reason that is not listed stops the run instead."""
    order: tuple[Name, ...] = ()
    """The lanes, cheapest first; `fast`, others in the order of `models`, `strong` where this is empty."""
    weights: dict[SignalName, Points] = {}
    """Points a signal adds for each one found; what is not named keeps its default."""
    caps: dict[SignalName, Points] = {}
    """The most points a signal may add; what is not named keeps its default."""
    default_upward: tuple[SignalName, ...] = ("production_incident", "ci_config", "secrets_handling", "deploy_config")
    """Signals that start in `strong` without being listed in `always_strong_if`."""
    by_class: dict[TaskClass, ByClass] = {}
    min_confidence: Share = 0.65
    max_attempts: Annotated[int, Field(ge=1, le=8)] = 2
    shadow: bool = False
    """Log route and estimate on every trigger, spend nothing."""
    audit_share: Share = 0.0
    """The share of accepted low-risk fixes that the top lane makes once more, blind, from the same budget; see docs/ledger.md."""


class Signals(Part):
    """Added to the built-in rules; nothing can be taken away here."""

    paths: dict[SignalName, tuple[Text, ...]] = {}
    labels: dict[SignalName, tuple[Text, ...]] = {}


class CheckPart(Part):
    name: Name
    run: Text
    kind: CheckKind = "tests"


class Deep(Part):
    mutants: bool = False
    independent_test: bool = False


class Ci(Part):
    workflows: tuple[Text, ...] = ()
    required: tuple[Text, ...] = ()
    timeout_minutes: Count = 30
    min_seconds: Annotated[int, Field(ge=0)] = 20


class Verification(Part):
    setup: tuple[Text, ...] = ()
    """Commands that make the checks runnable; run once on the base, with network."""
    checks: tuple[CheckPart, ...] = ()
    """What proves a patch; found in the repository where this is empty."""
    by_lane: dict[Name, tuple[Name, ...]] = {}
    """The checks that a lane's patch must pass, workflows by file name without `.yml`; all where a lane is not named."""
    by_class: dict[TaskClass, tuple[Name, ...]] = {}
    deep: Deep = Deep()
    ci: Ci = Ci()
    timeout_seconds: Annotated[int, Field(ge=1, le=7_200)] = 900
    """The most that one run of one check may take."""


class Budget(Part):
    """Checked before each call against the worst that it can cost."""

    per_run_usd: Usd = micros("1.00")
    per_day_usd: Usd = micros("10.00")
    per_month_usd: Usd | None = None
    per_actor_day_usd: Usd | None = None


class Protect(Part):
    paths: tuple[Text, ...] = ()
    """Globs, as .gitignore writes them, that no patch may touch; added to the built-in ones."""
    max_files: Count = 20
    max_lines: Count = 800


class Triggers(Part):
    command: Annotated[str, Field(pattern=r"^/[a-z][a-z0-9-]{1,30}$")] = "/agent"
    labels: tuple[Text, ...] = ("agent:fix",)
    permission: Permission = "write"
    actors: tuple[Count, ...] = ()
    """Numeric ids of bots that may give commands. There is no way to allow all."""


class Publish(Part):
    as_: Annotated[Literal["draft-pr", "pr", "branch"], Field(alias="as")] = "draft-pr"


class LedgerPart(Part):
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")] = "route-agent-ledger"
    """Where money is counted; for nothing else, and not the default branch."""


class Policy(Part):
    models: dict[Name, ModelPart]
    routing: Routing
    signals: Signals = Signals()
    verification: Verification = Verification()
    budget: Budget = Budget()
    protect: Protect = Protect()
    triggers: Triggers = Triggers()
    publish: Publish = Publish()
    ledger: LedgerPart = LedgerPart()

    def lane(self, name: str) -> Lane:
        """Raises `KeyError` for a name that is no lane."""
        if name == VERIFIER:
            raise KeyError(name)
        return Lane(name=name, **dict(self.models[name]))

    @property
    def verifier(self) -> Lane | None:
        """The model that judges patches, asked as a lane is; None where the policy names none."""
        return Lane(name=VERIFIER, **dict(self.models[VERIFIER])) if VERIFIER in self.models else None

    @property
    def lanes(self) -> tuple[str, ...]:
        """Lane names, cheapest first."""
        if self.routing.order:
            return self.routing.order
        between = tuple(name for name in self.models if name not in ("fast", "strong", VERIFIER))
        return ("fast", *between, "strong")

    def above(self, name: str) -> str | None:
        """The lane after this one; None at the top."""
        rest = self.lanes[self.lanes.index(name) + 1 :]
        return rest[0] if rest else None
