"""Published results, read from the two shapes in which they come: SWE-bench's `per_instance_details` as JSON, and a plain CSV."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from bot.core.clean import line
from bot.core.cost import micros
from bot.core.imported import Imported
from bot.core.words import Found

COLUMNS = ("repo", "instance", "model", "resolved", "cost_usd", "seconds")
"""Of a CSV. Only `instance`, `model` and `resolved` have to be there; an empty cell is unknown."""
_INSTANCE = re.compile(r"([A-Za-z0-9.-]+)__([A-Za-z0-9._-]+)-[0-9]+")
"""SWE-bench names a task by its repository's owner and name, and the number of its pull request."""
_ANSWERS: dict[str, Found] = {"true": "resolved", "1": "resolved", "false": "not_resolved", "0": "not_resolved"}
Value = TypeVar("Value")


class Unpublished(ValueError):
    """A file that is none of the two, with the place in it."""


def published(text: str, source: str, lanes: dict[str, str]) -> tuple[Imported, ...]:
    """All results of a file, or, where `lanes` names any, of its models that stand for a lane. Raises `Unpublished`.

    `lanes` is by model. Money is read as the decimal text that it is; what is finer than a micro-dollar is rounded up.
    """
    found = _of_json(text, source, lanes) if text.lstrip()[:1] in ("{", "[") else _of_csv(text, source)
    made: dict[tuple[str, str, str | None, str], Imported] = {}
    models: dict[str, None] = {}
    for place, item in found:
        models[item["model"]] = None
        if lanes and item["model"] not in lanes:
            continue
        entry = _imported(place, {**item, "lane": lanes.get(item["model"])})
        key = (entry.source, entry.model, entry.repo, entry.instance)
        if key in made:
            raise Unpublished(f"{place}: a second result of `{line(entry.model, 80)}` on `{line(entry.instance, 80)}`; keep one")
        made[key] = entry
    for model in lanes:
        if model not in models:
            raise Unpublished(_no_model(model, tuple(models)))
    return tuple(made.values())


def _no_model(model: str, there: tuple[str, ...]) -> str:
    near = get_close_matches(model, there, 1, 0.3) or there[:1]
    return f"there is no result of a model `{line(model, 80)}`" + (f"; did you mean `{line(near[0], 80)}`?" if near else "")


