"""A command's own comment: what it says while the run goes on, and the words of others on the thread that end the run."""

from dataclasses import dataclass, replace

from bot import tell
from bot.core.clean import line
from bot.core.handover import pack
from bot.core.ledger import Begun
from bot.core.notes import Note, Posted, mark, posted, stamped, stopped_by
from bot.core.recall import keeps
from bot.core.state import running
from bot.core.step import Review, next_step
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.core.words import State
from bot.earlier import rival
from bot.edge import actions
from bot.edge.actions import Step
from bot.edge.github.ear import Ear
from bot.edge.github.records import Records
from bot.ports import Clock, Denied, Forge, Halted, Keeper, Notices, Renderer, Unavailable, Watcher

EVERY = 20.0
"""Seconds between two looks for a word that ends the run."""


@dataclass(frozen=True, slots=True)
class Post:
    """The one comment of a command: made when it is heard, edited ever after."""

    notices: Notices
    step: Step
    number: int
    command: str
    me: str
    commit: str = ""
    """The commit that the command is about."""

    by: str = ""
    """Who gave the command."""

    def say(self, state: State, text: str, *, lane: str = "", pull: int | None = None, again: bool = False) -> str:
        """`lane` and `pull`: what the run came to; `again`, whether the same job, run again, has something left to do."""
        self._put(replace(self.note(state), lane=lane, pull=pull, cut=again), text)
        return text

    def stop(self, text: str, stops: tuple[str, ...]) -> None:
        """Say that these commands end, and every other one that was given before this."""
        self._put(replace(self.note("explained"), stops=stops, before=self.command), text)

    def pause(self, state: State, text: str) -> None:
        """Say how it ended for now: the same job, run again, goes on."""
        self._put(replace(self.note(state), cut=True), text)

    def put(self, state: State, text: str) -> int:
        """What it says now, and the comment's id."""
        return self._put(self.note(state), text)

    def alone(self) -> tuple[Posted, ...] | None:
        """What we say on the thread right after this job has begun its comment; None where the comment was there already.

        Raises `Answered` where another job has begun one for the same command a moment before.
        """
        there = self.notices.alone(self.number, mark(self.command), self.me)
        return None if there is None else posted(there)

    def note(self, state: State) -> Note:
        """What the comment's hidden lines say in a state, as long as nothing is known of how it ends."""
        return Note(self.command, state, self.commit, self.by, run=self.step.run)

    def _put(self, note: Note, text: str) -> int:
        return self.notices.say(self.number, mark(self.command), self.me, stamped(note, text))

    def keep_open(self, audit: str = "") -> None:
        """From here on this job answers for the comment, or for a blind audit: its last phase closes it if the job is cut off.

        And takes back a comment one too many where the job did not come to that.
        """
        actions.leave_open(self.step, actions.Left(self.step.run, self.number, audit or self.command, self.me))


@dataclass(slots=True)
class Narrator:
    """Keeps the Trail, and shows on the comment what is about to happen whenever that changes."""

    keeper: Keeper
    post: Post | None
    render: Renderer
    records: Records | None
    """Where what was paid for outlives this machine; None in a job that cannot write."""
    log: Watcher
    before: Trail | None = None
    """What was taken over is kept already, and more than it perhaps."""
    last: State = "routing"

    def keep(self, trail: Trail) -> None:
        self.keeper.keep(trail)
        if self.records is not None and keeps(trail, self.before):
            self._outlive(trail, self.records)
        state = running(trail)
        if self.post is None or trail.finished or state == self.last or self._moment(trail, state):
            return
        self.last = state
        try:
            self.post.say(state, tell.progress(trail, state, self.post.step.url, self.render))
        except (Denied, Unavailable):
            return  # a progress line is not worth a run; the last word is said again until it is heard

    def _outlive(self, trail: Trail, records: Records) -> None:
        try:
            records.put(Begun(trail.opened.request.id, trail.opened.at, pack(trail)))
        except (Denied, Unavailable, TrailError) as error:
            self.log("ledger", f"{error}; were this job cut off and run again, it would buy once more what it has paid for")

    @staticmethod
    def _moment(trail: Trail, state: State) -> bool:
        """Whether it is over before anybody could read it: where CI is the proof, all but a verifier's look at a patch is."""
        quick = trail.opened.proof == "ci" and not isinstance(next_step(trail), Review)
        return state == "verifying" and (quick or not trail.attempts)


@dataclass(slots=True)
class Halt:
    """Ends the run of a command when a later one on its thread says so; asks no oftener than is polite."""

    ear: Ear
    forge: Forge
    command: str
    clock: Clock
    trigger: str
    run: str
    """GitHub's workflow run that this job is of."""
    read: tuple[Posted, ...] | None = None
    """What was on the thread when the job began, where its own comment was there already: the first look takes no call."""
    next: float | None = None

    def __call__(self) -> None:
        if self.next is not None and self.clock.seconds() < self.next:
            return
        first, self.next = self.next is None, self.clock.seconds() + EVERY
        try:
            found = self.read if first and self.read is not None else posted(self.ear.comments())
        except (Denied, Unavailable):
            return  # who cannot be heard cannot end the run; the runner's own cancel does
        if stopped_by(found, self.command):
            raise Halted(f"ended by `{self.trigger} stop`")
        if first and (other := rival(found, self.command, self.run, self.forge)):  # later ones are told to wait when they are heard
            raise Halted(f"another command, by {line(other.note.by, 60)}, was heard a moment before and is at work")
