"""Who may have what done: every row is a case of the attack checklist."""

import pytest

from bot.core.event import Commented, Person, Repo
from bot.core.forge import Pull, Thread
from bot.core.gate import Admitted, Circumstances, Ignored, Refused, TurnedAway, admit, often, who
from bot.core.notes import Note, Posted
from bot.core.policy import Triggers
from bot.core.words import State

ANN, BOB = Person("ann", 7, "User"), Person("bob", 8, "User")
BOT = Person("helper[bot]", 41, "Bot")


def thread(state: str = "open", *, locked: bool = False, pull: bool = False) -> Thread:
    return Thread(3, "T", "", state, locked, "zoe", (), pull)


def pull(head_repo: str | None = "octo/shop") -> Pull:
    return Pull(3, "a" * 40, "topic", head_repo, "main", "open", draft=False, merged=False)


def around(permission="write", of: Thread | None = None, change: Pull | None = None) -> Circumstances:
    return Circumstances("route-agent[bot]", permission, of or thread(), change, "octo/shop")


@pytest.mark.parametrize(
    ("permission", "needed", "obeyed"),
    [
        ("none", "write", False),
        ("read", "write", False),
        ("triage", "write", False),
        ("write", "write", True),
        ("maintain", "write", True),
        ("admin", "write", True),
        ("write", "maintain", False),
        ("maintain", "admin", False),
        ("admin", "admin", True),
    ],
)
def test_only_the_live_permission_counts(permission, needed, obeyed):
    answer = admit(ANN, "fix", around(permission), Triggers(permission=needed))
    assert isinstance(answer, Admitted if obeyed else TurnedAway)


def test_a_bot_is_heard_only_by_its_id():
    """Complaint 24: a bot was known by a name that anybody can take."""
    assert isinstance(admit(BOT, "fix", around("admin"), Triggers()), TurnedAway)
    assert isinstance(admit(BOT, "fix", around("none"), Triggers(actors=(41,))), Admitted)
    assert isinstance(admit(Person("x[bot]", 42, "User"), "fix", around("admin"), Triggers()), TurnedAway)


@pytest.mark.parametrize(
    ("of", "change", "verb", "code"),
    [
        (thread("closed"), None, "fix", "closed"),
        (thread("closed"), None, "explain", "closed"),
        (thread("closed"), None, "help", None),
        (thread(locked=True), None, "fix", "locked"),
        (thread(pull=True), pull("mallory/shop"), "fix", "fork"),
        (thread(pull=True), pull(None), "fix", "fork"),
        (thread(pull=True), pull("mallory/shop"), "explain", None),
        (thread(pull=True), pull("Octo/Shop"), "fix", None),
        (thread(), None, "fix", None),
    ],
)
def test_what_is_not_done_is_refused_with_the_reason(of, change, verb, code):
    answer = admit(ANN, verb, around("write", of, change), Triggers())
    assert (answer.code if isinstance(answer, Refused) else None) == code


def commented(sender: Person, author: Person) -> Commented:
    return Commented(Repo("octo/shop", "main", private=False), sender, thread(), 9, author, "/agent fix", "2026-11-25T20:00:00Z")


def test_our_own_words_and_other_peoples_are_ignored():
    me = "route-agent[bot]"
    assert who(commented(ANN, ANN), me) is None
    assert isinstance(who(commented(ANN, BOB), me), Ignored)
    own = Person("Route-Agent[bot]", 1, "Bot")
    assert isinstance(who(commented(own, own), me), Ignored)


def given(*minutes: int, by: str = "ann", state: State = "refused") -> tuple[Posted, ...]:
    """Commands that were given so many minutes past nine."""
    return tuple(Posted(n, f"2026-01-02T09:{at:02}:00Z", Note(f"c{n}", state, by=by)) for n, at in enumerate(minutes, 1))


def test_six_commands_of_a_person_within_an_hour_are_taken_and_the_seventh_is_told_when():
    six = given(0, 1, 2, 3, 4, 5)
    assert often(six[1:], "ann", "2026-01-02T09:30:00Z") is None
    assert often(six, "bob", "2026-01-02T09:30:00Z") is None, "they are Ann's"
    refused = often(six[::-1], "Ann", "2026-01-02T09:59:59Z")
    assert refused == Refused(
        "often", "6 commands were given here by Ann within an hour; the next is taken at 2026-01-02T10:00:00Z"
    ), "names differ by more than case, and the order of the comments is nothing"
    assert often(six, "ann", "2026-01-02T10:00:00Z") is None, "the first is an hour old"
    later = often(given(0, 10, 11, 12, 13, 14, 15), "ann", "2026-01-02T09:40:00Z")
    assert later is not None
    assert later.detail.endswith("the next is taken at 2026-01-02T10:10:00Z"), "when six are left no more"


def test_what_cost_nothing_is_not_counted():
    assert often(given(*range(9), state="explained"), "ann", "2026-01-02T09:30:00Z") is None
