"""What can be said of a patch's text at a glance: it parses, and holds no leftover, nothing invisible, no secret.

Not seen: secrets without a known shape, look-alike letters of scripts other than Greek and Cyrillic, and whatever the text
before the patch held already.
"""

import re
import unicodedata
from collections.abc import Iterator

from bot.core.changed import Changed
from bot.core.clean import hides, line, tokens
from bot.core.paths import ending, is_code, is_test
from bot.core.textual.finding import Finding, Grave
from bot.core.textual.syntax import broken

_MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: \S.*)?$", re.MULTILINE)
_DOCS = frozenset({"md", "rst", "txt", "adoc", "html"})


def static(changes: tuple[Changed, ...]) -> tuple[Finding, ...]:
    """In the order of the files."""
    known = "\n".join(change.before or "" for change in changes)
    return tuple(finding for change in changes if change.after is not None for finding in _of_file(change, known))


def _of_file(change: Changed, known: str) -> Iterator[Finding]:
    problem = broken(change)
    if problem is not None:
        why = f"`{line(change.path)}` no longer parses: {line(str(problem), 120)}"
        yield Finding("does not parse", change.path, problem.line, why, "veto")
    if problem is not None or ending(change.path) not in ("py", "json", "yaml", "yml", "toml"):
        yield from _markers(change)
    yield from _hidden(change)
    if is_code(change.path):
        yield from _look_alikes(change)
    yield from _secrets(change, known)


def _at(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _markers(change: Changed) -> Iterator[Finding]:
    """A document may show a conflict; a program with one is unfinished."""
    text, before = change.after or "", change.before or ""
    found = next((one for one in _MARKER.finditer(text) if one[0] not in before), None)
    if found is not None and found[0] in change.file.added_text:
        grave: Grave = "weak" if is_test(change.path) or ending(change.path) in _DOCS else "veto"
        why = f"a merge conflict's marker was left in: {line(found[0], 60)}"
        yield Finding("conflict marker", change.path, _at(text, found.start()), why, grave)


_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0001-\U000e007f]")
"""What no text needs unseen: turned direction, and tag characters. A flag's tags follow a black flag."""


def _hidden(change: Changed) -> Iterator[Finding]:
    text = change.after or ""
    programs = _programs(change.path)
    new = set(text) - set(change.before or "")
    suspects = {one for one in new if (hides(one) if programs else _STEERING.match(one))}
    if not suspects:
        return
    for place, character in enumerate(text):
        if character not in suspects or (character == "\ufeff" and not place) or _part_of_a_picture(text, place):
            continue
        name = unicodedata.name(character, "a control character")
        why = f"the invisible character U+{ord(character):04X} ({name.lower()}) was added; an escape would show it"
        yield Finding("invisible character", change.path, _at(text, place), why, "veto")
        return


_CONFIGURED = frozenset({"json", "yaml", "yml", "toml", "cfg", "ini"})


def _programs(path: str) -> bool:
    """Code and configuration; a translation is prose, which needs its joiners."""
    return is_code(path) or (ending(path) in _CONFIGURED and not re.search(r"locale|i18n|lang|translation", path, re.IGNORECASE))


def _part_of_a_picture(text: str, place: int) -> bool:
    """A joiner or selector between picture characters, or between letters of a script that is written with them."""
    if text[place] in "\ufe0e\ufe0f\u200d":
        return place > 0 and (
            unicodedata.category(text[place - 1]) in ("So", "Sk", "Cn", "Po", "Mn") or text[place - 1] in "0123456789#*\ufe0f"
        )
    if "\U000e0020" <= text[place] <= "\U000e007f":
        return "\U0001f3f4" in text[max(0, place - 8) : place]
    return text[place] in _JOINERS and place > 0 and not text[place - 1].isascii() and text[place - 1].isalpha()


_TWINS = frozenset("АВЕЅІЈКМНОРСТУХаесорхуіјѕԁԛԝһⅼΑΒΕΖΗΙΚΜΝΟΡΤΥΧονᎪᏟ")
"""Letters that look like a Latin one."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def _look_alikes(change: Changed) -> Iterator[Finding]:
    """A word of Latin letters with a twin among them, or one that only normalisation makes ASCII."""
    if change.file.added_text.isascii():
        return
    before = change.before or ""
    for number, row in enumerate((change.after or "").split("\n"), 1):
        if row.isascii():
            continue
        for word in _WORD.findall(row):
            mixed = not _TWINS.isdisjoint(word) and any(letter.isascii() for letter in word)
            if (mixed or _disguised(word)) and word not in before:
                why = f"the name {line(word, 40)} mixes letters of two scripts that look alike"
                yield Finding("look-alike name", change.path, number, why, "weak")
                return


def _disguised(word: str) -> bool:
    plain = unicodedata.normalize("NFKC", word)
    return not word.isascii() and plain.isascii() and len(plain) == len(word) and plain.isalpha()


_SAMPLE = re.compile(r"example|sample|test|fake|dummy|mock|placeholder|redacted|your[_-]|xxx|000000|123456|abcdef", re.IGNORECASE)


def _secrets(change: Changed, known: str) -> Iterator[Finding]:
    text, told = change.after or "", 0
    if next(tokens(change.file.added_text), None) is None:
        return
    for found in tokens(text):
        secret = found[0]
        if secret in known or not _genuine(secret) or re.match(r"[\w-]", text[found.start() - 1 : found.start()]):
            continue
        name = "a private key" if secret.startswith("-----") else f"what looks like a token ({line(secret, 5)})"
        grave: Grave = "weak" if is_test(change.path) else "veto"
        if (told := told + 1) > 10:
            return
        yield Finding("secret", change.path, _at(text, found.start()), f"{name} was added", grave)


def _genuine(secret: str) -> bool:
    """Not a sample, a name with hyphens, or a header that code looks for."""
    if secret.startswith("-----"):
        body = secret.split("-----")[2] if secret.count("-----") > 2 else ""
        return len(re.findall(r"[A-Za-z0-9+/=]", body)) >= 100
    return not _SAMPLE.search(secret) and any(letter.isdigit() for letter in secret) and len(set(secret)) >= 10
