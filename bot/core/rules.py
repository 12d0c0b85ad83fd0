"""The rules, one function each: from the facts of a request to what was found. Text and labels only ever add findings."""

import re
from collections.abc import Callable
from functools import cache

from pathspec import GitIgnoreSpec

from bot.core.areas import CI_PATHS, DEPENDENCY_PATHS, DEPLOY_PATHS, SCHEMA_PATHS, SECRET_PATHS
from bot.core.clean import line
from bot.core.diff import Diff, FileDiff
from bot.core.facts import Facts, Failing, Located, NotApplicable, NotRun, Unreadable
from bot.core.paths import ending, is_code, is_test

Found = tuple[str, ...] | NotApplicable | Unreadable | NotRun
"""Findings, one short line each; or why there can be none, or none that are known."""

Rule = Callable[[Facts], Found]


def paths(facts: Facts) -> tuple[str, ...] | NotApplicable | Unreadable:
    """The files a request is about: those of its diff, else those located from its text."""
    if isinstance(facts.diff, Diff):
        return tuple(path for file in facts.diff.files for path in file.paths)
    if isinstance(facts.diff, Unreadable):
        return facts.diff
    if not isinstance(facts.located, Located):
        return facts.located
    return tuple(dict.fromkeys(place.path for place in (*facts.located.places, *facts.located.guesses)))


def files_touched(facts: Facts) -> Found:
    if isinstance(facts.diff, Diff):
        return tuple(line(file.path) for file in facts.diff.files)
    if isinstance(facts.diff, Unreadable):
        return facts.diff
    if isinstance(facts.located, Located):
        return tuple(f"{line(place.path)} ({place.why})" for place in facts.located.places)
    return facts.located


def test_failures(facts: Facts) -> Found:
    return tuple(map(line, facts.failing.names)) if isinstance(facts.failing, Failing) else facts.failing


# ---- yes or no ---------------------------------------------------------------------------------------------------

_SCHEMA_LINES = re.compile(
    r"\b(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|TYPE|COLUMN|VIEW|SEQUENCE)\b"
    r"|\bop\.(?:add|drop|alter|create|rename)_\w+\(|\bmigrations\.(?:Add|Remove|Alter|Rename|Create|Delete)\w+\("
    r"|\b(?:models\.\w+Field|models\.ForeignKey|mapped_column|db\.Column|sa\.Column)\("
    r"|^[ \t]*\w+[ \t]*=[ \t]*Column\(|\b(?:add|remove|rename|change)_column\b",
    re.IGNORECASE | re.MULTILINE,
)
_SCHEMA_HINTS = ("create", "alter", "drop", "op.", "migrations.", "field(", "foreignkey(", "column")


_SCHEMA_TEXT = re.compile(
    r"\b(?:add|drop|remove|rename|alter)(?:ing|s)? (?:an? |the )?(?:new )?(?:column|table|index|foreign key)\b"
    r"|\b(?:database|schema|data) migrations?\b|\bdatabase schema\b",
    re.IGNORECASE,
)


def schema_change(facts: Facts) -> Found:
    found = _by_paths_and_lines(facts, SCHEMA_PATHS, _SCHEMA_LINES, _SCHEMA_HINTS, "changes a definition of stored data")
    return _and_said(found, facts, _SCHEMA_TEXT)


