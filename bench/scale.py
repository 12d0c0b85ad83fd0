"""What running in hundreds of repositories comes to, computed from what a command was counted to ask: docs/running-at-scale.md."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calls:
    """What GitHub counts of a command, all its jobs together."""

    rest: int
    """REST requests that count against the hour's limit; an answer that we have already does not."""
    writes: int
    """Of them, those that change something: 5 points each for the limit of a minute, where others are 1."""
    graphql: int
    """Has a limit of its own."""

    @property
    def points(self) -> int:
        return self.rest + 4 * self.writes


COUNTED = {
    "a stranger's command, turned away": Calls(2, 1, 1),
    "`/agent explain`": Calls(9, 2, 1),
    "`/agent fix`, proved in the first lane": Calls(30, 16, 3),
    "`/agent fix`, proved in the second": Calls(47, 27, 3),
}
"""As tests/flow/test_calls.py counts them, with the workflow to copy, on an issue."""
FIX, WORST = list(COUNTED)[-2:]
LIMITS = {"the workflow's own token": 1_000, "the same, on GitHub Enterprise Cloud": 15_000}
"""Requests an hour of one repository; each repository has them for itself."""
APP_LEAST, APP_MOST, APP_FREE, APP_EACH = 5_000, 12_500, 20, 50
"""An App's installation: requests an hour, all repositories together; more for each repository past the first twenty."""
POINTS = 900
"""REST points a minute, of one token's identity."""
MADE = 500
"""Requests an hour that make content. Which ones GitHub counts it does not say: here, every write."""
REPOSITORIES = (20, 100, 300, 1_000)
PER_DAY, PER_MONTH, DAYS = 10, 60, 31
"""Caps of one repository in the table, in whole dollars."""


def installation(repositories: int) -> int:
    """Requests an hour of an App that is installed on so many."""
    return min(APP_MOST, APP_LEAST + APP_EACH * max(0, repositories - APP_FREE))


def counts() -> list[str]:
    rows = ["| a command | REST requests | of them writes | points | GraphQL |", "|---|---|---|---|---|"]
    return rows + [f"| {name} | {each.rest} | {each.writes} | {each.points} | {each.graphql} |" for name, each in COUNTED.items()]


def hours() -> list[str]:
    best, worst = COUNTED[FIX], COUNTED[WORST]
    rows = [f"| of one hour | limit | fixes, at {best.rest} each | at {worst.rest} each |", "|---|---|---|---|"]
    limits = {f"{name}: each repository": limit for name, limit in LIMITS.items()}
    limits |= {f"an App on {count:,} repositories: all together": installation(count) for count in REPOSITORIES}
    rows += [f"| {name} | {limit:,} | {limit // best.rest:,} | {limit // worst.rest:,} |" for name, limit in limits.items()]
    made = f"| what makes content, of one identity, at {best.writes} and {worst.writes} each | {MADE:,} |"
    return [*rows, f"{made} {MADE // best.writes} | {MADE // worst.writes} |"]


def money() -> list[str]:
    rows = [
        f"| repositories | a day, at ${PER_DAY} | a month without a cap of its own | a month, at ${PER_MONTH} |",
        "|---|---|---|---|",
    ]
    month = min(PER_MONTH, PER_DAY * DAYS)
    return rows + [f"| {n:,} | ${n * PER_DAY:,} | ${n * PER_DAY * DAYS:,} | ${n * month:,} |" for n in REPOSITORIES]


def tables() -> str:
    points = COUNTED[FIX].points
    minute = f"In one minute {POINTS} points: {POINTS // points} fixes of {points} each, if all they ask fell into the same one."
    return "\n".join([*counts(), "", minute, "", *hours(), "", *money()]) + "\n"
