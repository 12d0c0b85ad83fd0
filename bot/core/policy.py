"""The routing policy: what the owner of a repository wrote, with every default filled in. Read by `policyfile`."""

from typing import Annotated, Literal

from pydantic import Field

from bot.core.cost import micros
from bot.core.fields import Count, Name, Part, Points, Share, Text, Usd
from bot.core.lane import Lane, ModelPart
from bot.core.words import CheckKind, Reason, SignalName, TaskClass

LeastPermission = Literal["write", "maintain", "admin"]

CEILING = 0.95
"""Confidence is never above this; a policy that asks for more asks for what cannot be."""

VERIFIER = "verifier"
"""The one name under `models` that is no lane."""


class ByClass(Part):
    lane: Name | None = None
    """The lane this class of task starts in; it may raise, and lower only where no always-strong rule fires."""
    min_confidence: Share | None = None
    """The bar for this class of task, in place of `routing.min_confidence`."""


class Routing(Part):
    fast_max_score: Points
    """The highest score that starts in `fast`."""
    strong_min_score: Points
    """The lowest score that starts in `strong`: always one above `fast_max_score`."""
    always_strong_if: tuple[SignalName, ...] = ("schema_change", "auth_code", "production_incident")
    """Signals that start in `strong` whatever the score says, and that no `lane=` lowers."""
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
    """The confidence that a patch must reach; a score above `fast_max_score` raises it, as docs/evidence.md says."""
    max_attempts: Annotated[int, Field(ge=1, le=8)] = 2
    """The most attempts of a run, all lanes together."""
    shadow: bool = False
    """Log route and estimate on every trigger, spend nothing."""
    audit_share: Share = 0.0
    """The share of accepted low-risk fixes that the top lane makes once more, blind, from the same budget; see docs/ledger.md."""


class Signals(Part):
    """Added to the built-in rules; nothing can be taken away here."""

    paths: dict[SignalName, tuple[Text, ...]] = {}
    """By signal: globs, as .gitignore writes them, of files in which it is found."""
    labels: dict[SignalName, tuple[Text, ...]] = {}
    """By signal: labels by which it is found."""


class CheckPart(Part):
    name: Name
    run: Text
    """A command of the shell, in the folder of the repository."""
    kind: CheckKind = "tests"
    """Only `tests` can prove a patch; the others can stop one."""


class Deep(Part):
    mutants: bool = False
    """Put small faults into the changed lines, and see whether the tests notice."""
    independent_test: bool = False
    """Have `models.verifier` write a test from the task alone."""


class Ci(Part):
    workflows: tuple[Text, ...] = ()
    """Files in `.github/workflows` that judge a patch; `route-agent-verify.yml` where this is empty."""
    required: tuple[Text, ...] = ()
    """Names of checks that are waited for besides."""
    timeout_minutes: Count = 30
    """How long CI is waited for."""
    min_seconds: Annotated[int, Field(ge=0)] = 20
    """A run that was quicker is not believed."""


class Verification(Part):
    setup: tuple[Text, ...] = ()
    """Commands that make the checks runnable; run once on the base, with network."""
    checks: tuple[CheckPart, ...] = ()
    """What proves a patch; found in the repository where this is empty."""
    by_lane: dict[Name, tuple[Name, ...]] = {}
    """The checks that a lane's patch must pass, workflows by file name without `.yml`; all where a lane is not named."""
    by_class: dict[TaskClass, tuple[Name, ...]] = {}
    """The same by class of task; goes before `by_lane`."""
    deep: Deep = Deep()
    ci: Ci = Ci()
    timeout_seconds: Annotated[int, Field(ge=1, le=7_200)] = 900
    """The most that one run of one check may take."""


class Budget(Part):
    """Checked before each call against the worst that it can cost."""

    per_run_usd: Usd = micros("1.00")
    """The most that one run may cost."""
    per_day_usd: Usd = micros("10.00")
    """The most that all runs of a day (UTC) may cost."""
    per_month_usd: Usd | None = None
    """The most that all runs of a month may cost; no cap where it is not given."""
    per_actor_day_usd: Usd | None = None
    """The most that the runs of one person may cost in a day; no cap where it is not given."""


class Protect(Part):
    paths: tuple[Text, ...] = ()
    """Globs, as .gitignore writes them, that no patch may touch; added to the built-in ones."""
    max_files: Count = 20
    """The most files that a patch may change."""
    max_lines: Count = 800
    """The most lines that it may add and take away."""


class Triggers(Part):
    command: Annotated[str, Field(pattern=r"^/[a-z][a-z0-9-]{1,30}$")] = "/agent"
    """How a command begins."""
    labels: tuple[Text, ...] = ("agent:fix",)
    """Labels that ask for a fix when somebody sets them."""
    permission: LeastPermission = "write"
    """The least that whoever gives a command has to hold in the repository."""
    actors: tuple[Count, ...] = ()
    """Numeric ids of bots that may give commands. There is no way to allow all."""


class Publish(Part):
    as_: Annotated[Literal["draft-pr", "pr", "branch"], Field(alias="as")] = "draft-pr"
    """What a proved patch becomes: a draft pull request, one that is ready, or a branch alone."""


class LedgerPart(Part):
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")] = "route-agent-ledger"
    """The branch of the ledger, for nothing else: spending on GitHub, records, outcomes. Not the default branch."""


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
