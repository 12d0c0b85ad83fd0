"""A ledger's line as reports read it: any bytes give a value or a reason, and numbers out of range give the reason."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.entries import Entry
from bot.core.imported import Imported
from bot.core.ledger import Begun, Record, decode, encode
from bot.core.outcome import Outcome
from bot.core.past.history import AtWork, Happened, Money, Published, Run
from bot.core.past.wire import Unread, read
from bot.core.recording import record as recorded
from bot.core.spend import Charge, Held, Reserved, Settled
from bot.core.trail import Trail
from tests.core.test_trail import GREEN, PUSHED, RED, opened, tried

AT = "2026-01-02T10:00:00Z"
ENTRIES: tuple[Entry, ...] = (tried("fast"), RED, tried("strong"), GREEN, PUSHED)
RECORD: Record = replace(recorded(Trail(opened(), ENTRIES), 5_000), places=())
OUTCOME = Outcome("r1", AT, "merged", "ann", 7, 0)
WRITTEN = (
    RECORD,
    OUTCOME,
    Begun("r1", AT, "packed"),
    Reserved("r1", AT, "ann", 5),
    Held("r1", AT, "ann", "fast", 5),
    Charge("r1", AT, "ann", "fast", None, "unknown"),
    Settled("r1", AT, 5),
    Imported("board", "o/r", "o__r-1", "m", "fast", "resolved", 270_000, 12, None),
)


def tree(item: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(encode(item))
    return made


def text(item: Any) -> bytes:
    return json.dumps(item).encode()


def test_every_kind_of_line_that_we_write_is_read():
    kinds = [type(read(encode(item).encode())) for item in WRITTEN]
    assert kinds == [Run, Happened, AtWork, Money, Money, Money, Money, Published]
    run = read(encode(RECORD).encode())
    assert isinstance(run, Run)
    assert (run.id, run.result, run.micros, [each.lane for each in run.tries]) == ("r1", "pass", 5_000, ["fast", "strong"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in _paths(value, (*path, key)))]


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    return reduce(lambda found, key: found[key], path, node)


def _changed(item: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = deepcopy(tree(item))
    if not path:
        return value
    _at(made, path[:-1])[path[-1]] = value
    return made


def value_or_reason(line: bytes) -> Run | Happened | AtWork | Money | Published | None:
    try:
        found = read(line)
    except Unread:
        return None
    if isinstance(found, Run | Happened):
        assert datetime.fromisoformat(found.at).year >= 2000
    return found


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_a_value_or_a_reason(line):
    value_or_reason(line)


@given(st.sampled_from(WRITTEN), st.data())
@settings(max_examples=300)
def test_a_line_that_was_torn_or_had_bytes_changed_is_a_value_or_a_reason(item, data):
    line = encode(item).encode()
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    value_or_reason(line[:start] + data.draw(st.binary(max_size=6)) + line[end:])


@given(st.sampled_from((*WRITTEN[:3], WRITTEN[-1])), st.data())
@settings(max_examples=500)
def test_a_line_with_a_value_of_another_kind_anywhere_is_a_value_or_a_reason(item, data):
    made = tree(item)
    path = data.draw(st.sampled_from(_paths(made)))
    value_or_reason(json.dumps(_changed(item, path, data.draw(JSON))).encode(errors="surrogatepass"))


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"kind":"begun","x":' + b"[" * 100_000, b'{"kind":"begun","id":"\\ud800"}'])
def test_nesting_without_end_and_half_a_letter_are_reasons(line):
    with pytest.raises(Unread, match=r"no JSON of UTF-8|Expected"):
        read(line)


OUT_OF_RANGE: list[tuple[tuple[Any, ...], str, str]] = [
    (("cost_micros",), "-1", ">= 0"),
    (("cost_micros",), "1000000000001", "<= 1000000000000"),
    (("cost_micros",), "1" + "0" * 30, "<= 1000000000000"),
    (("cost_micros",), "1.5", "Expected `int"),
    (("verification_micros",), "-1", ">= 0"),
    (("attempts", 0, "cost_micros"), "-1", ">= 0"),
    (("attempts", 0, "confidence", "value"), "1.5", "<= 1"),
    (("attempts", 0, "confidence", "value"), "-0.1", ">= 0"),
    (("attempts", 0, "confidence", "value"), "NaN", "malformed"),
    (("attempts", 0, "seconds"), "-1", ">= 0"),
    (("threshold",), "2", "<= 1"),
    (("propensity",), "1.01", "<= 1"),
    (("seconds",), "1e400", "out of range"),
    (("seconds",), "Infinity", "malformed"),
    (("seconds",), "1e8", "<= 1"),
    (("attempts", 0, "tokens", "input"), "1" + "0" * 30, "<= 1"),
    (("attempts", 0, "tokens", "output"), "-1", ">= 0"),
    (("attempts", 0, "calls"), "-1", ">= 0"),
    (("attempts", 0, "reckoned_micros"), "-1", ">= 0"),
    (("attempts", 0, "self_confidence"), "1.5", "<= 1"),
    (("attempts", 1, "evidence", 0, "micros"), "-1", ">= 0"),
    (("always_strong",), '{"micros": -1}', ">= 0"),
    (("signals", 0, "reading"), '{"kind": "number", "value": 1' + "0" * 30 + "}", "<= 1000000000"),
    (("signals", 0, "reading"), '{"kind": "number", "value": -1}', ">= 0"),
    (("id",), '"../../etc/passwd"', "regex"),
    (("id",), r'"r1\n"', "regex"),
    (("id",), '""', "regex"),
    (("id",), '"%s"' % ("r" * 81), "regex"),
    (("at",), '"2026-02-30T10:00:00Z"', "out of range for month|must be in range"),
    (("at",), '"2026-02-20T25:00:00Z"', "hour"),
    (("at",), '"0001-01-01T00:00:00Z"', "regex"),
    (("at",), '"2026-01-02T10:00:00+02:00"', "regex"),
    (("at",), r'"2026-01-02T10:00:00Z\n"', "regex"),
    (("at",), '"\u0662\u0660\u0662\u0666-01-02T10:00:00Z"', "regex"),
    (("task_class",), '"sorcery"', "task_class"),
    (("result",), '"won"', "result"),
    (("repo",), '"%s"' % ("r" * 301), "length"),
]


@pytest.mark.parametrize(("path", "value", "why"), OUT_OF_RANGE)
def test_a_record_with_a_value_out_of_its_range_is_refused_with_the_reason(path, value, why):
    line = json.dumps(_changed(RECORD, path, "@here@")).replace('"@here@"', value).encode()
    with pytest.raises(Unread, match=why):
        read(line)


@pytest.mark.parametrize("field", ["run", "pull", "at", "what", "lines"])
def test_an_outcome_is_looked_at_as_closely(field):
    wrong: dict[str, Any] = {"run": "a/b", "pull": -1, "at": "2026-13-01T00:00:00Z", "what": "lost", "lines": -5}
    with pytest.raises(Unread):
        read(text(tree(OUTCOME) | {field: wrong[field]}))


@pytest.mark.parametrize("item", WRITTEN[3:7])
def test_money_below_nothing_is_no_line(item):
    with pytest.raises(Unread, match=">= 0"):
        read(text(tree(item) | {"micros": -5}))


VERSIONS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda made: made | {"version": 0}, "version 0 is not known, only 1: no release has written it"),
    (lambda made: made | {"version": 2}, "version 2 is not known, only 1: a newer release"),
    (lambda made: made | {"version": 2, "kind": "novel", "at": []}, "version 2 is not known"),
    (lambda made: {key: value for key, value in made.items() if key != "version"}, "missing required field `version`"),
    (lambda made: {key: value for key, value in made.items() if key != "at"}, "missing required field `at`"),
    (lambda made: made | {"version": "1"}, "version"),
    (lambda made: made | {"kind": "novel"}, "'novel'"),
]


@pytest.mark.parametrize("item", [RECORD, OUTCOME])
@pytest.mark.parametrize(("change", "why"), VERSIONS)
def test_a_line_of_another_version_says_whose_it_is(item, change, why):
    with pytest.raises(Unread, match=why):
        read(text(change(tree(item))))


def test_a_field_that_is_new_to_us_is_passed_over():
    assert isinstance(read(text(tree(RECORD) | {"audits": None, "mood": {"tokens": 10**30}})), Run)
    assert decode(encode(RECORD)) == RECORD
