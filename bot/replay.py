"""`policy replay`: the runs of the past under another policy, as it is typed."""

from argparse import Namespace
from datetime import datetime
from pathlib import Path

from bot import ledgers, tell
from bot.core.past.replay import replay
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.strict import document
from bot.ports import Denied
from bot.shop import Outside


def replayed(words: Namespace, outside: Outside, now: datetime) -> str:
    """Raises `PolicyError` for a policy that cannot be obeyed, and `Denied` where it or the ledger cannot be read."""
    new = _policy(words.policy, "--policy")
    old = _policy(words.against, "--against") if words.against else None
    wanted = ledgers.of_all(words)
    lines = (source.lines for source in ledgers.sources(wanted, outside.path))
    found = replay(lines, new, now, wanted.start, old)
    if words.format == "json":
        return document(found)
    return tell.replayed(found, words.policy, words.against or "", outside.render)


def _policy(name: str, flag: str) -> Policy:
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise Denied(f"{flag} {name} cannot be read: {error.strerror}; give a policy's path") from None
    return read(data, name)
