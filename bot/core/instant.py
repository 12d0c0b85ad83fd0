"""How an instant is written, wherever one crosses a file, a job or a comment."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """ISO 8601 in UTC, to the second: texts of it are in the order of time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
