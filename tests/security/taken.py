"""A split run whose `propose` job has been taken over: it hands in whatever the attacker likes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.attempt import Attempt
from bot.core.cost import Usage
from bot.core.entries import Tried
from bot.core.handover import pack, unpack
from bot.core.trail import Trail
from tests.fakes import repos
from tests.fakes.hosted import GATE, Job
from tests.fakes.world import Issue, Repo, World

FIXED: dict[str, bytes | str] = {"shop/add.py": "def add(a, b):\n    return a + b\n"}


@dataclass(frozen=True)
class Begun:
    world: World
    folder: Path
    payload: Mapping[str, Any]
    packed: Mapping[str, str]

    @property
    def trail(self) -> Trail:
        return unpack(self.packed["handover"])


def begun(world: World, shop: Repo, issue: Issue, folder: Path) -> Begun:
    """The gate has let the command in, and hands out its Trail."""
    payload = world.comment(shop, issue, "ann", "/agent fix")
    return Begun(world, folder, payload, Job(world, folder / "gate", "issue_comment", payload, scopes=GATE).packed("gate"))


def tried(trail: Trail, diff: str) -> Trail:
    return trail.then(Tried(Attempt("fast", "finished", diff, Usage(), 1.0, summary="all is well")))


def added(gate: Begun, diff: str) -> str:
    return pack(tried(gate.trail, diff))


def applied(gate: Begun, handover: str) -> dict[str, str]:
    """What the job with the right to write makes of it."""
    return Job(gate.world, gate.folder / "apply", "issue_comment", gate.payload).packed(
        "apply", handover=handover, before=gate.packed["handover"]
    )


def change(folder: Path, files: Mapping[str, bytes | str]) -> str:
    """What git itself says of such a change to the sample: a diff as the bot would make it."""
    repos.make(folder, repos.SHOP)
    repos.make(folder, files)
    words = ("--no-renames", "--full-index", "--text", "--no-color")
    return repos.git(folder, "diff-tree", "-p", *words, "HEAD~1", "HEAD") + "\n"