_AUTH_WORDS = frozenset(
    "auth authn authz authentication authenticate authenticator authorization authorize authorizer authorisation login logout "
    "signin signup session sessions token tokens oauth oauth2 oidc openid saml sso jwt jwks jws jwe permission permissions acl "
    "acls rbac abac password passwords passwd credential credentials crypto cryptography encryption csrf xsrf cors mfa 2fa totp "
    "otp webauthn passkey passkeys keycloak ldap kerberos impersonate impersonation sudo privilege privileges".split()
)
_DOCS = frozenset({"md", "rst", "txt", "adoc", "png", "svg", "jpg", "gif", "ico", "css", "scss"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+[a-z]+|\d+")


def words(path: str) -> frozenset[str]:
    """The words a path is made of: `src/LoginForm/token_store.py` has `login`, `form`, `token` and `store`."""
    return frozenset(word.lower() for word in _WORD.findall(path)) | frozenset(re.split(r"[^a-z0-9]+", path.lower()))


_AUTH_TEXT = re.compile(
    r"\b(?:log(?:ging)?[- ]?in|sign(?:ing)?[- ]?in|log(?:ging)?[- ]?out|passwords?|authenticat\w+|authori[sz]ation|oauth2?"
    r"|single sign-on|two[- ]factor|access control|permission checks?|privilege escalation)\b",
    re.IGNORECASE,
)


def auth_code(facts: Facts) -> Found:
    found = paths(facts)
    if isinstance(found, tuple):
        found = tuple(line(path) for path in found if words(path) & _AUTH_WORDS and ending(path) not in _DOCS)
    return _and_said(found, facts, _AUTH_TEXT)


_NEW_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|public|private|protected|static|async|pub|default|abstract|final)[ \t]+)*"
    r"(?:def|class|function|func|fn|interface|struct|enum|trait|impl|module|type)[ \t]+\w+",
    re.MULTILINE,
)
_NEW_WORDS = re.compile(
    r"\b(?:add(?:ing)? (?:an?|new|support|the ability|options?|some|more|missing)|support for|should support|implements?"
    r"|introduces?"
    r"|new (?:feature|option|flag|command|endpoint|function|class|parameter|api|page|method|field|setting)|feature request"
    r"|allow (?:users|people|callers|us|one) to)\b",
    re.IGNORECASE,
)


def needs_new_code(facts: Facts) -> Found:
    asked = tuple(f"the text says `{line(found[0])}`" for found in [_NEW_WORDS.search(facts.text)] if found)
    if isinstance(facts.diff, Unreadable):
        return facts.diff
    if isinstance(facts.diff, Diff):
        return _new_in(facts.diff) + asked
    return asked


def _new_in(diff: Diff) -> tuple[str, ...]:
    found: list[str] = []
    for file in diff.files:
        if not is_code(file.path) or is_test(file.path):
            continue
        if file.kind == "added":
            found.append(f"{line(file.path)} is new")
        elif len(_NEW_DEFINITION.findall(file.added_text)) > len(_NEW_DEFINITION.findall(file.removed_text)):
            found.append(f"{line(file.path)} defines something new")
    return tuple(found)


_INCIDENT_LABELS = re.compile(
    r"incident|outage|sev-?[01]\b|^p0$|p0\b|hotfix|production[ _-]?down|data[ _-]?loss|emergency", re.IGNORECASE
)
_INCIDENT_TEXT = re.compile(
    r"\b(?:outage|production (?:is |was )?down|prod (?:is |was )?down|site (?:is |was )?down|production incident"
    r"|sev-?[01]|data loss|losing data"
    r"|customers? (?:cannot|can't|can not|are unable)|paged? (?:at|the) (?:on-?call|night))\b",
    re.IGNORECASE,
)


def production_incident(facts: Facts) -> Found:
    labels = tuple(f"label: {line(label)}" for label in facts.labels if _INCIDENT_LABELS.search(label))
    return labels + tuple(f"the text says `{line(found[0])}`" for found in [_INCIDENT_TEXT.search(facts.text)] if found)


_CI_TEXT = re.compile(
    r"\b(?:CI|continuous integration|GitHub Actions?)[- ](?:workflows?|pipelines?|config\w*|jobs?)\b", re.IGNORECASE
)


def ci_config(facts: Facts) -> Found:
    return _and_said(_by_paths(facts, CI_PATHS), facts, _CI_TEXT)


