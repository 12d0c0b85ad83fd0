"""Models that mostly do their work, and at times anything else; what they are owed is counted for the run that asked."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.chaos.setting import CANARY, PRICE
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Answer, Server
from tests.fakes.shops import TEST
from tests.flow.review.verdicts import BUG, FINE

EDITS: tuple[Answer, ...] = (GOOD, GOOD, GOOD, BAD, {**GOOD, "new": "b + a"})
FOOLISH: tuple[Answer, ...] = (
    {"status": 500, "body": {"error": {"message": "overloaded"}}},
    {"status": 429, "body": {"error": {"message": "slow down"}}},
    {"status": 400, "body": {"error": {"message": "context length exceeded"}}},
    {"drop": True},
    {"raw": "<html>bad gateway</html>"},
    {"content": "I would rather not."},
    {"action": "delete_everything", "path": "/"},
    {**GOOD, "path": "../../etc/passwd"},
    {**GOOD, "path": ".github/workflows/own.yml"},
    {**GOOD, "old": "not there"},
    {**DONE, "confidence": 0.1},
)
FREE = (400, 429, 500)
"""What is answered with these is not charged."""


class Wild(Server):
    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.foolish = 0.0
        self.edits = EDITS
        self.owed: Counter[str] = Counter()
        """Micro-dollars by the command whose job asked."""
        self.asker: Callable[[], str] = str

    def answer(self, body: dict[str, Any]) -> Answer:
        self.requests.append(body)
        found = self._foolish() if self.chance.random() < self.foolish else self._sensible(body)
        if found.get("status") not in FREE:
            price_in, price_out = PRICE[body["model"]]
            self.owed[self.asker()] += 1_000 * price_in + 100 * price_out
        return found

    def _foolish(self) -> Answer:
        """Some of them have read the key that they were asked with."""
        found = self.chance.choice(FOOLISH)
        return found | {"summary": f"Done with {CANARY}."} if found.get("action") == "finish" else found

    def _sensible(self, body: dict[str, Any]) -> Answer:
        if body["model"] == "m-judge":
            return self.chance.choice((FINE, FINE, BUG))
        said = sum(message["role"] == "assistant" for message in body["messages"])
        match said:
            case 0:
                return self.chance.choice(self.edits)
            case 1:
                return self.chance.choice((TEST, TEST, DONE))
            case _:
                return DONE
