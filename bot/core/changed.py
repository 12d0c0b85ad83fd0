"""A file that a patch changes, with its text before and after: what rules that read more than the diff look at."""

from dataclasses import dataclass

from bot.core.diff import FileDiff


@dataclass(frozen=True, slots=True)
class Changed:
    """`before` and `after` are None where there is no such file then, or where it is not UTF-8 text."""

    path: str
    before: str | None
    after: str | None
    file: FileDiff
