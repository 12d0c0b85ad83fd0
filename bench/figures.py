"""The arithmetic of a measured run: what the journal and the process tree say, as the figures of a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from bench.journal import Entry

BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end. Times in seconds, memory in MB.

    `before` is what of `start` its checks on the unchanged repository took. `sent` is the size of each prompt, in bytes.
    """

    start: float
    steps: tuple[float, ...]
    after: float
    before: float
    wall: float
    own_mb: float
    tree_mb: float
    requests: int
    sent: tuple[int, ...]

    def figures(self) -> dict[str, float]:
        return {
            "start": self.start,
            "start_without_proof": self.start - self.before,
            "step_mean": sum(self.steps) / len(self.steps),
            "step_median": median(self.steps),
            "after": self.after,
            "wall": self.wall,
            "wall_without_proof": self.wall - self.before - self.after,
            "own_mb": self.own_mb,
            "tree_mb": self.tree_mb,
            "requests": self.requests,
            "tokens": sum(self.sent) / BYTES_A_TOKEN,
            "tokens_first": self.sent[0] / BYTES_A_TOKEN,
            "tokens_step": (self.sent[-1] - self.sent[0]) / (len(self.sent) - 1) / BYTES_A_TOKEN,
        }


def sent(body: Mapping[str, Any]) -> int:
    """Bytes of what a model has to read of a request, messages and tools, written the same way whoever sent it."""
    read = {name: body[name] for name in ("messages", "tools") if name in body}
    return len(json.dumps(read, ensure_ascii=False, separators=(",", ":")).encode())


def steps(entries: Sequence[Entry]) -> tuple[float, ...]:
    """From each answer to the request that follows it: the agent's own time, without the server's."""
    return tuple(later.arrived - earlier.answered for earlier, later in pairwise(entries))


@dataclass(frozen=True, slots=True)
class Figure:
    least: float
    median: float


def figures(runs: Sequence[Run]) -> dict[str, Figure]:
    rows = [run.figures() for run in runs]
    return {name: Figure(min(row[name] for row in rows), median(row[name] for row in rows)) for name in rows[0]}


def ratio(ours: Figure, theirs: Figure) -> float:
    """Of the medians; below 1 ours is ahead."""
    return ours.median / theirs.median
