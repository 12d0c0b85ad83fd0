"""What a policy may read of an issue, and when: each feature has a tag, and the tag is enforced where it is read."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Tag = Literal["pre", "post", "hindsight"]
Door = Literal["before", "after", "ineligible"]
"""When a policy decides: before the first lane, or after its attempt. What comes by the third door is a reference, no policy."""

_PRE = (
    "issue_chars issue_words issue_lines title_words code_blocks has_code has_traceback has_error_name files_mentioned "
    "py_files_mentioned idents urls has_version feature_words expected_words has_suggestion regression_words perf_words "
    "question_marks text_schema text_auth text"
)
_HINDSIGHT = (
    "gold_files gold_hunks gold_add gold_del gold_lines gold_new_file gold_new_def path_schema path_auth f2p test_lines difficulty "
    "underspecified false_negative utboost_weak"
)
TAGS: dict[str, Tag] = {
    **dict.fromkeys(_PRE.split(), "pre"),
    **dict.fromkeys(_HINDSIGHT.split(), "hindsight"),
    "steps": "post",
}
"""`path_schema` and `path_auth` look at the paths of the gold patch, which nobody has before it is written: hindsight too.
`steps` are the model calls of the first lane's attempt."""

ALLOWED: dict[Door, frozenset[Tag]] = {
    "before": frozenset({"pre"}),
    "after": frozenset({"pre", "post"}),
    "ineligible": frozenset({"pre", "hindsight"}),
}
NUMBERS = tuple(name for name in _PRE.split() if name != "text")
"""The 21 features of an issue's text that are numbers."""


class Leak(Exception):
    """A policy asked for what cannot be known when it decides, or for what it did not declare."""


class View:
    """Some issues' features, as far as one policy declared them and its door lets them through. Outcomes are never in it."""

    def __init__(self, columns: Mapping[str, tuple[Any, ...]], rows: Ints, reads: frozenset[str], door: Door) -> None:
        for name in sorted(reads):
            tag = TAGS.get(name)
            if tag is None:
                raise Leak(f"`{name}` has no tag in bench/frontier/features.py; give it one before a policy reads it")
            if tag not in ALLOWED[door]:
                raise Leak(f"`{name}` is {tag}: a policy that decides through the door `{door}` may not read it")
        self._columns, self._rows, self._reads = columns, rows, reads

    def __len__(self) -> int:
        return len(self._rows)

    def numbers(self, name: str) -> Floats:
        """NaN where nobody knows."""
        return np.array([np.nan if value is None else float(value) for value in self.values(name)])

    def values(self, name: str) -> tuple[Any, ...]:
        if name not in self._reads:
            raise Leak(f"`{name}` is read and not declared")
        column = self._columns[name]
        return tuple(column[row] for row in self._rows)
