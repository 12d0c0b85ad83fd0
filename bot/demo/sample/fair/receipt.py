"""A receipt, as text."""

from fair.split import split


def receipt(total: int, names: list[str]) -> str:
    """One line a person."""
    shares = split(total, len(names))
    return "\n".join(f"{name}: {share / 100:.2f}" for name, share in zip(names, shares))
