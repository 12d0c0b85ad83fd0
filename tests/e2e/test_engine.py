"""The engine under the stories: it runs what GitHub would run, and reports it as GitHub would."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.engine import ROOT, Place, checkout, execute
from tests.e2e.origin import Origin

pytestmark = pytest.mark.engine

OWN = """
name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - run: cat word.txt; echo " $GITHUB_SHA ${{ github.ref }} ${{ github.actor }} $GITHUB_RUN_ID ${{ github.token }}"
  red:
    runs-on: ubuntu-latest
    steps:
      - name: gone over
        run: exit 3
        continue-on-error: true
      - name: never
        if: false
        run: echo never
      - name: red
        run: |
          echo "::error file=a.py,line=3::no good"
          sleep 1
          exit 2
      - name: after
        run: echo after
  later:
    needs: red
    runs-on: ubuntu-latest
    steps:
      - run: echo later
"""


def test_a_workflow_runs_on_the_commit_of_its_branch_and_jobs_and_steps_are_reported_as_github_lists_them(tmp_path):
    with Origin(tmp_path / "origin", "ghs_secret") as origin:
        sha = origin.commit({"word.txt": "hello"})
        place = Place(origin.url, token=origin.token)
        outcome = execute(OWN, "push", {}, place, branch="route-agent/7/5-1", sha=sha, actor="mona", env={"GITHUB_RUN_ID": "77"})

    assert outcome.conclusions == {"test": "success", "red": "failure", "later": "skipped"}, str(outcome)
    assert outcome.conclusion == "failure"
    assert f"Z hello {sha} refs/heads/route-agent/7/5-1 mona 77 ***\n" in outcome.job("test").log
    red = outcome.job("red")
    assert red.states == {
        "Set up job": "success",
        "gone over": "success",
        "never": "skipped",
        "red": "failure",
        "after": "skipped",
        "Complete job": "success",
    }
    assert red.step("gone over").outcome == "failure"
    assert "Z ##[error]no good\n" in red.log
    assert red.log.isascii(), "nothing of the engine's own is in it"


def test_a_run_that_does_not_end_is_cancelled():
    slow = "on: push\njobs:\n  slow:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sleep 61.125\n"
    outcome = execute(slow, "push", {}, Place("http://127.0.0.1:9"), timeout=8)

    assert outcome.conclusions == {"slow": "cancelled"}
    assert "not ended within 8 s" in outcome.said


def test_a_run_whose_engine_dies_is_an_error_with_the_engines_last_words_and_no_cancelled_job():
    dies = "on: push\njobs:\n  dies:\n    runs-on: ubuntu-latest\n    steps:\n      - run: kill -QUIT $PPID; sleep 3\n"
    with pytest.raises(RuntimeError, match=r"before its jobs did, with exit code 2:\n(.*\n)*.*SIGQUIT"):
        execute(dies, "push", {}, Place("http://127.0.0.1:9"))


MATRIX = """
on:
  workflow_dispatch:
    inputs: {code: {type: string}}
jobs:
  one:
    name: ${{ matrix.word }}
    runs-on: ubuntu-latest
    strategy:
      matrix:
        include:
          - {word: red-1, code: "${{ inputs.code }}"}
          - {word: green, code: 0}
    steps:
      - run: echo "engine $PPID"
      - run: sleep 1; exit ${{ matrix.code }}
"""


def test_each_job_of_a_matrix_has_an_engine_of_its_own_and_the_result_of_its_own_steps():
    outcome = execute(MATRIX, "workflow_dispatch", {}, Place("http://127.0.0.1:9"), inputs={"code": "3"})

    assert outcome.conclusions == {"red-1": "failure", "green": "success"}, str(outcome)
    assert len({engine for job in outcome.jobs for engine in re.findall(r"engine (\d+)", job.log)}) == 2


def test_processes_that_lay_out_the_action_at_once_all_have_it():
    there = checkout()
    shutil.rmtree(there)
    lay = "from tests.e2e.engine import checkout; print(checkout())"
    all_at_once = [subprocess.Popen([sys.executable, "-c", lay], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {process.communicate()[0].strip() for process in all_at_once} == {str(there)}
    assert (there / "action.yml").read_text() == (ROOT / "action.yml").read_text()
