"""Which secret goes where. On the command line the policy is a repository's, and a repository may be a stranger's.

It says where a model answers, by which variable it is paid for, and what is run to set up: CVE-2026-21852 is what happens where
that alone decides who gets a key. A person's own environment says the rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from bot.core.clean import line, redact
from bot.core.lane import ADDRESSED, ADDRESSES, KEYS, Lane

SEND_KEY = "ROUTE_AGENT_SEND_KEY"
"""The variable in which a person says it: `NAME@HOST[:PORT]`, with spaces between several; `NAME@http://HOST` for no encryption."""
_SAID = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)@(?:(?P<scheme>https?)://)?(?P<place>[^\s/@]+)")
Unasked = Literal["to its own provider", "anywhere"]


@dataclass(frozen=True, slots=True)
class Said:
    """A person's word that a key may go to an address."""

    name: str
    scheme: str
    """Empty where none was said: whatever is encrypted, or does not leave this machine."""
    place: str
    """A host, with a port where only that one is meant."""

    def meets(self, name: str, site: SplitResult) -> bool:
        host = site.netloc.lower()
        return (
            self.name == name
            and self.place in (host, re.sub(r":\d*$", "", host))
            and (self.scheme == site.scheme or (not self.scheme and _unread(site)))
        )


def said(text: str) -> tuple[Said, ...]:
    """Raises `ValueError`, which says what to write."""
    found = []
    for word in text.replace(",", " ").split():
        if not (parts := _SAID.fullmatch(word)):
            raise ValueError(f"{SEND_KEY} holds `{line(word, 80)}`; write NAME@HOST, as MY_API_KEY@llm.example.com")
        found.append(Said(parts["name"], parts["scheme"] or "", parts["place"].lower()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Withheld:
    why: str
    """With the remedy, past a semicolon."""


@dataclass(frozen=True, slots=True)
class Keys:
    values: Mapping[str, str] = field(repr=False)
    """Environment variables; only a lane's own is read, by name."""
    unasked: Unasked
    """Where a key goes without a person's word. `anywhere` is for a workflow: its inputs name each key that it hands over, and its
    policy was merged. A key that is named in what was said goes nowhere else there."""
    said: tuple[Said, ...] = ()

    def of(self, lane: Lane) -> str | Withheld:
        """Empty where none is set."""
        name = lane.key_name
        value = self.values.get(name, "").strip() if name else ""
        if not name or not value:
            return ""
        site = urlsplit(lane.address)
        if any(each.meets(name, site) for each in self.said):
            return value
        if not _unread(site):
            return Withheld(
                f"models.{lane.name} would send {name} to {site.netloc} unencrypted; write https:// in its base_url, "
                f"or, if others may read along, set {SEND_KEY}={name}@http://{site.netloc}"
            )
        bound = any(each.name == name for each in self.said)
        if not bound if self.unasked == "anywhere" else _belongs(name, lane, site):
            return value
        return Withheld(
            f"models.{lane.name} of the policy would send {name} to {site.netloc}, which nobody but the policy says; "
            f"if you mean it, set {SEND_KEY}={name}@{site.netloc}"
        )


def unread(lane: Lane) -> bool:
    return _unread(urlsplit(lane.address))


def _belongs(name: str, lane: Lane, site: SplitResult) -> bool:
    """A provider's own variable at the provider's own address; at an own server's, where that is this machine."""
    if name != KEYS.get(lane.provider):
        return False
    return here(lane.address) if lane.provider in ADDRESSED else site.netloc.lower() == urlsplit(ADDRESSES[lane.provider]).netloc


def _unread(site: SplitResult) -> bool:
    """Whether nobody on the way can read what is sent."""
    return site.scheme == "https" or here(site.geturl())


def here(address: str) -> bool:
    """Whether a URL leads to this machine. Whoever asks there asks directly: a proxy would read along, and ask its own machine."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# ---- set-up commands ---------------------------------------------------------------------------------------------

SETUP_ENV = "ROUTE_AGENT_SETUP_ENV"
"""The variable in which a person names others that set-up commands may see, whatever is in them."""
REACHES = (
    "PIP_",
    "UV_",
    "npm_config_",
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
"""How names begin that say how packages are reached."""
_SECRET = ("TOKEN", "KEY", "SECRET", "PASSW", "AUTH", "CREDENTIAL", "OTP", "USERNAME")
_LOGIN = re.compile(r"[^/\s]@")
"""A name or password before a host; tools take `ann:word@proxy:3128` for an address, too."""
_ENTITLED = re.compile(r"://[^/\s]+/(?:[^\s]*[/=])?(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}(?![A-Za-z0-9])")
"""An address that lets in whoever knows it, as those of some package servers do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What set-up commands see of the caller's environment: how packages are reached, and what a person names."""

    values: Mapping[str, str] = field(repr=False)
    withheld: tuple[str, ...]
    """Names of what would say how packages are reached, and holds a secret."""

    @property
    def lacking(self) -> str:
        """What set-up is not shown, to be said where there is one; empty where that is nothing."""
        names = ", ".join(self.withheld)
        return f"what may be secret is not shown, unless {SETUP_ENV} names it: {names}" if names else ""


def confided(values: Mapping[str, str]) -> tuple[str, ...]:
    """Of what set-up commands see, what looks like a secret: a person has named it for them, and it is told to nobody else."""
    return tuple(value for name, value in values.items() if _secret(name, value))


def _named(env: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in env.get(SETUP_ENV, "").replace(",", " ").split() if name in env)


def shown(env: Mapping[str, str]) -> Shown:
    named = _named(env)
    reaching = [name for name in env if name.startswith(REACHES) and name not in named]
    secret = tuple(sorted(name for name in reaching if _secret(name, env[name])))
    wanted = {*named, *reaching} - {*secret}
    return Shown({name: value for name, value in env.items() if name in wanted}, secret)


def _secret(name: str, value: str) -> bool:
    return (
        any(word in name.upper() for word in _SECRET)
        or any(shape.search(value) for shape in (_LOGIN, _ENTITLED))
        or redact(value) != value
    )
