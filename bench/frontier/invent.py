"""Forty made-up rows in the shape of the real ones: what the bench does can be tested on them, what it finds means nothing.

python -m bench.frontier.invent    writes bench/frontier/synthetic/synthetic.json anew, always the same
"""

import json
import random
from pathlib import Path
from typing import Any

from bench.frontier.data import FOLDS, LANES, MADE_UP
from bench.frontier.features import NUMBERS

STRENGTH = {
    "ds": (0.55, 0.02),
    "mini": (0.6, 0.04),
    "gpt5": (0.65, 0.28),
    "s45": (0.72, 0.55),
    "gem3": (0.75, 0.46),
    "opus45": (0.77, 0.72),
}
"""How often a lane resolves an issue of middling difficulty, and what an issue costs it in dollars."""
HINDSIGHT = (
    "gold_files",
    "gold_hunks",
    "gold_add",
    "gold_del",
    "gold_lines",
    "gold_new_file",
    "gold_new_def",
    "path_schema",
    "path_auth",
)
FILE = Path(__file__).parent / "synthetic" / MADE_UP.file


def rows() -> list[dict[str, Any]]:
    chance = random.Random(40)  # noqa: S311 - no secret
    return [_row(number, chance) for number in range(MADE_UP.shape[0])]


def _row(number: int, chance: random.Random) -> dict[str, Any]:
    repos = FOLDS[number % len(FOLDS)]
    repo = repos[number // len(FOLDS) % len(repos)]
    hard = chance.random()
    feats: dict[str, Any] = {name: chance.randint(0, 9) for name in NUMBERS}
    feats |= {name: round(1 + 9 * hard) if name != "path_auth" else 0 for name in HINDSIGHT}
    feats |= {
        "f2p": 1 + round(4 * hard),
        "test_lines": 5 + round(40 * hard),
        "difficulty": ("<15 min fix", "15 min - 1 hour", "1-4 hours")[int(3 * hard)],
    }
    feats |= {"underspecified": 0, "false_negative": 0, "utboost_weak": 0}
    outcomes = {LANES[name]: _outcome(strength, cost, hard, chance) for name, (strength, cost) in STRENGTH.items()}
    return {"instance_id": f"{repo.replace('/', '__')}-{number + 1}", "repo": repo, "feats": feats, "outcomes": outcomes}


def _outcome(strength: float, cost: float, hard: float, chance: random.Random) -> list[float]:
    right = chance.random() < strength + 0.5 * (0.5 - hard)
    return [int(right), round(cost * (0.5 + hard + chance.random() / 2), 6), 10 + round(60 * hard)]


def text() -> str:
    return json.dumps({"rows": rows()}, indent=0) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
