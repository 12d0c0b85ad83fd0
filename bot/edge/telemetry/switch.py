"""Whether telemetry is asked for, by OpenTelemetry's own variables. Where it is not, nothing of OpenTelemetry is loaded."""

from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import unquote, urlsplit

from bot.ports import UNOBSERVED, Observer

Signal = Literal["TRACES", "METRICS"]
SIGNALS: tuple[Signal, ...] = ("TRACES", "METRICS")


def opened(env: Mapping[str, str], say: Callable[[str], None]) -> Observer:
    """`env` is the process's own environment, from which the SDK reads the rest: call this before it is cleaned.

    Whatever is wrong with the set-up is one line of `say`, and nobody is told anything.
    """
    wanted = tuple(signal for signal in signals(env) if _spoken(env, signal, say))
    if not wanted:
        return UNOBSERVED
    try:
        from bot.edge.telemetry.signals import Signals  # noqa: PLC0415 - a second; only where it is asked for
    except ImportError:
        say("nothing is sent, the extra is missing: pip install 'route-agent[otel]'")
        return UNOBSERVED
    try:
        return Signals(wanted, say)
    except (ValueError, RuntimeError, ImportError, OSError) as error:  # not in its words: they may hold a header
        say(f"nothing is sent: a variable OTEL_* has no fit value ({type(error).__name__})")
        return UNOBSERVED


def signals(env: Mapping[str, str]) -> tuple[Signal, ...]:
    """What is to be sent: an endpoint has to be named, and neither the SDK nor the signal's exporter be switched off."""
    if _lower(env, "OTEL_SDK_DISABLED") == "true":
        return ()
    return tuple(signal for signal in SIGNALS if _either(env, signal, "ENDPOINT") and _exported(env, signal))


def _exported(env: Mapping[str, str], signal: Signal) -> bool:
    """Of several exporters ours is taken; what only others are named for is theirs."""
    return "otlp" in (_lower(env, f"OTEL_{signal}_EXPORTER") or "otlp").replace(" ", "").split(",")


def _spoken(env: Mapping[str, str], signal: Signal, say: Callable[[str], None]) -> bool:
    protocol = _either(env, signal, "PROTOCOL").lower()
    if protocol in ("", "http/protobuf"):
        return True
    say(f"no {signal.lower()} are sent: OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf")
    return False


def _either(env: Mapping[str, str], signal: Signal, name: str) -> str:
    """The signal's own variable, else the one for all."""
    own = env.get(f"OTEL_EXPORTER_OTLP_{signal}_{name}", "").strip()
    return own or env.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()


def _lower(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip().lower()


def secrets(env: Mapping[str, str]) -> tuple[str, ...]:
    """What no text may hold: the values of the collector's headers, as written and as sent, and a password in its address."""
    found: list[str] = []
    for name, value in env.items():
        if name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith("HEADERS"):
            values = [pair.partition("=")[2].strip() for pair in value.split(",")]
            found += [value, *values, *map(unquote, values), *(unquote(each).rpartition(" ")[2] for each in values)]
        if name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith("ENDPOINT"):
            found.append(_password(value))
    return tuple(dict.fromkeys(filter(None, found)))


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
