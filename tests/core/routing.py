"""Facts and policies for the router, and what it makes of them."""

from dataclasses import replace
from pathlib import Path

from bot.core.diff import Diff, FileDiff
from bot.core.facts import Facts, Failing, NotApplicable
from bot.core.policy import Policy, Signals
from bot.core.policyfile import read
from bot.core.route import Refusal, Route, choose
from bot.core.score import weigh
from bot.core.signals import Number, observe
from bot.core.taskclass import classify
from bot.core.words import SignalName

NOTHING = NotApplicable("none")
PLAIN = (Path(__file__).parent.parent / "data" / "policy-minimal.yml").read_text()


def with_rules(more: str, text: str = PLAIN) -> Policy:
    """The policy with more under `routing`, which is its last part."""
    return read((text + more).encode(), "p.yml")


POLICY = with_rules("")


def facts(*files: FileDiff, text: str = "", labels: tuple[str, ...] = (), failing: int = 0) -> Facts:
    return Facts(Diff(files), NOTHING, Failing(tuple(f"t{n}" for n in range(failing))), labels, text)


def changed(path: str, added: str = "x\n", **more: object) -> FileDiff:
    return replace(FileDiff(path, "modified", None, 1, 0, added), **more)  # type: ignore[arg-type]  # fields by name


def values(given: Facts, added: Signals | None = None) -> dict[SignalName, int]:
    return {s.name: s.reading.value for s in observe(given, added or Signals()) if isinstance(s.reading, Number)}


def routed(given: Facts, policy: Policy = POLICY, asked: str | None = None) -> Route | Refusal:
    signals = observe(given, policy.signals)
    return choose(signals, weigh(signals, policy.routing).total, classify(given, signals), policy, asked)
