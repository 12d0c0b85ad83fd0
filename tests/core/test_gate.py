"""Who may have what done: every row is a case of the attack checklist."""

import pytest

from bot.core.event import Commented, Person, Repo
from bot.core.forge import Pull, Thread
from bot.core.gate import Admitted, Circumstances, Ignored, Refused, TurnedAway, admit, who
from bot.core.policy import Triggers

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
