"""A GitHub that remembers: over real HTTP, with real git behind it, and faults on demand."""

from tests.fakes.world.state import World
from tests.fakes.world.things import Issue, Repo, Run

__all__ = ["Issue", "Repo", "Run", "World"]
