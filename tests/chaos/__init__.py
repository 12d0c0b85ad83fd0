"""Commands at once and twice, machines that go away, a GitHub and models that fail, clocks that jump: all drawn by a seed."""
