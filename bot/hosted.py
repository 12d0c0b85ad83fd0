"""The process on a GitHub runner: from its environment to an exit code. Only a broken set-up and our own bugs make a job red."""

import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

from bot import tell
from bot.action import act
from bot.core import keys, notes
from bot.core.audit import AGAIN
from bot.core.cost import dollars
from bot.core.event import Event, Judged, Proposed
from bot.core.forge import Comment, Reaction
from bot.core.handover import pack
from bot.core.policyfile import PolicyError
from bot.core.route import Refusal
from bot.core.trailfile import TrailError
from bot.core.words import FINAL
from bot.dashboard import Wired, posted, shown
from bot.edge import actions
from bot.edge.actions import OWN, Left, Step, harmless, left_open, put_out, settled, summarise
from bot.edge.git.fetch import remote
from bot.edge.github.client import connect
from bot.edge.render import Templates
from bot.edge.telemetry import switch
from bot.ending import Ended
from bot.exits import DONE, INTERRUPTED, MENDABLE, OURS
from bot.host import Ground, ground
from bot.office import Log, Redacted
from bot.opening import doors, office, settled_by_file, swept_by_file
from bot.outcome import noted
from bot.ports import UNOBSERVED, Denied, Notices, Observer, Unavailable
from bot.proposal import answered
from bot.shop import Wall
from bot.voice import templates


def main(event: Event | Judged | Proposed, *, nodded: bool = False, here: bool = False) -> int:
    """Answer one event. `nodded` is whether its command has its reaction already; `here`, whether checks run on this machine."""

    if isinstance(event, Judged):
        return _guarded(lambda step, _: _noted(step, event))
    if isinstance(event, Proposed):
        return _guarded(lambda step, _: _replayed(step, event))

    before = dict(os.environ)  # what is named for set-up commands may be a secret, of which nothing stays there

    def worked(step: Step, observer: Observer) -> int:
        return _phase(step, event, ground(before) if here else None, observer, nodded=nodded)

    return _guarded(worked, lambda step: switch.opened(os.environ, partial(Log(step), "telemetry")))


def report() -> int:
    """Keep the dashboard up to date; no event is looked at."""
    return _guarded(lambda step, _: _reported(step))


def _guarded(do: Callable[[Step, Observer], int], watch: Callable[[Step], Observer] = lambda _: UNOBSERVED) -> int:
    """Every way to end has an exit code, and one line in the log. Who looks on reads the environment before it is cleaned."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    secrets: tuple[str, ...] = ()
    try:
        confided = keys.confided(keys.shown(os.environ).values)
        step = replace(actions.step(os.environ), hidden=(*switch.secrets(os.environ), *confided))
        secrets = step.secrets
        observer = watch(step)
        actions.strip(step.keys)
        with closing(observer):
            return do(step, observer)
    except (Denied, PolicyError) as error:
        return _log("error", str(error), secrets, MENDABLE)
    except Unavailable as error:
        return _log("warning", f"{error}; re-run the job later", secrets, DONE)
    except KeyboardInterrupt:
        return _log("warning", "cut off; the last phase of this step closes the comment", secrets, INTERRUPTED)
    except Exception:  # noqa: BLE001 - what is not foreseen is our bug, and is reported as such
        return _log("error", f"this is a bug in route-agent, please report it: {traceback.format_exc()}", secrets, OURS)


def _noted(step: Step, event: Judged) -> int:
    repo = event.repo.full_name
    hub = connect(step.api, step.server, step.token, repo)
    with tempfile.TemporaryDirectory(prefix="route-agent-") as folder:
        store = remote(Path(folder), f"{step.server}/{repo}.git", step.token, step.path)
        return _log("notice", noted(event, hub, step.policy, store, datetime.now(UTC)), step.secrets, DONE)


def _reported(step: Step) -> int:
    """The job's summary has the report whatever becomes of the issue."""
    hub = connect(step.api, step.server, step.token, os.environ.get("GITHUB_REPOSITORY", ""))
    render = Redacted(Templates(templates()), step.secrets)
    wired = Wired(step, hub, render, Wall())
    text, said = shown(wired)
    if not text:
        return _log("notice", said, step.secrets, DONE)
    summarise(step, text)
    there = posted(wired, text)
    left = "; it is closed, so it was left alone" if there.state == "closed" else ""
    return _log("notice", f"{said}; {there.state}: {there.url}{left}", step.secrets, DONE)


def _replayed(step: Step, event: Proposed) -> int:
    answer = answered(event, step, templates())
    summarise(step, answer.text + "\n")
    if answer.unsaid:
        _log("notice", answer.unsaid, step.secrets, DONE)
    return _log("error", answer.why, step.secrets, MENDABLE) if answer.broken else _log("notice", answer.why, step.secrets, DONE)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _log(kind: str, text: str, secrets: tuple[str, ...], code: int) -> int:
    """One annotation; a command of the runner's takes one line, so line ends are written as it wants them."""
    words = harmless(text, secrets).replace("%", "%25").replace("\n", "%0A")
    print(f"::{kind} title=route-agent::{words}", flush=True)  # noqa: T201 - this is the log
    return code


