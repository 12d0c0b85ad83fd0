"""llmock's own controls: what it shall do to the next requests, what it saw of them, and how it judges who sent them."""

import json
from dataclasses import dataclass
from typing import Any

from tests.counterparts.servers import Served


@dataclass(frozen=True, slots=True)
class Faults:
    served: Served

    def queue(self, *behaviors: dict[str, Any]) -> None:
        self.served.get("/_llmock/scenario", "POST", json.dumps({"behaviors": behaviors}))

    def fail(self, status: int, times: int | None = 1, **more: Any) -> None:
        self.queue({"type": "fail", "status": status, "times": times, **more})

    def waiting(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.served.get("/_llmock/scenario"))["pending"]
        return found

    def journal(self) -> list[dict[str, Any]]:
        """Every request that it served, oldest first."""
        found: list[dict[str, Any]] = json.loads(self.served.get("/_llmock/requests"))["requests"]
        return found

    def findings(self) -> list[str]:
        """What it holds against the client: the codes of errors and of warnings."""
        return [finding["code"] for finding in json.loads(self.served.get("/_llmock/verdict"))["findings"]]
