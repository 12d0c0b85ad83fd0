"""Spans of runs: all of a run lie in one trace, whichever jobs they are of, below a root whose id every job knows beforehand."""

from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, set_span_in_context
from opentelemetry.trace import Span as Live

from bot.core.spans import WORKFLOW, Span


class Ids(RandomIdGenerator):
    """Chance, but for a root, whose ids follow from its run."""

    root: tuple[int, int] | None = None

    def generate_trace_id(self) -> int:
        return self.root[0] if self.root else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.root[1] if self.root else super().generate_span_id()


@dataclass(frozen=True, slots=True)
class Tracing:
    """Instants are nanoseconds since 1970."""

    provider: TracerProvider
    ids: Ids

    def below_root(self, ids: tuple[int, int]) -> Context:
        """The parent of a run's steps. Whether a run is sampled follows from its trace's id, so all its jobs agree."""
        decided = self.provider.sampler.should_sample(Context(), ids[0], WORKFLOW).decision
        sampled = decided is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        return set_span_in_context(NonRecordingSpan(SpanContext(*ids, is_remote=True, trace_flags=flags)), Context())

    def root(self, told: Span, ids: tuple[int, int], start: int, end: int) -> None:
        self.ids.root = ids
        try:
            span = self.begun(told, Context(), start)
        finally:
            self.ids.root = None
        ended(span, told, end)

    def begun(self, told: Span, parent: Context, start: int, kind: SpanKind = SpanKind.INTERNAL) -> Live:
        tracer = self.provider.get_tracer(WORKFLOW)
        return tracer.start_span(told.name, parent, kind, attributes=told.values, start_time=start)


def ended(span: Live, told: Span, end: int) -> None:
    span.update_name(told.name)
    span.set_attributes(told.values)
    if told.failed:
        span.set_attribute("error.type", told.failed)
        span.set_status(Status(StatusCode.ERROR))
    span.end(end)
