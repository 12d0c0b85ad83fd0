"""What is drawn once for a schedule: how the bot is installed, what it may spend, and how bad the world is."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

from tests.fakes import shops
from tests.fakes.canaries import canary
from tests.fakes.hosted import ME

Shape = Literal["auto", "work", "split"]
"""The workflow that is installed: one job; a gate and one job; a gate, and a job that asks beside one that writes."""
KEY = "CHAOS_MODEL_KEY"
CANARY = canary("the models' key of chaos")
"""It may be told to nobody."""
APP = "route-agent-app[bot]"
SHAPES: tuple[Shape, ...] = get_args(Shape)
PRICE = {"m-fast": (1, 2), "m-judge": (1, 2), "m-strong": (10, 20)}
"""US dollars for a million tokens in, and out."""
CAPS = (1_200, 50_000, 100_000, 400_000, 1_000_000)
"""Micro-dollars: from one call's price to what no run here needs."""


@dataclass(frozen=True)
class Setting:
    seed: int
    shape: Shape
    login: str
    """Whose token the jobs have: the workflow's own, or an App's."""
    pull: bool
    """Whether the thread is a pull request's; else an issue's."""
    judge: bool
    audit: bool
    offer: str
    per_run: int
    per_day: int
    per_actor: int | None
    per_month: int | None
    commands: int
    """How many events are delivered, duplicates and re-runs included."""
    faulty: float
    """The chance of each request to GitHub that it goes wrong."""
    foolish: float
    """The chance of each request to a model that its answer is not what was asked for."""
    deadly: float
    """The chance before each request that the machine goes away."""
    lively: float
    """The chance before each request that a person does something."""
    jumpy: float
    """The chance of each job that its clock jumps."""
    contended: float
    """The chance of each swap on the ledger's branch that somebody else was quicker."""


def drawn(seed: int) -> Setting:
    """One in five is a world in which nothing fails: what it shows then is the concurrency alone."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    calm = chance.random() < 0.2
    per_run = chance.choice(CAPS)
    return Setting(
        seed=seed,
        shape=chance.choice(SHAPES),
        login=APP if chance.random() < 0.2 else ME,
        pull=chance.random() < 0.3,
        judge=chance.random() < 0.3,
        audit=chance.random() < 0.2,
        offer=chance.choice(("draft-pr", "draft-pr", "pr", "branch")),
        per_run=per_run,
        per_day=max(per_run, chance.choice((per_run, 2 * per_run, 10_000_000))),
        per_actor=chance.choice((None, None, per_run, 2 * per_run)),
        per_month=chance.choice((None, None, per_run, 3 * per_run)),
        commands=chance.randint(2, 6),
        faulty=0.0 if calm else chance.choice((0.0, 0.01, 0.04, 0.1)),
        foolish=0.0 if calm else chance.choice((0.0, 0.05, 0.2)),
        deadly=0.0 if calm else chance.choice((0.0, 0.005, 0.02)),
        lively=0.0 if calm else chance.choice((0.0, 0.01, 0.03)),
        jumpy=0.0 if calm else chance.choice((0.0, 0.0, 0.3)),
        contended=chance.choice((0.0, 0.0, 0.2)),
    )


def policy(setting: Setting, url: str) -> str:
    def model(name: str) -> str:
        before, after = PRICE[name]
        return (
            f'{{provider: openai_compatible, model: {name}, base_url: "{url}", api_key_env: {KEY}, '
            f"price: {{input: {before}, output: {after}}}}}"
        )

    def usd(micros: int) -> str:
        return f"{micros / 1_000_000:.6f}"

    rows = [
        "models:",
        f"  fast: {model('m-fast')}",
        f"  strong: {model('m-strong')}",
        *([f"  verifier: {model('m-judge')}"] if setting.judge else []),
        "routing:",
        "  fast_max_score: 6",
        "  strong_min_score: 7",
        *(["  audit_share: 1"] if setting.audit else []),
        "verification:",
        "  ci: {min_seconds: 0, timeout_minutes: 5}",
        "budget:",
        f"  per_run_usd: {usd(setting.per_run)}",
        f"  per_day_usd: {usd(setting.per_day)}",
        *([f"  per_actor_day_usd: {usd(setting.per_actor)}"] if setting.per_actor else []),
        *([f"  per_month_usd: {usd(setting.per_month)}"] if setting.per_month else []),
        f"publish: {{as: {setting.offer}}}",
    ]
    return "\n".join(rows) + "\n"


def files(setting: Setting, url: str) -> dict[str, bytes | str]:
    return shops.files(url, more={".github/route-agent.yml": policy(setting, url)})
