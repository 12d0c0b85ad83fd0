"""The SDK, set up for one process: spans and metrics in the background, and an end that nobody has to wait for long."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.version import __version__ as sdk

from bot.core.spans import WORKFLOW
from bot.edge.telemetry.meters import Meters
from bot.edge.telemetry.runs import Asked, Booked, Kept, Run
from bot.edge.telemetry.tracing import Ids, Tracing
from bot.ports import Kit

TIMEOUT = 3.0
"""Seconds for a batch, tries included: the SDK's own ten are longer than a run should wait for."""
PATIENCE = 5.0
"""Seconds after which what is still on its way is given up."""


class Signals:
    """An `Observer`. The global providers stay as they are: no other library's spans go along."""

    def __init__(self, wanted: Collection[str], say: Callable[[str], None]) -> None:
        self._say, self._trouble, self._runs = say, _trouble(), list[Run]()
        ids, resource = Ids(), _resource()
        self._traces = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
        if "TRACES" in wanted:
            self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=TIMEOUT)))
        readers = [PeriodicExportingMetricReader(OTLPMetricExporter(timeout=TIMEOUT))] if "METRICS" in wanted else []
        self._metrics = MeterProvider(readers, resource, shutdown_on_exit=False)
        self._tracing = Tracing(self._traces, ids)
        self._meters = Meters(self._metrics.get_meter(WORKFLOW))
        if self._trouble.worst >= logging.WARNING:
            say("a variable OTEL_* has no fit value: its default is taken")

    def observed(self, kit: Kit) -> Kit:
        run = Run(self._tracing, self._meters, time.time_ns)
        self._runs.append(run)
        bench = replace(kit.bench, model=Asked(kit.bench.model, run)) if kit.bench else None
        return replace(kit, ledger=Booked(kit.ledger, run), keeper=Kept(kit.keeper, run), bench=bench)

    def close(self) -> None:
        """The exporters' threads are daemons: one that hangs in a request dies with the process."""
        with suppress(KeyboardInterrupt):  # who ends the run again does not want to wait
            while self._runs:
                self._runs.pop().end()
            ends = [threading.Thread(target=each.shutdown, daemon=True) for each in (self._traces, self._metrics)]
            deadline = time.monotonic() + PATIENCE
            for end in ends:
                end.start()
            for end in ends:
                end.join(max(0.0, deadline - time.monotonic()))
            if self._trouble.worst >= logging.ERROR or any(end.is_alive() for end in ends):
                self._say("the collector did not take everything; see OTEL_EXPORTER_OTLP_ENDPOINT")


class _Trouble(logging.Handler):
    """What the SDK logs is for nobody's terminal, and may hold an address or a header; how bad it was is."""

    worst = logging.NOTSET

    def emit(self, record: logging.LogRecord) -> None:
        self.worst = max(self.worst, record.levelno)


def _trouble() -> _Trouble:
    handler, logger = _Trouble(logging.WARNING), logging.getLogger("opentelemetry")
    logger.handlers, logger.propagate = [handler], False
    return handler


def _resource() -> Resource:
    """Ours, and over it what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say. Other detectors look at the command line.

    Each process is an instance of its own, so that counters of runs side by side are not taken for one that jumps.
    """
    own: dict[str, str] = {"service.name": WORKFLOW, "service.instance.id": str(uuid4())}
    own |= {"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "python", "telemetry.sdk.version": sdk}
    with suppress(PackageNotFoundError):  # a checkout
        own["service.version"] = version("route-agent")
    return Resource(own).merge(OTELResourceDetector().detect())
