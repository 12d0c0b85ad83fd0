"""Metrics: calls and tokens as the GenAI conventions name them, runs and money by names of our own."""

from collections.abc import Mapping

from opentelemetry.metrics import Meter

from bot.core.cost import Tokens
from bot.core.ledger import Record
from bot.core.spans import Span, Value, lane_of, name
from bot.core.spend import Charge

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
LONG = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
"""The conventions' bucket bounds; those of whole attempts and runs are ours."""
DIMENSIONS = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.agent.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
    "route_agent.lane",
    "route_agent.class",
    "route_agent.result",
)
"""What of a span's values tells series apart."""


class Meters:
    """Tokens are told twice: as the histogram of conventions up to 1.41, which dashboards read, and as the counters after it."""

    def __init__(self, meter: Meter) -> None:
        self._call = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._agent = meter.create_histogram(
            "gen_ai.invoke_agent.duration",
            "s",
            "Duration of an attempt, a review or a run.",
            explicit_bucket_boundaries_advisory=LONG,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of a call.", explicit_bucket_boundaries_advisory=TOKENS
        )
        self._used = {
            kind: meter.create_counter(f"gen_ai.client.inference.usage.{kind}_tokens", "{token}", f"All {kind} tokens used.")
            for kind in ("input", "output")
        }
        self._runs = meter.create_counter("route_agent.runs", "{run}", "Runs that came to an end.")
        self._cost = meter.create_counter("route_agent.cost", "{micro_usd}", "What calls cost, in micro-dollars.")
        self._unknown = meter.create_counter("route_agent.cost.unknown", "{call}", "Calls of which nobody knows what they cost.")

    def called(self, told: Span, tokens: Tokens | None, seconds: float) -> None:
        """One call of a model. Tokens that nobody counted are no zero."""
        shared = _dimensions(told)
        self._call.record(seconds, _failing(shared, told))
        for kind, count in (("input", tokens.input), ("output", tokens.output)) if tokens is not None else ():
            self._tokens.record(count, {**shared, "gen_ai.token.type": kind})
            self._used[kind].add(count, {**shared, "gen_ai.token.modality": "text"})

    def took(self, told: Span, seconds: float) -> None:
        self._agent.record(seconds, _failing(_dimensions(told), told))

    def charged(self, charge: Charge) -> None:
        lane = {"route_agent.lane": name(charge.lane)}
        if charge.micros is None:
            self._unknown.add(1, lane)
        else:
            self._cost.add(charge.micros, lane)

    def finished(self, record: Record) -> None:
        self._runs.add(
            1,
            {
                "route_agent.result": record.result,
                "route_agent.lane": lane_of(record),
                "route_agent.class": record.task_class,
            },
        )


def _dimensions(told: Span) -> dict[str, Value]:
    return {key: told.values[key] for key in DIMENSIONS if key in told.values}


def _failing(shared: Mapping[str, Value], told: Span) -> Mapping[str, Value]:
    return {**shared, "error.type": told.failed} if told.failed else shared
