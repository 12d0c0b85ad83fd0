"""What is typed becomes a job, and how it ends becomes an exit code. The only reader of the environment."""

import os
import platform
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType

from bot import arguments, bookkeeping, counting, exports, init, ledgers, local, replay, tell
from bot.core import ledger
from bot.core.clean import printable, redact
from bot.core.cost import Unpriced
from bot.core.effective import effective
from bot.core.ledger import Record
from bot.core.past.drift import drift
from bot.core.past.report import told
from bot.core.policyfile import PolicyError, idle, unheeded
from bot.core.policyfile import read as read_policy
from bot.core.policyschema import schema
from bot.demo import play
from bot.edge.prices import Prices
from bot.edge.telemetry import switch
from bot.edge.terminal import Progress
from bot.page import page
from bot.ports import Denied, Unavailable
from bot.shop import Outside, Wall, actor

DONE, MENDABLE, NOT_PROVED, OURS, LATER, INTERRUPTED = 0, 1, 2, 3, 75, 130


def main(words: list[str] | None = None) -> int:
    """Run one command; every way to end has an exit code, and every mistake one line that says what to do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    try:
        return _command(arguments.parse(sys.argv[1:] if words is None else words))
    except (PolicyError, Denied) as error:
        return _say(str(error), MENDABLE)
    except Unavailable as error:
        return _say(f"{error}; try again later", LATER)
    except KeyboardInterrupt:
        return _say(
            "interrupted; the repository is as it was, what was spent is booked, and the same command goes on from its last step",
            INTERRUPTED,
        )
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - whoever read us has gone; nothing is left to say
        return DONE
    except Exception:  # noqa: BLE001 - the one place: what is not foreseen is our bug, and is reported as such
        return _bug()


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str, code: int) -> int:
    print(f"route-agent: {redact(printable(text))}", file=sys.stderr)  # noqa: T201 - this is the command line
    return code


def _show(text: str) -> None:
    if sys.stdout is None:
        raise Denied("standard output is closed, so the report has nowhere to go; what was done is in the ledger")
    try:
        sys.stdout.write(text.encode(errors="replace").decode())
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - so that leaving does not try again
        raise Denied(f"standard output cannot be written to ({error.strerror}); what was done is in the ledger") from None


def _outside() -> Outside:
    env = {name: value for name, value in os.environ.items() if not name.startswith(switch.PREFIX)}
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_TOKEN", "_SECRET")) or name not in env]:
        del os.environ[name]  # read once; nothing that we start, and no library, needs to find it there
    return Outside(env, templates(), Progress(sys.stderr, Wall().seconds))


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


def templates() -> Path:
    """Inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here / "templates" if (here / "templates").is_dir() else here.parent / "templates"


def _command(words: Namespace) -> int:
    match words.command:
        case "policy":
            return _policy(words)
        case "demo":
            with _observed() as outside:
                return ended(play.play(words, outside, _show), strict=False)
        case "init":
            init.init(words, _outside(), _show)
            return DONE
        case "explain":
            return _explain(words)
        case "doctor":
            return _doctor(words)
        case "ledger":
            return _ledger(words)
        case _:
            return _fix(words)


def _fix(words: Namespace) -> int:
    with _observed() as outside:
        done: list[Record] = []

        def told(record: Record) -> None:
            _show(ledger.encode(record) + "\n" if words.json else tell.report(record, outside.render))
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
        _say(f"the blind audit of this run was broken off: {error or 'interrupted'}; the run stands as it was told", DONE)
    else:
        _bug()


def ended(record: Record, *, strict: bool) -> int:
    """0 for a finished run, whatever its result; a run that could not be finished says whose turn it is."""
    match record.result:
        case "unavailable":
            return _say(f"{record.detail}; try again later", LATER)
        case "quota":
            return _say(record.detail, MENDABLE)
        case "pass" | "explained":
            return DONE
        case _:
            return NOT_PROVED if strict else DONE


def _explain(words: Namespace) -> int:
    outside = _outside()
    model = outside.model()
    opened = local.explained(arguments.desired(words), outside, model)
    if words.json:
        _show(tell.document(opened))
    else:
        _show(tell.explanation(opened, outside.render, model))
    return DONE