def _imported(place: str, item: dict[str, Any]) -> Imported:
    try:
        return Imported(**item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Unpublished(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


Results = Iterator[tuple[str, dict[str, Any]]]
"""Places, and the fields of an `Imported` but for its lane."""


# ---- CSV ---------------------------------------------------------------------------------------------------------


def _of_csv(text: str, source: str) -> Results:
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        names = next(rows, [])
        if strange := [name for name in names if name not in COLUMNS]:
            raise Unpublished(f"line 1: `{line(strange[0], 40)}` is no column; those are {', '.join(COLUMNS)}")
        if missing := [name for name in ("instance", "model", "resolved") if name not in names]:
            raise Unpublished(f"line 1: the column `{missing[0]}` is missing; the columns are {', '.join(COLUMNS)}")
        for row in rows:
            place = f"line {rows.line_num}"
            if row and len(row) != len(names):
                raise Unpublished(f"{place}: {len(row)} cells under {len(names)} columns")
            if row:
                yield place, _of_row(place, dict(zip(names, row, strict=True)), source)
    except csv.Error as error:
        raise Unpublished(f"line {rows.line_num}: {error}") from None


def _of_row(place: str, row: dict[str, str], source: str) -> dict[str, Any]:
    repo, seconds = row.get("repo", ""), row.get("seconds", "")
    return {
        "source": source,
        "repo": repo or _repo(row["instance"]),
        "instance": row["instance"],
        "model": row["model"],
        "result": _answer(place, row["resolved"].strip().lower()),
        "cost_micros": _money(place, "cost_usd", row.get("cost_usd", "").strip()),
        "calls": None,
        "seconds": _number(place, "seconds", seconds.strip(), float),
    }


def _answer(place: str, text: str) -> Found:
    if text not in _ANSWERS:
        raise Unpublished(f"{place}: resolved: `{line(text, 40)}` is neither true nor false")
    return _ANSWERS[text]


def _money(place: str, name: str, text: str) -> int | None:
    return _number(place, name, text, lambda number: micros(str(number)))


def _number(place: str, name: str, text: str, made: Callable[[Decimal], Value]) -> Value | None:
    """None for an empty text. Digits are looked at first: Decimal would take `1_0`, `NaN` and letters of other scripts."""
    if not text:
        return None
    try:
        number = Decimal(text) if re.fullmatch(r"[0-9.]+([eE][+-]?[0-9]{1,3})?", text) else None
    except InvalidOperation:
        number = None
    if number is None or number > 10**7:
        raise Unpublished(f"{place}: {name}: `{line(text, 40)}` is no number from 0 to 10,000,000")
    return made(number)


def _count(place: str, name: str, text: str) -> int | None:
    number = _number(place, name, text, Decimal)
    if number is not None and number != int(number):
        raise Unpublished(f"{place}: {name}: `{line(text, 40)}` is no whole number")
    return None if number is None else int(number)


# ---- JSON --------------------------------------------------------------------------------------------------------


def _of_json(text: str, source: str, lanes: dict[str, str]) -> Results:
    """A leaderboard's file, one of its results, one model's details, or the details of several models by name."""
    try:
        top = json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        remedy = "; JSON lines, as a ledger's, are read where they lie and need no import" if "Extra data" in str(error) else ""
        raise Unpublished(f"no JSON: {line(str(error))}{remedy}") from None
    boards = top.get("leaderboards") if isinstance(top, dict) else top
    if isinstance(boards, list):
        yield from _boards(boards, source)
    elif isinstance(top.get("per_instance_details"), dict):
        yield from _details(top["per_instance_details"], _named(top, "the file"), source, "per_instance_details")
    elif _is_details(top):
        if len(lanes) != 1:
            raise Unpublished("the file does not say whose results these are; give one --lane-model LANE=MODEL")
        yield from _details(top, next(iter(lanes)), source, "")
    else:
        for model, details in top.items():
            if not (isinstance(details, dict) and _is_details(details)):
                raise Unpublished(
                    f"`{line(str(model), 80)}` is no result and no model's results; see docs/ledger.md for the shapes"
                )
            yield from _details(details, model, source, model)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two results of one task JSON's readers keep the last in silence."""
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(name for name in made if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"`{line(twice, 80)}` stands twice in one object; keep one")
    return made


def _is_details(found: dict[str, Any]) -> bool:
    return bool(found) and all(isinstance(each, dict) and "resolved" in each for each in found.values())


def _boards(boards: list[Any], source: str) -> Results:
    """Results without details are passed over: a leaderboard has many of those."""
    for number, board in enumerate(boards):
        results = board.get("results") if isinstance(board, dict) else None
        if not isinstance(results, list):
            raise Unpublished(f"leaderboards[{number}] has no list of results; see docs/ledger.md for the shapes")
        name = _named(board, f"leaderboards[{number}]")
        for place, each in enumerate(results):
            details = each.get("per_instance_details") if isinstance(each, dict) else None
            if isinstance(details, dict):
                where = f"{name}: results[{place}]"
                yield from _details(details, _named(each, where), f"{source}: {name}", where)


def _named(found: dict[str, Any], place: str) -> str:
    name = found.get("name")
    if not isinstance(name, str):
        raise Unpublished(f"{place} has no name")
    return name


def _details(details: dict[str, Any], model: str, source: str, where: str) -> Results:
    for instance, each in details.items():
        place = f"{where}.{instance}".lstrip(".")
        if not isinstance(each, dict) or not isinstance(each.get("resolved"), bool):
            raise Unpublished(f"{line(place)}: resolved is neither true nor false")
        yield (
            line(place),
            {
                "source": source,
                "repo": _repo(instance),
                "instance": instance,
                "model": model,
                "result": "resolved" if each["resolved"] else "not_resolved",
                "cost_micros": _money(line(place), "cost", _text(each.get("cost"))),
                "calls": _count(line(place), "api_calls", _text(each.get("api_calls"))),
                "seconds": None,
            },
        )


def _text(value: object) -> str:
    """A number as it was written; what is none will not be read as one."""
    return "" if value is None else str(value)


def _repo(instance: str) -> str | None:
    found = _INSTANCE.fullmatch(instance)
    return f"{found[1]}/{found[2]}" if found else None
