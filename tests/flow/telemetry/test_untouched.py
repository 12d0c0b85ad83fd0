"""No collector can touch a run: neither one that fails, nor one that nobody named, nor a missing extra."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.core.keys import SEND_KEY
from tests.fakes.collector import Collector
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.typed import ENV, ROOT, started, typed
from tests.flow.review.verdicts import FINE
from tests.flow.telemetry.observed import KEY, RUN, SAID, TASK, TOKEN, fixed, scripted, shop_in, told


def timed(folder: Path, models: Server, env: Mapping[str, str]) -> tuple[subprocess.CompletedProcess[str], float]:
    """The same, and how many seconds lie between its last word on standard output and its end."""
    scripted(models)
    with started(*RUN, cwd=folder, more=env) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        rows, said = [], time.monotonic()
        for row in run.stdout:
            rows.append(row)
            said = time.monotonic()
        took, rest = time.monotonic() - said, run.stderr.read()
    return subprocess.CompletedProcess(run.args, run.returncode, "".join(rows), rest), took


def steady(text: str) -> list[str]:
    """Without how long it took, and without the names of the commit and of the run that follows from it."""
    lines = [line for line in text.splitlines() if not line.startswith(("latency_seconds", "  "))]
    return [re.sub(r"\b[0-9a-f]{10,12}\b|\d+\.\d s", "…", line) for line in lines]


def refused() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What a run says of which nobody is told."""
    with Server() as models:
        return fixed(shop_in(tmp_path_factory.mktemp("plain"), models), models, {"SHOP_API_KEY": KEY, SEND_KEY: SAID})


@pytest.mark.parametrize("how", ["refuses", "500", "503", "hangs", "no address"])
def test_a_collector_that_fails_changes_nothing_but_a_line_of_progress_and_seconds(folder, models, plain, how):
    with Collector(status=int(how) if how.isdecimal() else 200, delay=60.0 if how == "hangs" else 0.0) as bad:
        url = {"refuses": refused(), "no address": "not an address"}.get(how, bad.url)
        done, took = timed(folder, models, told(url))
    assert took < 15, "five seconds after the report, and as much again and more for a busy machine"
    assert (done.returncode, steady(done.stdout)) == (plain.returncode, steady(plain.stdout))
    assert "result: pass" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "telemetry" in line]
    assert "the collector did not take everything" in said
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


def test_what_the_sdk_cannot_read_is_one_line_and_the_run_goes_on(folder, models, collector):
    for variables, said in (
        ({"OTEL_METRIC_EXPORT_INTERVAL": "-1"}, "nothing is sent: a variable OTEL_* has no fit value (ValueError)"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "no metrics are sent: OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf"),
    ):
        models.script("m-fast", [GOOD, DONE])
        models.script("m-judge", [FINE])
        done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url, **variables))
        assert "result: pass" in done.stdout
        assert said in " ".join(done.stderr.split())
    assert collector.bodies == []
    models.script("m-fast", [GOOD, DONE])
    models.script("m-judge", [FINE])
    env = told(collector.url, OTEL_EXPORTER_OTLP_COMPRESSION=TOKEN)
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env)
    assert "a variable OTEL_* has no fit value: its default is taken" in done.stderr
    assert "did not take everything" not in done.stderr
    assert TOKEN not in done.stderr
    assert collector.spans


def test_without_the_extra_one_line_names_the_remedy_and_the_run_goes_on(folder, models, collector, tmp_path):
    """An installation without it: a finder that does not find, as there would be nothing to be found."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text(
        "import sys\n\n\nclass Missing:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n\n\nsys.meta_path.insert(0, Missing())\n"
    )
    env = told(collector.url, PYTHONPATH=f"{tmp_path / 'bare'}:{ROOT}")
    done = fixed(folder, models, env)
    assert "result: pass" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "telemetry" in line]
    assert "pip install 'route-agent[otel]'" in said
    assert collector.bodies == []


LOADED = """
import os, sys
from bot.cli import main
code = main(sys.argv[1:])
print([name for name in sys.modules if name.startswith("opentelemetry")], file=sys.stderr)
print([name for name in os.environ if name.startswith("OTEL_")], file=sys.stderr)
raise SystemExit(code)
"""


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_SERVICE_NAME": "bots"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
    ],
)
def test_a_run_that_nobody_is_told_of_loads_nothing_of_opentelemetry(folder, models, variables):
    done = loaded(folder, models, variables)
    assert done.stderr.splitlines()[-2] == "[]"


def test_the_variables_are_gone_once_they_are_read(folder, models, collector):
    done = loaded(folder, models, told(collector.url))
    assert "opentelemetry.sdk" in done.stderr.splitlines()[-2]
    assert done.stderr.splitlines()[-1] == "[]"


def loaded(folder: Path, models: Server, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    models.script("m-fast", [GOOD, DONE])
    models.script("m-judge", [FINE])
    command = [sys.executable, "-c", LOADED, "--task", TASK, "--policy", "../policy.yml"]
    env = {**ENV, "SHOP_API_KEY": KEY, SEND_KEY: SAID, **more}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert "result: pass" in done.stdout, done.stderr
    return done
