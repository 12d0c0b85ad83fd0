"""Routers: an issue's features in, whether it goes to the strong lane out. What is tuned is tuned on four folds of repositories."""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.frontier.data import Outcomes
from bench.frontier.features import NUMBERS, Door, Floats, Ints, View
from bot.core.facts import Facts, Failing, Located, NotApplicable, Place
from bot.core.locate import paths_in
from bot.core.paths import is_code
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.route import Route, choose
from bot.core.score import weigh
from bot.core.signals import Number, Signal, observe
from bot.core.taskclass import classify
from bot.core.words import SignalName

POLICY = b"""\
models:
  fast: {provider: openrouter, model: any/fast}
  strong: {provider: openrouter, model: any/strong}
routing:
  fast_max_score: 6
  strong_min_score: 7
"""
"""The shortest policy; every weight and rule is the product's default."""


@cache
def policy() -> Policy:
    return read(POLICY, "the bench's policy")


@dataclass(frozen=True, slots=True)
class Given:
    """A score that nothing is learned for. Above `cut` is strong; where there is none, it is chosen on four folds."""

    name: str
    reads: frozenset[str]
    score: Callable[[View], Floats]
    cut: float | None = None
    door: Door = "before"


@dataclass(frozen=True, slots=True)
class Learned:
    """A score that is learned: `smoother` weighs the seen issues' failures for each new one, shape (new, seen). Cut on four."""

    name: str
    reads: frozenset[str]
    smoother: Callable[[View, View], Floats]
    door: Door = "before"


Router = Given | Learned


# ---- the shipped score -------------------------------------------------------------------------------------------


def _total(counts: dict[SignalName, int]) -> int:
    """By the product's own weights and caps."""
    return weigh(tuple(Signal(name, Number(count), ()) for name, count in counts.items()), policy().routing).total


def _seed_text(view: View) -> Floats:
    names = ("py_files_mentioned", "text_schema", "text_auth", "has_traceback", "feature_words")
    return _seed(*(view.numbers(name) for name in names))


def _seed_gold(view: View) -> Floats:
    failing = np.nan_to_num(view.numbers("f2p"), nan=1.0)
    new = np.maximum(view.numbers("gold_new_file"), view.numbers("gold_new_def"))
    return _seed(view.numbers("gold_files"), view.numbers("path_schema"), view.numbers("path_auth"), failing, new)


def _seed(files: Floats, schema: Floats, auth: Floats, failing: Floats, new: Floats) -> Floats:
    names: tuple[SignalName, ...] = ("files_touched", "schema_change", "auth_code", "test_failures", "needs_new_code")
    rows = zip(files, schema, auth, failing, new, strict=True)
    return np.array([_total({name: int(count) for name, count in zip(names, row, strict=True)}) for row in rows], dtype=float)


def _shipped(view: View) -> Floats:
    """1 where the shipped rules, reading the text of the issue, would start in the strong lane.

    As on a base whose tests are green. There is no tree to look into, so the files are those that the text names.
    """
    return np.array([float(_starts_strong(text)) for text in view.values("text")])


def _starts_strong(text: str) -> bool:
    places = tuple(Place(path, "named in the text") for path in paths_in(text) if is_code(path))
    facts = Facts(NotApplicable("an issue has no diff"), Located(places), Failing(()), (), text)
    signals = observe(facts, policy().signals)
    found = choose(signals, weigh(signals, policy().routing).total, classify(facts, signals), policy())
    return isinstance(found, Route) and found.lane == "strong"


# ---- learned -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[a-z_]{2,}")
RIDGE = 1.0
"""Not tuned."""


def _tfidf(seen: View, new: View) -> Floats:
    """Ridge regression on TF-IDF of the text; words that stand in two of the seen issues or more."""
    counts = [Counter(_TOKEN.findall(text.lower())) for text in seen.values("text")]
    within = Counter(word for count in counts for word in count)
    weight = {word: math.log(len(counts) / df) + 1 for word, df in within.items() if df > 1}
    place = {word: number for number, word in enumerate(weight)}

    def rows(found: list[Counter[str]]) -> Floats:
        matrix = np.zeros((len(found), len(place)))
        for row, count in enumerate(found):
            for word in count.keys() & place.keys():
                matrix[row, place[word]] = (1 + math.log(count[word])) * weight[word]
        scaled: Floats = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
        return scaled

    return _ridge(rows(counts), rows([Counter(_TOKEN.findall(text.lower())) for text in new.values("text")]))


