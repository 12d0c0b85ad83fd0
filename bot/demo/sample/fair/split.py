"""Splitting a bill. Amounts are whole cents."""


def split(total: int, people: int) -> list[int]:
    """What each person pays, the largest share first."""
    if people < 1:
        raise ValueError("a bill needs at least one person")
    return [total // people] * people
