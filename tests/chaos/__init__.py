"""Chaos: commands that come at once and twice, machines that go away, a GitHub and models that fail, clocks that jump; all by a seed."""