def _numbers(seen: View, new: View) -> Floats:
    """Ridge regression on the 21 numbers, on the scale of the seen ones."""
    old, fresh = (np.log1p(np.column_stack([view.numbers(name) for name in NUMBERS])) for view in (seen, new))
    middle, spread = old.mean(axis=0), np.maximum(old.std(axis=0), 1e-9)
    scale = spread * len(NUMBERS) ** 0.5
    return _ridge((old - middle) / scale, (fresh - middle) / scale)


def _ridge(seen: Floats, new: Floats) -> Floats:
    found: Floats = new @ seen.T @ np.linalg.inv(seen @ seen.T + RIDGE * np.eye(len(seen)))
    return found


def _difficulty(least: tuple[str, ...]) -> Callable[[View], Floats]:
    return lambda view: np.array([float(value in least) for value in view.values("difficulty")])


_HOURS = ("1-4 hours", ">4 hours")
_TEXT_SEED = frozenset({"py_files_mentioned", "text_schema", "text_auth", "has_traceback", "feature_words"})
_GOLD_SEED = frozenset({"gold_files", "path_schema", "path_auth", "f2p", "gold_new_file", "gold_new_def"})
SEED = Given("seed score > 6, issue text", _TEXT_SEED, _seed_text, 6.0)
SHIPPED = Given("shipped rules read the issue", frozenset({"text"}), _shipped, 0.5)
GOLD = Given("seed score > 6, gold patch", _GOLD_SEED, _seed_gold, 6.0, "ineligible")
STEPS = Given("first lane's steps", frozenset({"steps"}), lambda view: view.numbers("steps"), None, "after")
ROUTERS: tuple[Router, ...] = (
    SEED,
    SHIPPED,
    Learned("ridge on 21 text features", frozenset(NUMBERS), _numbers),
    Learned("TF-IDF of the issue", frozenset({"text"}), _tfidf),
    STEPS,
    GOLD,
    Given("human difficulty >= 15 min", frozenset({"difficulty"}), _difficulty(("15 min - 1 hour", *_HOURS)), 0.5, "ineligible"),
    Given("human difficulty >= 1 h", frozenset({"difficulty"}), _difficulty(_HOURS), 0.5, "ineligible"),
    Given("gold patch > 10 lines", frozenset({"gold_lines"}), lambda view: view.numbers("gold_lines"), 10.0, "ineligible"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A router's scores as far as they do not depend on outcomes: once for the issues, or once for each choice of folds."""

    router: Router
    scores: Floats | None
    smoothers: dict[tuple[int, ...], Floats]
    """By the folds that were not seen: shape (all issues, seen issues)."""
    folds: Ints

    def of(self, fails: Floats, unseen: tuple[int, ...]) -> Floats:
        """For every issue, from the failures of those outside the folds `unseen`. Only scores within those are honest."""
        if self.scores is not None:
            return self.scores
        seen = ~np.isin(self.folds, unseen)
        found: Floats = fails[seen].mean() + self.smoothers[tuple(sorted(set(unseen)))] @ (fails[seen] - fails[seen].mean())
        return found


def prepare(router: Router, outcomes: Outcomes, first: str) -> Prepared | None:
    """None where the data lack what the router reads. Raises `Leak` where it reads what it may not. `first` is the first lane."""
    return _prepared(router, outcomes, first if "steps" in router.reads else None)


@cache
def _prepared(router: Router, outcomes: Outcomes, first: str | None) -> Prepared | None:
    """Kept, since most of it is the same for every pair of lanes."""
    steps = {"steps": tuple(map(int, outcomes.lanes((first,))[0].steps))} if first else {}
    every, found = np.arange(len(outcomes)), {**outcomes.columns, **steps}
    view = View(found, every, router.reads, router.door)
    if not router.reads <= set(found):
        return None
    match router:
        case Given():
            return Prepared(router, router.score(view), {}, outcomes.folds)
        case Learned():
            numbers = range(int(outcomes.folds.max()) + 1)
            pairs = {tuple(sorted({one, other})) for one in numbers for other in numbers}
            seen = {pair: View(found, every[~np.isin(outcomes.folds, pair)], router.reads, router.door) for pair in pairs}
            return Prepared(router, None, {pair: router.smoother(part, view) for pair, part in seen.items()}, outcomes.folds)
