"""A secret of its own in every slot that holds one, and a search for any of them, in every way to write it.

What is held in a slot is not shaped like anybody's key: no filter takes it out but one that knows it. All have one stem in their
middle, which is what is looked for, so that a part of one is found as well; it is shorter than what `redact` knows a secret by, so
that one of them which is known protects no other.
"""

import base64
import binascii
import html
import json
import re
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

STEM = "Zq/7x+K=9vW"
KEY_ENV = "SHOP_OTHER_KEY"
"""A variable that `api-key-env` names."""
PACKED = re.compile(rb"H4sI[A-Za-z0-9+/=_-]{16,}")
LARGEST = 1 << 24
"""Bytes that are looked at of what is unpacked."""


def canary(slot: str) -> str:
    """The same for the same slot; two slots have nothing in common but the stem."""
    one, other = (f"{zlib.crc32(f'{slot}{side}'.encode()):08x}" for side in "lr")
    return f"{one}{STEM}{other}"


KEYS = {
    f"INPUT_{name}": canary(name)
    for name in ("OPENROUTER-API-KEY", "OPENAI-API-KEY", "ANTHROPIC-API-KEY", "LITELLM-API-KEY", "VLLM-API-KEY")
}
SURROUNDINGS = {
    KEY_ENV: canary(KEY_ENV),
    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{quote(canary('otel'), safe='')}",
    "ACTIONS_RUNTIME_TOKEN": canary("runtime"),
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": canary("identity"),
    "UV_PUBLISH_TOKEN": canary("registry"),
}
"""Of the step's process, beside its inputs: keys under names of their owner's, a collector's, the runner's own, a registry's."""


@cache
def forms() -> dict[str, bytes]:
    """Every way in which the stem may stand somewhere, but for its case and for ends of lines within it."""
    raw = STEM.encode()
    found = {
        "plain": raw,
        "reversed": raw[::-1],
        "hexadecimal": raw.hex().encode(),
        "percent": quote(STEM, safe="").encode(),
        "percent and plus": quote_plus(STEM).encode(),
        "percent twice": quote(quote(STEM, safe=""), safe="").encode(),
        "in a path": quote(STEM).encode(),
        "JSON": json.dumps(STEM).replace("/", "\\/").strip('"').encode(),
    }
    for shift in range(3):  # of what stands before it, only the last bytes tell how it is coded
        coded = base64.b64encode(b"\0" * shift + raw)[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        found[f"base64 at {shift}"] = coded
        found[f"base64 for addresses at {shift}"] = coded.translate(bytes.maketrans(b"+/", b"-_"))
    return found


_ENDS = re.compile(rb"(?:\\+[rn]|%0a|%0d|[\s\x00-\x1f])+")


def told(data: bytes) -> str:
    """What of a canary is told there, and in which way; empty for nothing. What is told in the wrong case is told."""
    for text in (data, *_unpacked(data)):
        low = text.lower()
        for whole in (low, _ENDS.sub(b"", low), html.unescape(low.decode("latin-1")).encode(errors="replace")):
            for name, form in forms().items():
                if (at := whole.find(form.lower())) >= 0:
                    return f"{name}: …{whole[max(0, at - 40) : at + len(form) + 8].decode(errors='replace')}…"
    return ""


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Trails as they travel: gzip in base64, wherever they stand."""
    for found in PACKED.finditer(data):
        text = found[0].rstrip(b"=")
        for cut in range(4):  # what stands behind it may look like more of it
            try:
                whole = base64.b64decode(text[: len(text) - cut] + b"=" * (-(len(text) - cut) % 4))
                yield zlib.decompressobj(wbits=31).decompress(whole, LARGEST)
            except (binascii.Error, zlib.error):
                continue
            break


@dataclass(frozen=True)
class Emitted:
    """Something that left the bot: where, and what."""

    where: str
    data: bytes


def leaks(emitted: Iterable[Emitted]) -> list[str]:
    return [f"{each.where}: {what}" for each in emitted if (what := told(each.data))]


def files(folder: Path) -> Iterator[Emitted]:
    """What lies in a folder, but for git's own files, which `objects` reads."""
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.endswith(".git") for part in inner.parts):
            yield Emitted(str(inner), path.read_bytes())


def objects(repo: Path) -> Iterator[Emitted]:
    """Every commit, tree, file and name of a branch that a repository has, also of what no branch leads to any more."""
    for words in (("for-each-ref",), ("cat-file", "--batch", "--batch-all-objects", "--unordered")):
        done = subprocess.run(
            ["git", *words], cwd=repo, env={"PATH": "/usr/bin:/bin:/usr/local/bin"}, capture_output=True, check=True
        )
        yield Emitted(f"git {words[0]} in {repo.name}", done.stdout)
