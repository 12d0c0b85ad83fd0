"""A ledger's lines as they lie in a file: the fields that reports count, and what each may be. Others are passed over.

A branch or a file is an input like any other, so every number has its range and every text its length.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from bot.core.words import Found, Result, TaskClass, What

Micros = Annotated[int, Meta(ge=0, le=10**12)]
"""Micro-dollars, up to a million dollars: what is beyond that no run has cost."""
Seconds = Annotated[float, Meta(ge=0, le=10**7)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Short = Annotated[str, Meta(max_length=300)]
Instant = Annotated[str, Meta(pattern=r"\A2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z\Z")]
"""ISO 8601 in UTC, of this millennium, so that a day can be counted on from it; that there is such a day, `read` looks at."""
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,80}\Z")]
"""No path, no line's end: ids become names of files and parts of messages."""


class Reading(Struct, gc=False):
    kind: str
    value: Count = 0


class Signal(Struct, gc=False):
    name: Short
    reading: Reading
    because: Annotated[list[str], Meta(max_length=10_000)] = []


class Part(Struct, gc=False):
    points: Count


class Score(Struct, gc=False):
    parts: Annotated[list[Part], Meta(max_length=50)]


class Place(Struct, gc=False):
    path: Annotated[str, Meta(max_length=4096)]


class Route(Struct, gc=False):
    lane: Short | None = None
    because: Annotated[list[str], Meta(max_length=50)] = []


class File(Struct, gc=False):
    path: Annotated[str, Meta(max_length=4096)]
    added: Count
    removed: Count


class Item(Struct, gc=False):
    name: Short
    state: Literal["passed", "failed", "not_run", "not_applicable"]
    strength: str
    seconds: Seconds = 0.0
    micros: Micros | None = 0


class Confidence(Struct, gc=False):
    value: Share


class Decision(Struct, gc=False):
    kind: Literal["accept", "escalate", "stop"]
    reason: Short | None = None
    code: Short = ""


class Tokens(Struct, gc=False):
    """Never summed here; looked at, since exports pass them on."""

    input: Count
    output: Count
    cached: Count = 0
    written: Count = 0
    reasoning: Count = 0


class Attempt(Struct, gc=False):
    lane: Short
    asked: Short
    model: Short
    ended: Short
    calls: Count
    tokens: Tokens
    disputed: Count
    guessed: Count
    cost_micros: Micros | None
    reckoned_micros: Micros
    seconds: Seconds
    self_confidence: Share | None
    files: Annotated[list[File], Meta(max_length=10_000)]
    evidence: Annotated[list[Item], Meta(max_length=1_000)]
    confidence: Confidence
    decision: Decision


class Estimate(Struct, gc=False):
    micros: Micros


class Record(Struct, gc=False, tag="record", tag_field="kind"):
    id: Id
    at: Instant
    repo: Short
    task_class: TaskClass
    signals: Annotated[list[Signal], Meta(max_length=50)]
    places: Annotated[list[Place], Meta(max_length=10_000)]
    score: Score
    route: Route
    attempts: Annotated[list[Attempt], Meta(max_length=16)]
    result: Result
    threshold: Share
    cost_micros: Micros | None
    verification_micros: Micros | None
    always_strong: Estimate | None
    seconds: Seconds
    version: Literal[1]
    number: Count | None = None
    confidence: Confidence | None = None
    propensity: Share = 1.0
    proof: Short = "sandbox"
    pull_request: str | None = None
    pull_request_open: bool = False
    audits: Short | None = None


class Outcome(Struct, gc=False, tag="outcome", tag_field="kind"):
    run: Id
    at: Instant
    what: What
    pull: Count | None
    version: Literal[1]
    lines: Count | None = None


class Reserved(Struct, gc=False, tag="reserved", tag_field="kind"):
    run: Id
    micros: Micros


class Held(Struct, gc=False, tag="held", tag_field="kind"):
    run: Id
    micros: Micros


class Charge(Struct, gc=False, tag="charge", tag_field="kind"):
    run: Id
    micros: Micros | None


class Settled(Struct, gc=False, tag="settled", tag_field="kind"):
    run: Id
    micros: Micros | None


class Begun(Struct, gc=False, tag="begun", tag_field="kind"):
    id: Id


class Imported(Struct, gc=False, tag="imported", tag_field="kind"):
    source: Short
    repo: Short | None
    instance: Short
    model: Short
    lane: Short | None
    result: Found
    cost_micros: Micros | None
    calls: Count | None
    seconds: Seconds | None
    version: Literal[1]


Shape = Record | Outcome | Reserved | Held | Charge | Settled | Begun | Imported
