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

from bot.core.ledger import encode
from bot.core.past.columns import TABLES
from bot.edge.tables import write
from tests.fakes.typed import ENV, ROOT, typed
from tests.tables import FIRST, LAST, OUTCOMES, RECORDS, WANTED


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.jsonl"
    lines = [encode(replace(RECORDS[0], result="stopped")), *map(encode, RECORDS), *map(encode, OUTCOMES), '{"kind": "rec']
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


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
