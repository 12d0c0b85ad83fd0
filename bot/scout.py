"""What the repository itself says of a task: where it is, and what would prove a patch."""

from bot.core import detect, locate
from bot.core.checks import Check
from bot.core.clean import line
from bot.core.facts import Located, NotApplicable, Place, Unreadable
from bot.core.policy import Policy
from bot.ports import Tree

SEARCH_SECONDS = 10.0


def located_in(tree: Tree, text: str) -> Located | NotApplicable | Unreadable:
    """Files the text is about: named ones, else those that define what it names, else those that hold its rarest words."""
    if len(text) > locate.MOST_TEXT:
        return Unreadable(f"the text has {len(text)} characters; only {locate.MOST_TEXT} were looked at")
    try:
        ways = (locate.named(text, tree.files()), _defining(tree, text), _mentioning(tree, text))
    except TimeoutError:
        return Unreadable("the search did not end in time")
    clean = [tuple(place for place in places if line(place.path, 1_000) == place.path) for places in ways]
    shown = next((places for places in clean if places), ())
    others = tuple(place for places in clean[:2] for place in places if place not in shown)  # one more name in a text hides nothing
    return Located(shown, others) if shown else NotApplicable("nothing in the text points at a file")


def _defining(tree: Tree, text: str) -> tuple[Place, ...]:
    names = locate.symbols(text)
    if not names:
        return ()
    hits = tree.search(locate.definition(names), "", SEARCH_SECONDS)
    return locate.defining(names, tuple((hit.path, hit.text) for hit in hits))


def _mentioning(tree: Tree, text: str) -> tuple[Place, ...]:
    mentions = {
        word: tuple(dict.fromkeys(hit.path for hit in tree.search(rf"(?i)\b{word}", "", SEARCH_SECONDS)))
        for word in locate.words(text)
    }
    return locate.mentioning(mentions, locate.packages(tree.files()))


def found_checks(policy: Policy, tree: Tree) -> tuple[Check, ...]:
    """The policy's checks; where it names none, those that the repository's own files ask for."""
    if policy.verification.checks:
        return tuple(Check(c.name, c.run, c.kind, "verification.checks") for c in policy.verification.checks)
    return detected(tree)


def detected(tree: Tree) -> tuple[Check, ...]:
    """The checks that the repository's own files ask for."""

    def read(path: str) -> str | None:
        try:
            return tree.read(path).decode(errors="replace")
        except KeyError:
            return None

    return detect.detect(tree.files(), read)
