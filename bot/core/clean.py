"""Text that strangers wrote, made fit to read; text that we show, made fit to show."""

import base64
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import quote

_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIDDEN_ATTRIBUTE = re.compile(r"""\s(?:alt|title|aria-label)\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^\[)\n]*\)")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0")
"""Letters and marks that draw nothing: category Lo, Mn or So, so the categories below do not catch them."""

_SHAPES = (
    r"gh[pousr]_[A-Za-z0-9._-]{36,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abeprs]-[\w-]{10,}"
    r"|(?<![a-z][aeiou])sk-(?=[A-Za-z0-9_-]{0,200}?[A-Z0-9])[A-Za-z0-9_-]{20,}"  # neither `task-list-…` nor `risk-adjusted-…2`
    r"|[sr]k_live_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
)
_TOKEN = re.compile(rf"{_SHAPES}.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL)
_BEHIND = r"[^\nA-Za-z0-9]{1,8}[A-Za-z0-9+/=]{2,}+[^\nA-Za-z0-9]{0,8}(?=\n|\Z)|[^\nA-Za-z0-9]{1,8}(?=\n)"
"""The one word of a row, behind a comment's sign and before another; and such a sign at the end of the first row."""
_HEADED = rf"(?:(?!-----)[\s\S]){{0,300}}?[A-Za-z0-9+/]{{60,}}(?:[A-Za-z0-9+/=\s\\\"',`]++|{_BEHIND})*"
"""A whole row, below headers as `Proc-Type:` or behind a quote that opens, and all rows after it."""
_IN_A_FILE = re.compile(rf"{_SHAPES}(?:[A-Za-z0-9+/=\s\\]{{64,}}|{_HEADED})")
"""Of a private key what is one: code that reads keys names where they begin."""
_SHORTEST_SECRET = 8
"""Shorter values are words; taking them out would garble the text and protect nothing."""


def _invisible(character: str) -> bool:
    if character in "\n\t":
        return False
    if character in _BLANK_LETTERS or 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF:
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs")


def hides(character: str) -> bool:
    """Whether it draws nothing where it stands, or turns what stands beside it: what has no business in a program.

    Characters that our Unicode version does not know, and those for private use, are left to the fonts that draw them.
    """
    return character not in "\r\f" and _invisible(character) and unicodedata.category(character) not in ("Cn", "Co")


def visible(text: str) -> str:
    """What a person would see on the page: no HTML comments, images, hidden attributes or invisible characters."""
    text = html.unescape(text.replace("\r\n", "\n"))
    text = _HIDDEN_ATTRIBUTE.sub("", _IMAGE.sub("", _HTML_COMMENT.sub("", text)))
    return "".join(character for character in text if not _invisible(character)).strip()


def printable(text: str) -> str:
    """Fit for a terminal or a log: no escape sequences, no control characters, undecodable bytes shown as such."""
    text = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text if c in "\n\t" or not _steers(c))


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _steers(character: str) -> bool:
    """Whether it moves a terminal's cursor or turns the direction of what is read: C0, C1 and bidirectional controls."""
    return character < " " or "\x7f" <= character <= "\x9f" or character in _BIDI


def sendable(text: str) -> str:
    """Without what UTF-8 cannot hold: bytes of a file's name or content that were none stand as surrogates."""
    return text.encode(errors="replace").decode()


