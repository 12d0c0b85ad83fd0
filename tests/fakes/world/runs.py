"""What dispatched runs do, by script: for stories that do not execute anything."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes.world.things import Repo, Run

if TYPE_CHECKING:
    from tests.fakes.world.state import World

GREEN, RED = "success", "failure"


class Scripted:
    """Each run takes the next outcome: the conclusions of its jobs by name, with the step that is red; None has no end."""

    def __init__(self, *outcomes: Mapping[str, str] | None, log: str = "E   assert 5 == 4") -> None:
        self.outcomes, self.log = list(outcomes), log

    def __call__(self, world: "World", repo: Repo, run: Run) -> None:
        ends = self.outcomes.pop(0)
        if ends is None:
            return
        run.jobs = [self._job(world, name, end) for name, end in ends.items()]
        run.status = "completed"
        came_to = {name: end.partition(" at ")[0] for name, end in ends.items()}
        patched = came_to.get("patched", GREEN)  # the shipped workflow lets the other jobs be red
        run.conclusion = RED if set(came_to.values()) == {RED} else GREEN if patched in ("skipped", "neutral") else patched

    def _job(self, world: "World", name: str, end: str) -> dict[str, Any]:
        conclusion, _, red = end.partition(" at ")
        steps = [
            {"name": step, "status": "completed", "conclusion": conclusion if step == (red or "test") else GREEN, "number": n}
            for n, step in enumerate(("set up", "test", "report"), 1)
        ]
        return {
            "id": next(world.ids),
            "name": name,
            "status": "completed",
            "conclusion": conclusion,
            "steps": steps,
            "log": self.log,
        }
