"""What a run that is cut off has told, and the trace in which the same command goes on."""

import signal
import subprocess
import time
from pathlib import Path

from tests.fakes.collector import Collector
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.typed import started, typed
from tests.flow.review.verdicts import FINE
from tests.flow.telemetry.observed import TASK, named, only, told


def interrupted(folder: Path, models: Server, collector: Collector, by: signal.Signals) -> subprocess.Popen[str]:
    """Ended in the second lane's first call, once what was before it is told."""
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [{**GOOD, "delay": 20}])
    running: list[subprocess.Popen[str]] = []

    def end(model: str) -> None:
        if model == "m-strong":
            deadline = time.monotonic() + 10
            while "prove" not in named(collector.spans) and time.monotonic() < deadline:
                time.sleep(0.05)
            running[0].send_signal(by)

    models.meanwhile = end
    env = told(collector.url, OTEL_BSP_SCHEDULE_DELAY="50")
    running.append(started("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env))
    running[0].communicate(timeout=60)
    return running[0]


def test_a_killed_run_has_told_what_it_did_until_then(folder, models, collector):
    assert interrupted(folder, models, collector, signal.SIGKILL).returncode == -signal.SIGKILL
    spans = collector.spans
    assert {"route", "chat m-fast", "invoke_agent fast", "prove"} == set(named(spans))
    assert len({span.trace for span in spans}) == 1


def test_an_interrupted_run_says_that_it_was_stopped_and_in_which_call(folder, models, collector):
    assert interrupted(folder, models, collector, signal.SIGINT).returncode == 130
    spans = collector.spans
    assert only(spans, "chat m-strong").values["error.type"] == "KeyboardInterrupt"
    assert only(spans, "invoke_agent strong").values["error.type"] == "cut_off"
    root = only(spans, "invoke_workflow route-agent")
    assert (root.values["route_agent.result"], root.error) == ("stopped", True)


def test_the_same_command_goes_on_in_the_same_trace(folder, models, collector):
    interrupted(folder, models, collector, signal.SIGKILL)
    models.meanwhile = lambda model: None
    models.script("m-strong", [GOOD, DONE])
    models.script("m-judge", [FINE])
    before = len(collector.spans)
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    assert "result: pass" in done.stdout
    later = collector.spans[before:]
    assert only(later, "invoke_workflow route-agent").values["route_agent.attempts"] == 2
    assert "invoke_agent fast" not in named(later), "it was told already"
    assert len({span.trace for span in collector.spans}) == 1