def line(text: str, limit: int = 200) -> str:
    """One printable line of at most `limit` characters."""
    if len(text) <= limit and text.isprintable() and "  " not in text and text.strip() == text:
        return text
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def several(texts: Sequence[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most} more"


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Without the secrets we hold, in every usual way to write them, whole or cut; and without anything shaped like a token."""
    return _TOKEN.sub("[redacted]", _without(text, secrets))


def secret_name(name: str) -> bool:
    """Whether a variable holds a secret, by how its name ends. The runner leaves the hyphens in an input's."""
    return name.upper().replace("-", "_").endswith(("_API_KEY", "_TOKEN", "_SECRET"))


def holds(text: str, secrets: tuple[str, ...]) -> bool:
    """Whether one of the secrets stands there, in any of those ways."""
    return _without(text, secrets) != text


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in sorted(filter(lambda s: len(s) >= _SHORTEST_SECRET, secrets), key=len, reverse=True):
        raw = secret.encode(errors="surrogateescape")
        for form in (secret, *_in_base64(raw), raw.hex(), quote(raw, safe="")):
            text = text.replace(form, "[redacted]")
        text = _uncut(text, secret)
    return text


def veiled(text: str) -> str:
    """What a file holds, without what is shaped like a token, in as many lines: to be shown to a model."""
    return _IN_A_FILE.sub(lambda found: "[redacted]" + "\n" * found[0].count("\n"), text)


def _in_base64(raw: bytes) -> Iterator[str]:
    """Alone; and what of it is sure to stand there, whatever stands around it: a user's name before a password, say."""
    whole = base64.b64encode(raw).decode().rstrip("=")
    yield from (whole, whole.translate(_FOR_ADDRESSES))
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        inner = whole[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]
        yield from (inner, inner.translate(_FOR_ADDRESSES))


_FOR_ADDRESSES = str.maketrans("+/", "-_")
_LEAST, _WINDOW = 20, 12
"""So many characters of a secret in a row are taken for it; and a piece of such a length lies in each such row."""


def _uncut(text: str, secret: str) -> str:
    """Without long parts of a secret: "leave out its first seven characters" was told to a model, and got past such a filter."""
    for start in range(0, len(secret) - _WINDOW + 1, _LEAST - _WINDOW + 1):
        at = text.find(secret[start : start + _WINDOW])
        while at >= 0:
            before = _row(text[max(0, at - start) : at][::-1], secret[:start][::-1])
            after = _row(text[at : at + len(secret)], secret[start:])
            end = at + after
            if before + after >= _LEAST:
                text, end = f"{text[: at - before]}[redacted]{text[end:]}", at - before
            at = text.find(secret[start : start + _WINDOW], end)
    return text


def _row(one: str, other: str) -> int:
    """How many characters two texts have in common from their start."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def tokens(text: str) -> Iterator[re.Match[str]]:
    """What `redact` takes out for its shape alone."""
    return _TOKEN.finditer(text)


def fence(text: str, language: str = "") -> str:
    """A Markdown code block that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def block(text: str, name: str) -> str:
    """Data in a prompt, between bars longer than any in it: a bar in the data cannot end it."""
    longest = max((len(run) for run in re.findall(r"={3,}", text)), default=0)
    bars = "=" * max(5, longest + 1)
    return f"{bars} {name}\n{text.rstrip()}\n{bars} end of {name}"


def inline(text: str) -> str:
    """Markdown inline code that its content cannot end; one line, table-safe, mentions and auto-close words inert."""
    flat = line(text).replace("|", "\u2502")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}" if flat else "` `"


_SKIPS_CI = re.compile(
    r"\[\s*(?:skip[\s_-]*ci|ci[\s_-]*skip|no[\s_-]*ci|skip[\s_-]*actions|actions[\s_-]*skip)\s*\]|skip-checks\s*:\s*true",
    re.IGNORECASE,
)
_REFERENCES = re.compile(r"#(?=\d)|\bGH-(?=\d)|https?://|@(?=\w)", re.IGNORECASE)


def subject(text: str, limit: int = 72) -> str:
    """One line for a commit or a title: it skips no CI, closes no issue, and calls nobody."""
    before, text = "", line(visible(text), 10 * limit)  # first as it will stand: what is between words may make them one
    while before != text:  # what is taken out may leave the same thing behind
        before, text = text, _REFERENCES.sub("", _SKIPS_CI.sub("", text))
    return line(text, limit) or "a fix"
