"""One run, looked at where its kit keeps its Trail, asks a model and books money: the flow knows nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from opentelemetry.context import Context
from opentelemetry.trace import Span as Live
from opentelemetry.trace import SpanKind, set_span_in_context

from bot.core import spans
from bot.core.cost import Cost, Price, Unpriced
from bot.core.entries import Reviewed, Tried
from bot.core.lane import Lane
from bot.core.ledger import Line, Record
from bot.core.recall import used
from bot.core.spans import Span
from bot.core.spend import Charge
from bot.core.standing import Standing
from bot.core.trail import Trail
from bot.edge.telemetry.meters import Meters
from bot.edge.telemetry.tracing import Tracing, ended
from bot.ports import Keeper, Ledger, Model, Moved, Prompt, Reply, Unkept

CUT = "cut_off"


class Run:
    """A step lasts from one keeping of the Trail to the next, and has its span when it is over: a killed run shows what it did."""

    def __init__(self, tracing: Tracing, meters: Meters, instant: Callable[[], int]) -> None:
        """`instant` gives nanoseconds since 1970."""
        self._tracing, self._meters, self._instant = tracing, meters, instant
        self._trail: Trail | None = None
        self._record: Record | None = None
        self._root = Context()
        self._mark = self._last = instant()
        self._step: Live | None = None
        self._moved: set[str] = set()

    def reached(self, trail: Trail) -> None:
        before, self._trail = self._trail, trail
        if before is None:
            self._root = self._tracing.below_root(spans.ids(trail.opened))
            if not trail.entries:
                self._opened(trail)
        elif len(trail.entries) > len(before.entries):
            self._stepped(trail)

    def kept(self) -> None:
        """The next step begins."""
        self._mark = self._last = self._instant()

    def _opened(self, trail: Trail) -> None:
        start, end = spans.beginning(trail.opened) or (self._mark, self._mark)
        told = spans.route(trail.opened)
        ended(self._tracing.begun(told, self._root, start), told, end)

    def _stepped(self, trail: Trail) -> None:
        now, told = self._instant(), spans.step(trail)
        if self._step is not None:
            self._meters.took(told, (now - self._mark) / 1e9)
        elif isinstance(trail.last, Tried | Reviewed) and used(trail.last).calls:
            told = replace(told, values={**told.values, "route_agent.taken_over": True})  # another job has told of its calls
        ended(self._step or self._tracing.begun(told, self._root, self._mark), told, now)
        self._step = None

    def ask(self, lane: Lane, prompt: Prompt, send: Callable[[Lane, Prompt], Reply]) -> Reply:
        """One call, as a child of the step that makes it."""
        model = lane.fallback if lane.fallback and lane.name in self._moved else lane.model
        told, start = spans.chat(lane, model, prompt.max_output_tokens, prompt.session), self._instant()
        if self._step is None:
            agent = spans.agent(lane)
            self._step = self._tracing.begun(Span(f"invoke_agent {agent['gen_ai.agent.name']}", agent), self._root, self._mark)
        live = self._tracing.begun(told, set_span_in_context(self._step, Context()), start, SpanKind.CLIENT)
        try:
            reply = send(lane, prompt)
        except BaseException as error:
            if isinstance(error, Moved):
                self._moved.add(lane.name)
            self._called(live, replace(told, failed=type(error).__name__), None, start)
            raise
        said = spans.answer(reply.model, reply.tokens, reply.cost, cut_off=reply.cut_off)
        self._called(live, replace(told, values={**told.values, **said}), reply, start)
        return reply

    def _called(self, live: Live, told: Span, reply: Reply | None, start: int) -> None:
        now = self._instant()
        self._meters.called(told, reply.tokens if reply else None, (now - start) / 1e9)
        ended(live, told, now)

    def booked(self, item: Line) -> None:
        self._last = self._instant()
        match item:
            case Charge():
                self._meters.charged(item)
            case Record():
                self._record = item
                self._meters.finished(item)
            case _:
                pass

    def end(self) -> None:
        """The process ends. The root is told by the job in which the run came to its end; the others leave it to that one."""
        if self._step is not None:
            self._step.set_attribute("error.type", CUT)
            self._step.end(self._instant())
            self._step = None
        if self._record is None or self._trail is None:
            return
        opened, told = self._trail.opened, spans.run(self._record)
        start, _ = spans.beginning(opened) or (self._mark, self._mark)
        self._meters.took(told, (self._last - start) / 1e9)
        self._tracing.root(told, spans.ids(opened), start, self._last)


@dataclass(frozen=True, slots=True)
class Kept:
    inner: Keeper
    run: Run

    def keep(self, trail: Trail) -> None:
        self.run.reached(trail)
        self.inner.keep(trail)
        self.run.kept()


@dataclass(frozen=True, slots=True)
class Booked:
    inner: Ledger
    run: Run

    def append(self, item: Line) -> None:
        self.inner.append(item)
        self.run.booked(item)

    def spent(self, run: str) -> int | None:
        return self.inner.spent(run)

    def standing(self, now: str) -> Standing:
        return self.inner.standing(now)

    def unkept(self) -> Unkept | None:
        return self.inner.unkept()


@dataclass(frozen=True, slots=True)
class Asked:
    inner: Model
    run: Run

    def price(self, lane: Lane) -> Price | Unpriced:
        return self.inner.price(lane)

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced:
        return self.inner.worst(lane, sent, made)

    def ready(self, lane: Lane) -> None:
        self.inner.ready(lane)

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        return self.run.ask(lane, prompt, self.inner.ask)