def _doctor(words: Namespace) -> int:
    """0 where nothing has to be mended, whatever could not be looked at."""
    from bot import clinic  # noqa: PLC0415 - GitHub's client comes with it; only where it is looked at

    outside = _outside()
    found = clinic.examined(Path(words.repo), words.policy, outside, offline=words.offline)
    _show(clinic.printed(found, outside, as_json=words.json))
    return DONE if found.sound else MENDABLE


def _ledger(words: Namespace) -> int:
    if words.verb == "drift":
        return _drift(words)
    outside = _outside()
    if words.verb in ("outcome", "import", "export"):
        return _keep(words, outside)
    now = datetime.now(UTC)
    with counting.counting(ledgers.wanted(words), outside.path, now) as (counted, names):
        per_day = ledgers.per_day(words, outside.path)
        made = told(counted(), names, now, per_day, words.since.isoformat() if words.since else "")
    if words.format == "json":
        text = tell.document(made)
    elif words.format == "html":
        text = page(made, outside.render)
    else:
        text = tell.ledger(made, outside.render)
    _put(text, words.output)
    return DONE


def _put(text: str, file: str | None) -> None:
    if file is None:
        return _show(text)
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Denied(f"{file} cannot be written to ({error.strerror}); give another with --output") from None


def _keep(words: Namespace, outside: Outside) -> int:
    if words.verb == "export":
        out = sys.stdout.buffer if sys.stdout else None
        said = exports.export(words, outside.path, datetime.now(UTC), outside.render, out)
        print(printable(said), end="", file=sys.stderr)  # noqa: T201 - the table may be on standard output
    elif words.verb == "outcome":
        _show(bookkeeping.outcome(words, actor(), outside.path, datetime.now(UTC), outside.render))
    else:
        _show(bookkeeping.imported(words, outside.path, outside.render))
    return DONE


def _policy(words: Namespace) -> int:
    if words.verb == "schema":
        _show(schema())
        return DONE
    if words.verb == "replay":
        outside = _outside()
        _show(replay.replayed(words, outside, datetime.now(UTC)))
        return DONE
    try:
        data = Path(words.file).read_bytes()
    except OSError as error:
        raise Denied(f"{words.file} cannot be read: {error.strerror}; give the policy's path") from None
    policy = read_policy(data, words.file)
    if words.verb == "show":
        _show(effective(policy) if words.effective else data.decode("utf-8-sig"))
        return DONE
    typed, hosted = unheeded(policy, "sandbox"), unheeded(policy, "ci")
    notes = [f"not obeyed yet: {note}" for note in typed if note in hosted]
    notes += [f"not obeyed on the command line: {note}" for note in typed if note not in hosted]
    notes += [f"not obeyed where CI proves patches, as with the docker action: {note}" for note in hosted if note not in typed]
    notes += [f"not obeyed in the split workflow: {note}" for note in unheeded(policy, "split")]
    notes += [f"not had as it is: {note}" for note in idle(policy)]
    found = (Prices().price(policy.lane(name)) for name in policy.lanes)
    notes += [f"a run is refused as it is: {price.why}" for price in found if isinstance(price, Unpriced)]
    _show("".join(f"{words.file}: {note}\n" for note in ("complete and well-formed", *notes)))
    return DONE


def _drift(words: Namespace) -> int:
    """0 whatever was found: what to do about it is for people."""
    outside = _outside()
    text, name = ledgers.in_force(words, outside.path)
    books, names = ledgers.gathered(ledgers.wanted(words), outside.path, datetime.now(UTC))
    found = drift(books, text, name)
    if words.format == "json":
        _show(tell.document(found))
    else:
        _show(tell.drift(found, names, outside.render))
    return DONE


def _bug() -> int:
    try:
        mine = version("route-agent")
    except PackageNotFoundError:
        mine = "a checkout"
    said = redact(printable(traceback.format_exc()))
    about = f"route-agent {mine}, Python {platform.python_version()}, {platform.platform()}"
    return _say(f"this is a bug in route-agent. Please report it with these lines:\n\n{about}\n{said}", OURS)
