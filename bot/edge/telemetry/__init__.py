"""OpenTelemetry: what runs do, told over OTLP/HTTP to the collector that the standard `OTEL_*` variables name."""
