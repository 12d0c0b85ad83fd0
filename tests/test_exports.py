"""Ledgers as tables, read back by readers that are not ours and compared with the records, value by value."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bot.core.evidence import Item
from bot.core.ledger import Record, encode
from bot.core.outcome import Outcome
from bot.core.past.columns import TABLES
from bot.edge.tables import write
from tests.core.test_history import RECORD
from tests.fakes.typed import ENV, ROOT, typed

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "''",
    '"quoted", "cells"',
    "line\nline",
    "a;b",
    "\uff1d1",
    "\u00fcml\u00e4ut \U0001f600",
    " =1",
]
ITEMS = tuple(Item(f"i{n}", "failed", "weak", text, 0.1 + n, None if n % 2 else n) for n, text in enumerate(HOSTILE))


def made(name: str, **fields: Any) -> Record:
    return replace(RECORD, id=name, **fields)


FIRST, LAST = RECORD.attempts
RECORDS = (
    made(
        "one",
        task="=HYPERLINK(1)",
        cost_micros=None,
        seconds=0.1 + 0.2,
        number=7,
        pull_request_open=True,
        pull_request="https://x/pull/7",
    ),
    made(
        "two", attempts=(replace(FIRST, evidence=ITEMS, note="@x", cost_micros=None, self_confidence=0.3), LAST), cost_micros=10**12
    ),
    made(
        "three", at="2026-01-03T10:00:00.123456Z", attempts=(), result="refused", detail="-nothing", confidence=None, actor="'ann"
    ),
)
OUTCOMES = (
    Outcome("one", "2026-01-04T10:00:00Z", "changes_requested", "=bob", 7),
    Outcome("one", "2026-01-05T10:00:00Z", "merged", "bob", 7, 0),
    Outcome("gone", "2026-01-05T10:00:00Z", "closed", "bob", None),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.jsonl"
    lines = [encode(replace(RECORDS[0], result="stopped")), *map(encode, RECORDS), *map(encode, OUTCOMES), '{"kind": "rec']
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def nothing(value: Any) -> Any:
    return None if value == "" else value


def signal(record: Record, name: str) -> Any:
    return next((s.reading.value for s in record.signals if s.name == name and s.reading.kind == "number"), None)


def runs() -> list[dict[str, Any]]:
    """What has to come out, said a second time and by hand: of each column that has a value."""
    labels = {"one": ("as_is", "right", 0), "two": ("no_pull", "unknown", None), "three": ("no_pull", "unknown", None)}
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "began_at": r.at,
            "thread_number": r.number,
            "actor": r.actor,
            "base_commit": r.base,
            "task": r.task,
            "task_class": r.task_class,
            "risk_score": sum(part.points for part in r.score.parts),
            "first_lane": "fast",
            "route_because": "[]",
            "propensity": r.propensity,
            "proof": r.proof,
            "attempts": len(r.attempts),
            "result": r.result,
            "detail": nothing(r.detail),
            "final_lane": "strong" if r.attempts else None,
            "confidence": r.confidence.value if r.confidence else None,
            "threshold": r.threshold,
            "cost_micros": r.cost_micros,
            "verification_micros": r.verification_micros,
            "always_strong_micros": r.always_strong.micros if r.always_strong else None,
            "always_strong_by": r.always_strong.by if r.always_strong else None,
            "latency_seconds": r.seconds,
            "branch": r.branch,
            "patch_commit": r.commit,
            "ci_url": r.ci_url,
            "pull_request_url": r.pull_request,
            "pull_request_opened": r.pull_request_open,
            "audits_run_id": None,
            "became": labels[r.id][0],
            "judged": labels[r.id][1],
            "changed_by_hand_lines": labels[r.id][2],
            **{f"signal_{s.name}": signal(r, s.name) for s in r.signals},
        }
        for r in RECORDS
    ]


def attempts() -> list[dict[str, Any]]:
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "run_began_at": r.at,
            "attempt": n,
            "lane": a.lane,
            "asked_model": nothing(a.asked),
            "model": nothing(a.model),
            "ended": a.ended,
            "note": nothing(a.note),
            "calls": a.calls,
            "input_tokens": a.tokens.input,
            "cached_tokens": a.tokens.cached,
            "written_tokens": a.tokens.written,
            "output_tokens": a.tokens.output,
            "reasoning_tokens": a.tokens.reasoning,
            "cost_micros": a.cost_micros,
            "reckoned_micros": a.reckoned_micros,
            "disputed_calls": a.disputed,
            "guessed_calls": a.guessed,
            "latency_seconds": a.seconds,
            "summary": nothing(a.summary),
            "risks": nothing(a.risks),
            "self_confidence": a.self_confidence,
            "changed_files": len(a.files),
            "added_lines": sum(f.added for f in a.files),
            "removed_lines": sum(f.removed for f in a.files),
            "confidence": a.confidence.value,
            "confidence_prior": a.confidence.prior,
            "decision": a.decision.kind,
            "decision_reason": getattr(a.decision, "reason", None),
            "decision_detail": getattr(a.decision, "detail", None),
        }
        for r in RECORDS
        for n, a in enumerate(r.attempts, 1)
    ]


def evidence() -> list[dict[str, Any]]:
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "run_began_at": r.at,
            "attempt": n,
            "lane": a.lane,
            "item": m,
            "name": i.name,
            "state": i.state,
            "strength": i.strength,
            "reason": nothing(i.reason),
            "latency_seconds": i.seconds,
            "cost_micros": i.micros,
        }
        for r in RECORDS
        for n, a in enumerate(r.attempts, 1)
        for m, i in enumerate(a.evidence, 1)
    ]


def outcomes() -> list[dict[str, Any]]:
    return [
        {
            "run_id": o.run,
            "repo": None if o.run == "gone" else "shop",
            "happened_at": o.at,
            "what": o.what,
            "by": o.by,
            "pull_request_number": o.pull,
            "changed_by_hand_lines": o.lines,
        }
        for o in OUTCOMES
    ]


WANTED = {"runs": runs, "attempts": attempts, "evidence": evidence, "outcomes": outcomes}


def exported(ledger: Path, what: str, form: str, *more: str) -> bytes:
    to = ledger.with_name(f"{what}.{form}")
    done = typed("ledger", "export", "--format", form, "--what", what, "--output", str(to), *more, str(ledger))
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 place was not read as it stands:\n" in done.stderr
    assert f"{ledger}:8: no JSON of UTF-8" in done.stderr
    assert {path.name for path in ledger.parent.iterdir()} == {"ledger.jsonl", to.name}, "no half file is left"
    return to.read_bytes()


def plain(kind: str, cell: str) -> Any:
    """A cell of a CSV as docs/ledger.md says that it is read back."""
    if cell == "":
        return None
    match kind:
        case "whole":
            return int(cell)
        case "number":
            return float(cell)
        case "yes_no":
            return {"true": True, "false": False}[cell]
        case _:
            return cell.removeprefix("'")


@pytest.mark.parametrize("what", WANTED)
def test_a_csv_holds_every_value_of_the_records_and_no_cell_that_a_spreadsheet_would_run(ledger, what):
    text = exported(ledger, what, "csv").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    kinds = {column.name: column.kind for column in TABLES[what]}
    assert [{name: plain(kinds[name], cell) for name, cell in row.items()} for row in rows] == WANTED[what]()
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("what", WANTED)
def test_json_lines_hold_every_value_with_its_type_and_unknown_as_null(ledger, what):
    rows = [json.loads(row) for row in exported(ledger, what, "jsonl").decode().splitlines()]
    assert rows == WANTED[what]()
    assert {tuple(row) for row in rows} == {tuple(column.name for column in TABLES[what])}


DUCKS = {"text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE", "yes_no": "BOOLEAN", "instant": "TIMESTAMP WITH TIME ZONE"}


@pytest.mark.parametrize("what", WANTED)
def test_parquet_holds_every_value_with_its_type_as_duckdb_reads_it(ledger, what):
    exported(ledger, what, "parquet")
    with duckdb.connect() as base:
        names = ", ".join(
            f"epoch_us({column.name}) AS {column.name}" if column.kind == "instant" else f'"{column.name}"'
            for column in TABLES[what]
        )
        file = str(ledger.with_name(f"{what}.parquet"))
        found = base.execute(f"SELECT {names} FROM read_parquet(?)", [file])  # noqa: S608 - names of our own
        rows = [dict(zip([name for name, *_ in found.description or ()], row, strict=True)) for row in found.fetchall()]
        types = dict(
            base.execute("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))", [file]).fetchall()
        )
    assert types == {column.name: DUCKS[column.kind] for column in TABLES[what]}
    instants = {column.name for column in TABLES[what] if column.kind == "instant"}
    assert rows == [{name: _us(cell) if name in instants else cell for name, cell in row.items()} for row in WANTED[what]()]


def _us(text: str) -> int:
    return round((datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10**6)


def test_two_ledgers_with_the_same_lines_give_each_row_once_and_since_leaves_rows_out(ledger, tmp_path):
    (tmp_path / "again").mkdir()
    twin = tmp_path / "again" / "ledger.jsonl"
    twin.write_bytes(ledger.read_bytes())
    late = ("--since", "2026-01-03")
    for what, since, many in (("runs", (), 3), ("outcomes", (), 4), ("runs", late, 1), ("outcomes", late, 2)):
        done = typed("ledger", "export", "--format", "jsonl", "--what", what, *since, str(ledger), str(twin))
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) == many, "of a run without a record nobody knows whether the two are one"


def test_without_the_library_parquet_names_the_extra_and_leaves_no_file(ledger, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "pyarrow.py").write_text("raise ImportError\n")
    to = tmp_path / "x.parquet"
    words = [sys.executable, "-m", "bot", "ledger", "export", "--format", "parquet", "--output", str(to), str(ledger)]
    env = {**ENV, "PYTHONPATH": f"{tmp_path / 'none'}:{ROOT}"}
    done = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "route-agent: Parquet needs pyarrow; `pip install 'route-agent[parquet]'`, or export as csv or jsonl\n"
    assert not to.exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--format", "parquet"), "give a file with --output"),
        (("--format", "csv", "--output", "/nowhere/x.csv"), "/nowhere/x.csv cannot be written to (No such file or directory)"),
    ],
)
def test_what_cannot_be_exported_gets_one_line(ledger, words, why):
    done = typed("ledger", "export", *words, str(ledger))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert why in done.stderr


PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""Kilobytes of memory that a command takes at its most."""


def test_an_export_holds_no_records_in_memory(tmp_path):
    """Twenty megabytes of ledger more take a few more of memory: what is kept of a run is where it stands."""
    fat = replace(RECORDS[1], task="x" * 200, attempts=(replace(FIRST, summary="y" * 8_000), LAST))
    peaks = []
    for many in (500, 3_000):
        file = tmp_path / f"{many}.jsonl"
        with file.open("w") as out:
            out.writelines(f"{encode(replace(fat, id=f'r{number}'))}\n" for number in range(many))
        words = [sys.executable, "-c", PEAK, sys.executable, "-m", "bot", "ledger", "export", "--format", "csv", str(file)]
        done = subprocess.run(words, env=ENV, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 10_000, peaks


def test_a_row_of_every_table_has_a_cell_for_each_column():
    for columns in TABLES.values():
        assert len({column.name for column in columns}) == len(columns)
        assert write(columns, [tuple(None for _ in columns)], io.BytesIO(), "csv") == 1
