"""A GitHub that remembers: over real HTTP, with real git behind it, and faults on demand."""

from tests.fakes.world.state import Issue, Repo, Run, World

__all__ = ["Issue", "Repo", "Run", "World"]
