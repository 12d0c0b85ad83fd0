"""A Trail as bytes: written whole, and read as hostile input."""

from pydantic import TypeAdapter, ValidationError

from bot.core import patch
from bot.core.diff import DiffError
from bot.core.entries import Opened, Tried
from bot.core.policyrules import across
from bot.core.route import Route
from bot.core.trail import Trail
from bot.core.yamlfile import dotted

MAX_BYTES = 20_000_000
"""A longer Trail is refused before it is parsed."""
MAX_ENTRIES = 60
"""Eight attempts of five entries each, where CI judges what a verifier has seen, and the publication: with room."""


class TrailError(ValueError):
    """The text is no Trail of this version; says where it stops being one."""


_CODEC = TypeAdapter(Trail)


def encode(trail: Trail) -> bytes:
    return _CODEC.dump_json(trail, by_alias=True)


def decode(data: bytes) -> Trail:
    """Read a Trail as hostile input: size, every field and type, every diff. Raises `TrailError`.

    Whether each entry may stand where it stands is said by `step.checked`.
    """
    if len(data) > MAX_BYTES:
        raise TrailError(f"{len(data)} bytes; a Trail has at most {MAX_BYTES}")
    try:
        trail = _CODEC.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrailError(f"{where}: {first['msg']}") from None
    if len(trail.entries) > MAX_ENTRIES:
        raise TrailError(f"{len(trail.entries)} entries; a Trail has at most {MAX_ENTRIES}")
    _check_policy(trail.opened)
    _check_diffs(trail)
    return trail


def _check_policy(opened: Opened) -> None:
    """What holds between the keys of every policy, and the lane where the run starts."""
    for path, what, _ in across(opened.policy.model_dump(by_alias=True)):
        raise TrailError(f"opened.policy.{dotted(path)}: {what}")
    if isinstance(opened.route, Route) and opened.route.lane not in opened.policy.lanes:
        raise TrailError("opened.route.lane: is none of the policy's")


def _check_diffs(trail: Trail) -> None:
    for number, entry in enumerate(trail.entries):
        if isinstance(entry, Tried) and entry.attempt.diff:
            try:
                patch.parse(entry.attempt.diff)
            except DiffError as error:
                raise TrailError(f"entries.{number}.attempt.diff: {error}") from None
