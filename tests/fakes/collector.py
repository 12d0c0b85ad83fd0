"""A collector of OpenTelemetry on loopback: it takes spans and metrics over OTLP/HTTP; it can refuse, and be late."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    start: int
    end: int
    error: bool
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """`sum` and `count` of a histogram; of a counter both are its value."""

    metric: str
    sum: float
    count: float
    values: Mapping[str, Any]


@dataclass
class Collector:
    status: int = 200
    delay: float = 0.0
    """Seconds before anything is answered."""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def spans(self) -> list[Span]:
        return [span for path, body in self.bodies if path == "/v1/traces" for span in _spans(body)]

    @property
    def points(self) -> list[Point]:
        """Of the last export of each process; what it sent before is counted again in that."""
        last = {_instance(body): body for path, body in self.bodies if path == "/v1/metrics"}
        return [point for body in last.values() for point in _points(body)]

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [_values(part.resource.attributes) for path, body in self.bodies if path == "/v1/traces" for part in _traces(body)]

    @property
    def text(self) -> str:
        """Everything that was sent; texts in protobuf stand there as they are."""
        return b"".join(body for _, body in self.bodies).decode(errors="replace")


def _traces(body: bytes) -> Any:
    return ExportTraceServiceRequest.FromString(body).resource_spans


def _spans(body: bytes) -> Iterable[Span]:
    for span in (span for part in _traces(body) for scope in part.scope_spans for span in scope.spans):
        yield Span(
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.kind,
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            span.status.code == 2,
            _values(span.attributes),
        )


def _instance(body: bytes) -> str:
    (part,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    return str(_values(part.resource.attributes)["service.instance.id"])


def _points(body: bytes) -> Iterable[Point]:
    for part in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        for metric in (metric for scope in part.scope_metrics for metric in scope.metrics):
            for point in metric.histogram.data_points:
                yield Point(metric.name, point.sum, point.count, _values(point.attributes))
            for number in metric.sum.data_points:
                value = number.as_double if number.HasField("as_double") else number.as_int
                yield Point(metric.name, value, value, _values(number.attributes))


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.bodies.append((self.path, body))
            collector.stopping.wait(collector.delay)
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

    return Handler
