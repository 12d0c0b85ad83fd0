"""The bench's own arithmetic and journal; what it installs and measures is its own business, and no test's."""

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.figures import Figure, Run, figures, ratio, sent, steps
from bench.journal import Entry, Journal
from bench.watch import watch


def run(**given: Any) -> Run:
    plain = {"start": 1.0, "steps": (0.1, 0.2, 0.6), "after": 0.5, "before": 0.25, "wall": 3.0}
    return Run(**{**plain, "own_mb": 60.0, "tree_mb": 90.0, "requests": 4, "sent": (80, 120, 200), **given})


def test_a_step_lasts_from_an_answer_to_the_request_that_follows():
    entries = (Entry(1.0, 1.5, {}), Entry(1.75, 3.0, {}), Entry(3.5, 3.5, {}))
    assert steps(entries) == (0.25, 0.5)


def test_what_the_proof_takes_is_subtracted_from_the_start_and_from_the_whole():
    found = run().figures()
    assert found["start_without_proof"] == 0.75
    assert found["wall_without_proof"] == 2.25
    assert found["step_mean"] == pytest.approx(0.3)
    assert found["step_median"] == 0.2


def test_tokens_are_a_quarter_of_the_bytes_of_all_prompts_of_the_first_and_of_what_a_step_adds():
    found = run().figures()
    assert (found["tokens"], found["tokens_first"], found["tokens_step"]) == (100, 20, 15)


def test_the_least_and_the_median_of_the_runs_are_given_and_the_ratio_is_of_the_medians():
    found = figures([run(wall=wall) for wall in (9.0, 3.0, 4.0)])
    assert found["wall"] == Figure(3.0, 4.0)
    assert ratio(Figure(1.0, 3.0), Figure(5.0, 4.0)) == 0.75


def test_prompt_bytes_are_those_of_messages_and_tools_however_they_were_written():
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "ü"}], "tools": []}
    assert sent(body) == len('{"messages":[{"role":"user","content":"ü"}],"tools":[]}'.encode())
    assert sent({"messages": []}) == len('{"messages":[]}')


def asked(connection: HTTPConnection, **body: Any) -> tuple[int, Any]:
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m", **body}))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_server_answers_by_its_script_and_keeps_when_and_what_it_was_asked():
    with Journal([{"action": "read", "path": "a"}]) as journal:
        connection = HTTPConnection(urlsplit(journal.url).netloc)
        started = time.monotonic()
        status, first = asked(connection, messages=["one"], tools=[])
        ended = time.monotonic()
        refused, _ = asked(connection, messages=["two"], tools=[])
        connection.close()
    call = first["choices"][0]["message"]["tool_calls"][0]["function"]
    assert (status, call["name"], json.loads(call["arguments"])) == (200, "read", {"path": "a"})
    assert refused == 404, "a step too many is not made up"
    assert [entry.body["messages"] for entry in journal.entries] == [["one"], ["two"]]
    assert started < journal.entries[0].arrived < journal.entries[0].answered < ended


def test_a_watched_process_is_measured_with_what_it_starts(tmp_path: Path):
    child = "import sys, time; held = bytearray(80_000_000); print('up', file=sys.stderr, flush=True); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); raise SystemExit(3)"
    seen = watch([sys.executable, "-c", parent], {}, tmp_path, tmp_path / "out")
    assert seen.code == 3
    assert [text for _, text in seen.said] == ["up"]
    assert seen.started < seen.said[0][0] < seen.ended - 0.4
    assert seen.own_mb < 60
    assert 76 < seen.tree_mb < 140


def test_the_bench_says_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "bench/overhead.py", "--help"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--runs" in done.stdout