@dataclass(frozen=True, slots=True)
class _Nodded:
    """The notices of a command that has its reaction already: a second would only make the first comment wait."""

    notices: Notices

    def react(self, number: int, comment: int | None, content: Reaction) -> None:
        if content != "eyes":
            self.notices.react(number, comment, content)

    def expect(self, marker: str, found: Comment | None) -> None:
        self.notices.expect(marker, found)

    def say(self, number: int, marker: str, login: str, body: str) -> int:
        return self.notices.say(number, marker, login, body)

    def alone(self, number: int, marker: str, login: str) -> tuple[Comment, ...] | None:
        return self.notices.alone(number, marker, login)

    def remove(self, comments: tuple[int, ...]) -> None:
        self.notices.remove(comments)


def _phase(step: Step, event: Event, host: Ground | None, observer: Observer, *, nodded: bool) -> int:
    with office(step, event, templates(), Wall(), host=host) as opened:
        place = replace(opened, notices=_Nodded(opened.notices) if nodded else opened.notices, observer=observer)
        ended = act(place, "auto" if host else step.input("phase") or "auto")
        code = over(step, ended)
        if ended.afterwards is not None:
            _afterwards(step, ended.afterwards)
        return code


def _afterwards(step: Step, do: Callable[[], None]) -> None:
    """All is told by now: what breaks here is the audit's, and makes no job red."""
    try:
        do()
    except (Denied, Unavailable, KeyboardInterrupt) as error:
        _log("warning", f"the blind audit of this run was broken off: {error or 'interrupted'}", step.secrets, DONE)
    except Exception:  # noqa: BLE001 - our bug, as above; the run that it follows stands
        _log("warning", f"this is a bug in route-agent, please report it: {traceback.format_exc()}", step.secrets, DONE)


def over(step: Step, ended: Ended) -> int:
    """Outputs, summary and one line in the log; the exit code."""
    try:
        packed = pack(ended.trail) if ended.trail and ended.state not in FINAL else ""
    except TrailError as error:
        raise Denied(f"the Trail cannot travel to the next job: {error}") from None
    put_out(step, **outputs(ended, packed))
    settled(step)  # the comment says how it ended, or that another job goes on
    if ended.text:
        summarise(step, ended.text + "\n")
    if ended.broken:
        return _log("error", ended.why, step.secrets, MENDABLE)
    return _log("notice", f"{ended.state or 'nothing to do'}{f': {ended.why}' if ended.why else ''}", step.secrets, DONE)


def outputs(ended: Ended, packed: str) -> dict[str, str]:
    """What later steps and jobs get: the outputs of `action.yml`."""
    record = ended.record
    found = {"result": ended.state or "", "handover": packed}
    if ended.trail is not None:
        found["trail"] = f"{OWN}/{ended.trail.opened.request.id}.json"
        found["score"] = str(ended.trail.opened.score.total)
        route = ended.trail.opened.route
        found["lane"] = "" if isinstance(route, Refusal) else route.lane
    if record is not None:
        found["attempts"] = str(len(record.attempts))
        found["confidence"] = f"{record.confidence.value:.2f}" if record.confidence else ""
        found["cost_usd"] = dollars(record.cost_micros) if record.cost_micros is not None else "unknown"
        found["branch"] = record.branch or ""
        found["pull_request"] = record.pull_request or ""
    return found


def close() -> int:
    """The action's last phase, also after a kill: a comment that does not say how its run ended says that it was cut off."""
    secrets: tuple[str, ...] = ()
    try:
        step = actions.step(os.environ)
        secrets = step.secrets
        left, repo = left_open(step), os.environ.get("GITHUB_REPOSITORY", "")
        actions.strip(step.keys)
        if left is not None and left.command.endswith(AGAIN):
            _unaudited(step, left, repo)
        elif left is not None:
            _stopped(step, left, repo)
    except (Denied, Unavailable) as error:
        return _log("warning", f"the comment could not be put right: {error}", secrets, DONE)
    return DONE


def _unaudited(step: Step, left: Left, repo: str) -> None:
    """The comment is closed; what the audit has spent is booked, and what CI was given to look at goes."""
    for do, what in (
        (partial(settled_by_file, clock=Wall()), "has spent is not booked; its whole share counts"),
        (swept_by_file, "was proved on is not deleted"),
    ):
        try:
            do(step, repo, left.command)
        except (Denied, Unavailable) as error:
            _log("warning", f"what a blind audit {what}: {error}", step.secrets, DONE)


def _stopped(step: Step, left: Left, repo: str) -> None:
    reader, speaker = doors(step, repo)
    said = notes.posted(reader.comments(left.number, left.me))
    found = notes.of(said, left.command)
    if found is not None and not found.note.final and found.note.run in ("", step.run):  # else another job's
        try:
            settled_by_file(step, repo, left.command, Wall())
        except (Denied, Unavailable) as error:
            _log("warning", f"what the run has spent is not booked: {error}; its whole share counts", step.secrets, DONE)
        text = tell.stopped(step.url, Templates(templates()))
        note = replace(found.note, state="stopped", cut=True)
        speaker.say(left.number, notes.mark(left.command), left.me, notes.stamped(note, text))
    speaker.remove(notes.spare(said))
