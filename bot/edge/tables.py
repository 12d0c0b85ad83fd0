"""Tables as files: CSV by RFC 4180, JSON lines, and Parquet, written as the rows come."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any

from bot.core.past.columns import Cell, Column
from bot.core.words import Format
from bot.ports import Denied

FORMULA = tuple("=+-@\t\r\n'\uff0b\uff0d\uff1d\uff20")
"""With one of these at its start a text may be a formula for a spreadsheet (OWASP, CSV injection; the last four are + - = @ as
wide letters). It gets an apostrophe before it, as does one that has an apostrophe there: taking one away gives back the text."""
BATCH = 5_000
"""Rows that are held in memory, and make one row group of Parquet."""

Rows = Iterable[tuple[Cell, ...]]


def write(columns: tuple[Column, ...], rows: Rows, out: IO[bytes], form: Format) -> int:
    """How many rows were written. Raises `Denied` where a library is missing."""
    writers: dict[Format, Callable[[tuple[Column, ...], Iterator[tuple[Cell, ...]], IO[bytes]], None]] = {
        "csv": _csv,
        "jsonl": _jsonl,
        "parquet": _parquet,
    }
    many = 0

    def counted() -> Iterator[tuple[Cell, ...]]:
        nonlocal many
        for row in rows:
            many += 1
            yield row

    writers[form](columns, counted(), out)
    return many


def _csv(columns: tuple[Column, ...], rows: Iterator[tuple[Cell, ...]], out: IO[bytes]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)  # a `;` in a text is where half of the world ends a cell
    try:
        writer.writerow(column.name for column in columns)
        writer.writerows(map(_shown, row) for row in rows)
    finally:
        text.detach()  # lest it closes what it was lent


def _shown(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return str(cell).lower() if isinstance(cell, bool) else cell


def _jsonl(columns: tuple[Column, ...], rows: Iterator[tuple[Cell, ...]], out: IO[bytes]) -> None:
    names = [column.name for column in columns]
    for row in rows:
        out.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False).encode() + b"\n")


def _parquet(columns: tuple[Column, ...], rows: Iterator[tuple[Cell, ...]], out: IO[bytes]) -> None:
    try:
        import pyarrow as pa  # noqa: PLC0415 - 170 MB that only this format needs
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise Denied("Parquet needs pyarrow; `pip install 'route-agent[parquet]'`, or export as csv or jsonl") from None
    types = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "yes_no": pa.bool_()}
    types["instant"] = pa.timestamp("us", tz="UTC")
    schema = pa.schema([pa.field(each.name, types[each.kind], metadata={"about": each.about}) for each in columns])
    with pq.ParquetWriter(out, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            values = zip(*batch, strict=True)
            arrays = [_timed(column, cells) for column, cells in zip(columns, values, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


def _timed(column: Column, cells: tuple[Cell, ...]) -> list[Any]:
    """Digits below a microsecond are cut off."""
    return [datetime.fromisoformat(str(cell)) if column.kind == "instant" and cell is not None else cell for cell in cells]