_SECRET_LINES = re.compile(
    r"(?:getenv|environ|env)\W{1,3}[\"']?\w*(?:SECRET|TOKEN|PASSWORD|API_?KEY|PRIVATE_?KEY)|\bSecretStr\b|\bget_secret\w*\("
    r"|\bhvac\.|\bsecretmanager\b|\bprivate_key\b|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_SECRET_HINTS = ("env", "secret", "hvac", "private")


def secrets_handling(facts: Facts) -> Found:
    return _by_paths_and_lines(facts, SECRET_PATHS, _SECRET_LINES, _SECRET_HINTS, "reads or writes a secret")


def deploy_config(facts: Facts) -> Found:
    found = _by_paths(facts, DEPLOY_PATHS)
    if not isinstance(found, tuple):
        return found
    return tuple(path for path in found if not (is_code(path) and path.rpartition("/")[2].casefold().startswith("dockerfile")))


_DEPENDENCY_TEXT = re.compile(
    r"\b(?:bump|upgrade|downgrade|pin)(?:ing|s)? \S{1,60} (?:from \S{1,30} )?to v?\d"
    r"|\b(?:update|add|remove|drop) (?:the |a )?dependenc(?:y|ies)\b",
    re.IGNORECASE,
)


def dependency_change(facts: Facts) -> Found:
    return _and_said(_by_paths(facts, DEPENDENCY_PATHS), facts, _DEPENDENCY_TEXT)


def _and_said(found: Found, facts: Facts, pattern: re.Pattern[str]) -> Found:
    """What was found, and what the text says besides: it adds a finding, or makes one where there is no other source."""
    said = tuple(f"the text says `{line(hit[0])}`" for hit in [pattern.search(facts.text)] if hit)
    if isinstance(found, tuple):
        return (*found, *said)
    return said if said and isinstance(found, NotApplicable) else found


# ---- how they look -----------------------------------------------------------------------------------------------


@cache
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(glob.casefold() for glob in globs)


@cache
def _union(globs: tuple[str, ...]) -> re.Pattern[str]:
    """All globs of a list without negations as one regex: a large change asks for thousands of paths."""
    parts = [pattern.regex.pattern for pattern in _spec(globs).patterns if pattern.regex is not None]
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", str(part)) for part in parts))


def _matching(found: tuple[str, ...], globs: tuple[str, ...]) -> tuple[str, ...]:
    matches = _union(globs).match
    return tuple(line(path) for path in found if matches(path.casefold()))


def _by_paths(facts: Facts, globs: tuple[str, ...]) -> Found:
    found = paths(facts)
    return _matching(found, globs) if isinstance(found, tuple) else found


def _by_paths_and_lines(facts: Facts, globs: tuple[str, ...], pattern: re.Pattern[str], hints: tuple[str, ...], why: str) -> Found:
    named = _by_paths(facts, globs)
    if not isinstance(named, tuple) or not isinstance(facts.diff, Diff):
        return named
    return named + tuple(
        f"{line(file.path)} {why}" for file in facts.diff.files if line(file.path) not in named and _says(file, pattern, hints)
    )


def _says(file: FileDiff, pattern: re.Pattern[str], hints: tuple[str, ...]) -> bool:
    """Whether a changed line of code says it. Documents and tests may talk of anything.

    `hints` are words without one of which the pattern cannot match: looking for them first is what keeps large changes quick.
    """
    if not is_code(file.path) or is_test(file.path):
        return False
    text = f"{file.added_text}\n{file.removed_text}"
    small = text.lower()
    return any(hint in small for hint in hints) and bool(pattern.search(text))


def by_paths(facts: Facts, globs: tuple[str, ...]) -> tuple[str, ...]:
    """The policy's own globs for a signal."""
    found = paths(facts)
    if not globs or not isinstance(found, tuple):
        return ()
    spec = _spec(globs)
    return tuple(line(path) for path in found if spec.match_file(path.casefold()))


def by_labels(facts: Facts, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The policy's own labels for a signal; case does not count."""
    wanted = {label.casefold() for label in labels}
    return tuple(f"label: {line(label)}" for label in facts.labels if label.casefold() in wanted)
