"""The commands, one by one, but for `ledger report`."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot import arguments, bookkeeping, exports, init, ledgers, local, proofread, replay, tell
from bot.core import ledger
from bot.core.clean import printable
from bot.core.effective import effective
from bot.core.ledger import Record
from bot.core.past.drift import drift
from bot.core.policyfile import read as read_policy
from bot.core.policyschema import schema
from bot.core.strict import document
from bot.demo import play
from bot.edge.telemetry import switch
from bot.edge.terminal import Progress
from bot.exits import DONE, LATER, MENDABLE, NOT_PROVED
from bot.ports import Denied, Unavailable
from bot.shop import Outside, Wall, actor
from bot.voice import bug, environment, say, show, templates


def _outside() -> Outside:
    return Outside(environment(), templates(), Progress(sys.stderr, Wall().seconds))


@contextmanager
def _observed() -> Iterator[Outside]:
    """For a run: with who is told of it, where the environment names somebody; the last of it goes out after the report."""
    progress = Progress(sys.stderr, Wall().seconds)
    observer = switch.opened(os.environ, partial(progress, "telemetry"))
    try:
        with closing(observer):
            yield replace(_outside(), progress=progress, observer=observer)
    finally:
        progress.end()


def command(words: Namespace) -> int:
    match words.command:
        case "policy":
            return _policy(words)
        case "demo":
            with _observed() as outside:
                return ended(play.play(words, outside, show), strict=False)
        case "init":
            init.init(words, _outside(), show)
            return DONE
        case "explain":
            return _explain(words)
        case "doctor":
            return _doctor(words)
        case "ledger":
            return _drift(words) if words.verb == "drift" else _keep(words, _outside())
        case _:
            return _fix(words)


def _fix(words: Namespace) -> int:
    with _observed() as outside:
        done: list[Record] = []

        def told(record: Record) -> None:
            show(ledger.encode(record) + "\n" if words.json else tell.report(record, outside.render))
            done.append(record)

        try:
            local.fix(arguments.desired(words), outside, outside.model(), told)
        except (Exception, KeyboardInterrupt) as error:
            if not done:
                raise
            _unaudited(error)
        return ended(done[0], strict=words.exit_code)


def _unaudited(error: BaseException) -> None:
    """The run is over, and told: what breaks after that is its audit's, and changes neither the result nor the exit code."""
    if isinstance(error, Denied | Unavailable | KeyboardInterrupt):
        say(f"the blind audit of this run was broken off: {error or 'interrupted'}; the run stands as it was told", DONE)
    else:
        bug()


def ended(record: Record, *, strict: bool) -> int:
    """0 for a finished run, whatever its result; a run that could not be finished says whose turn it is."""
    match record.result:
        case "unavailable":
            return say(f"{record.detail}; try again later", LATER)
        case "quota":
            return say(record.detail, MENDABLE)
        case "pass" | "explained":
            return DONE
        case _:
            return NOT_PROVED if strict else DONE


def _explain(words: Namespace) -> int:
    outside = _outside()
    model = outside.model()
    opened = local.explained(arguments.desired(words), outside, model)
    if words.json:
        show(document(opened))
    else:
        show(tell.explanation(opened, outside.render, model))
    return DONE


def _doctor(words: Namespace) -> int:
    """0 where nothing has to be mended, whatever could not be looked at."""
    from bot import clinic  # noqa: PLC0415 - GitHub's client comes with it; only where it is looked at

    outside = _outside()
    found = clinic.examined(Path(words.repo), words.policy, outside, offline=words.offline)
    show(clinic.printed(found, outside, as_json=words.json))
    return DONE if found.sound else MENDABLE


def _keep(words: Namespace, outside: Outside) -> int:
    if words.verb == "export":
        out = sys.stdout.buffer if sys.stdout else None
        said = exports.export(words, outside.path, datetime.now(UTC), outside.render, out)
        print(printable(said), end="", file=sys.stderr)  # noqa: T201 - the table may be on standard output
    elif words.verb == "outcome":
        show(bookkeeping.outcome(words, actor(), outside.path, datetime.now(UTC), outside.render))
    else:
        show(bookkeeping.imported(words, outside.path, outside.render))
    return DONE


def _policy(words: Namespace) -> int:
    """Of `check`: 0 where a run can begin with the policy, whatever else was noted."""
    if words.verb == "schema":
        show(schema())
        return DONE
    if words.verb == "replay":
        outside = _outside()
        show(replay.replayed(words, outside, datetime.now(UTC)))
        return DONE
    if words.verb == "show":
        data = proofread.contents(words.file)
        policy = read_policy(data, words.file)
        show(effective(policy) if words.effective else data.decode("utf-8-sig"))
        return DONE
    outside = _outside()
    found = proofread.proofread(words.file, outside.path)
    show(proofread.text(words.file, found, outside))
    return MENDABLE if found.refused else DONE


def _drift(words: Namespace) -> int:
    """0 whatever was found: what to do about it is for people."""
    outside = _outside()
    text, name = ledgers.in_force(words, outside.path)
    books, names = ledgers.gathered(ledgers.wanted(words), outside.path, datetime.now(UTC))
    found = drift(books, text, name)
    if words.format == "json":
        show(document(found))
    else:
        show(tell.drift(found, names, outside.render))
    return DONE
