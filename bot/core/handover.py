"""A Trail on its way from one job to another: packed small, and on arrival compared with what this side had last seen."""

import base64
import binascii
import gzip
import zlib

from bot.core import trailfile
from bot.core.entries import Reviewed, Tried
from bot.core.review import believed
from bot.core.step import checked
from bot.core.trail import Trail
from bot.core.trailfile import TrailError

MOST_PACKED = 100_000
"""Characters: it travels in an environment variable, and Linux allows 131,072 bytes for one."""


def pack(trail: Trail) -> str:
    """One line of text. Raises `TrailError` for a Trail that is too long to travel."""
    packed = base64.b64encode(gzip.compress(trailfile.encode(trail), mtime=0)).decode()
    if len(packed) > MOST_PACKED:
        raise TrailError(
            f"packed it has {len(packed)} characters, and {MOST_PACKED} can travel between jobs; use the one-job workflow"
        )
    return packed


def unpack(text: str) -> Trail:
    """Read as hostile input, bombs included. Raises `TrailError`."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
        reader = zlib.decompressobj(wbits=31)
        data = reader.decompress(raw, trailfile.MAX_BYTES + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise TrailError("it is not packed as a Trail is") from None
    if not reader.eof:
        raise TrailError(f"it unpacks to more than {trailfile.MAX_BYTES} bytes, or is cut off")
    return checked(trailfile.decode(data))


def continued(before: Trail, after: Trail) -> tuple[Trail, Reviewed | None]:
    """`before`, with the one attempt that another job adds to it; and what that job's model said in review, kept apart.

    What it says of other evidence, of branches or CI is left behind: all of it is made anew here. Raises `TrailError`.
    """
    count = len(before.entries)
    if after.opened != before.opened or after.entries[:count] != before.entries:
        raise TrailError("it does not go on from the Trail that was handed out")
    added = after.entries[count:]
    if not added:
        return before, None
    if not isinstance(added[0], Tried):
        raise TrailError(f"entries.{count}: a job without a way to publish can add an attempt, not `{added[0].kind}`")
    later = next((n for n, entry in enumerate(added[1:], 1) if isinstance(entry, Tried)), len(added))
    reviewed = next((entry for entry in added[:later] if isinstance(entry, Reviewed)), None)
    return checked(before.then(added[0])), None if reviewed is None else believed(reviewed)
