"""Per-issue outcomes of public runs, checked by digest. The project carries this loader and forty made-up rows, not the data."""

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.frontier.features import TAGS, Ints
from bot.failures import Denied

LANES = {
    "ds": "DeepSeek V3.2 Reasoner",
    "mini": "GPT-5 mini (2025-08-07) (medium reasoning)",
    "gpt5": "GPT-5 (2025-08-07) (medium reasoning)",
    "s45": "Claude 4.5 Sonnet (20250929)",
    "gem3": "Gemini 3 Pro Preview (2025-11-18)",
    "opus45": "Claude 4.5 Opus medium (20251101)",
}
DEFECTIVE = "Claude 3.7 Sonnet (20250219)"
"""Its 51 flags contradict its published 52.8 %: left out."""

FOLDS: tuple[tuple[str, ...], ...] = (
    ("django/django",),
    ("sympy/sympy",),
    ("sphinx-doc/sphinx", "matplotlib/matplotlib"),
    ("scikit-learn/scikit-learn", "astropy/astropy", "pydata/xarray"),
    ("pytest-dev/pytest", "pylint-dev/pylint", "psf/requests", "mwaskom/seaborn", "pallets/flask"),
)
"""Five folds of whole repositories: what is tuned on four never saw the fifth."""

Kind = Literal["real", "synthetic"]
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One file that may be given, by name and SHA-256. `shape` is rows and lanes."""

    file: str
    sha256: str
    shape: tuple[int, int]
    kind: Kind


JOINED = Source("verified_matrix.json.gz", "0177a536c5b42b4101066818115643fefdf1b3877ac9f1a307f527646f6236c6", (500, 24), "real")
ORIGINAL = Source("leaderboards.json", "91bb31c7b8b6b0a8cf9d3210c9f40c45c8d7e00341f33fc81768d51f487914d2", (500, 24), "real")
MADE_UP = Source("synthetic.json", "", (40, 6), "synthetic")
TEXTS = {
    "verified_issues.jsonl.gz": "70acbc6b43399f648e0b8ba00e91c7ec2df69c005a607b7e24d108004509ea2e",
    "swebench_verified.jsonl": "eb2e1bf2d94fb43132737af110383c0efd636f4565961cc011569fbf411c1a30",
}
WHERE = (
    "data/leaderboards.json of github.com/SWE-bench/swe-bench.github.io at commit f1176b6 (outcomes, CC BY-NC 4.0) and "
    "data/swebench_verified.jsonl of github.com/ITMO-NSS-team/chronorepo_icdm26 at commit ff6efad (issue texts, their authors')"
)


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One model's run on every issue: resolved 0 or 1, cost in micro-dollars, model calls."""

    resolved: Ints
    micros: Ints
    steps: Ints

    def of(self, rows: Ints) -> "Lane":
        return Lane(self.resolved[rows], self.micros[rows], self.steps[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Every array and column has one entry an issue, in the same order. `folds` are 0 to 4."""

    kind: Kind
    file: str
    folds: Ints
    models: Mapping[str, Lane]
    columns: Mapping[str, tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.folds)

    def lanes(self, names: tuple[str, ...]) -> tuple[Lane, ...]:
        return tuple(self.models[LANES[name]] for name in names)


def load(folder: Path) -> Outcomes:
    """The first file of those known that the folder has, and the issue texts where they lie beside it. Raises `Denied`."""
    for source, read in ((JOINED, _joined), (ORIGINAL, _original), (MADE_UP, _joined)):
        path = folder / source.file
        if path.is_file():
            data = path.read_bytes()
            if source.sha256:
                _check(path, data, source.sha256)
            return _shaped(source, path, read(_json(path, data)), folder)
    raise Denied(f"{folder}: no file with outcomes is there; get {WHERE}, and name the folder they lie in")


def _check(path: Path, data: bytes, wanted: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise Denied(f"{path}: SHA-256 is {found[:12]}… and not {wanted[:12]}…, so it is another version; get {WHERE}")


def _json(path: Path, data: bytes) -> Any:
    try:
        return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (ValueError, OSError) as error:
        raise Denied(f"{path}: cannot be read as JSON ({error}); get {WHERE}") from error


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    repo: str
    feats: Mapping[str, Any]
    outcomes: Mapping[str, tuple[int, float, int]]
    """Resolved, dollars, calls, by model."""


def _joined(found: Any) -> list[_Row]:
    return [_Row(row["instance_id"], row["repo"], row["feats"], row["outcomes"]) for row in found["rows"]]


def _original(found: Any) -> list[_Row]:
    """The board `bash-only`: one agent, mini-swe-agent, with every model."""
    board = next(each for each in found["leaderboards"] if each["name"] == "bash-only")
    runs = {run["name"]: run["per_instance_details"] for run in board["results"] if run.get("per_instance_details")}
    runs.pop(DEFECTIVE, None)
    names = sorted(set.intersection(*(set(details) for details in runs.values())))
    return [
        _Row(
            name,
            name.rpartition("-")[0].replace("__", "/"),
            {},
            {m: (int(d[name]["resolved"]), d[name]["cost"], d[name]["api_calls"]) for m, d in runs.items()},
        )
        for name in names
    ]


def _shaped(source: Source, path: Path, rows: list[_Row], folder: Path) -> Outcomes:
    models = {model: _lane(model, rows) for model in rows[0].outcomes} if rows else {}
    if (len(rows), len(models)) != source.shape or not set(LANES.values()) <= set(models):
        raise Denied(f"{path}: {len(rows)} issues and {len(models)} lanes, and not {source.shape[0]} and {source.shape[1]}")
    columns = {name: tuple(row.feats[name] for row in rows) for name in rows[0].feats}
    if unknown := sorted(set(columns) - set(TAGS)):
        raise Denied(f"{path}: {unknown[0]} has no tag; say in bench/frontier/features.py whether it is known before the call")
    if texts := _texts(folder, [row.name for row in rows]):
        columns["text"] = texts
    return Outcomes(source.kind, source.file, _folds(path, rows), models, columns)


def _lane(model: str, rows: list[_Row]) -> Lane:
    found = [row.outcomes[model] for row in rows]
    columns: tuple[Callable[[Any], int], ...] = (lambda o: o[0], lambda o: round(o[1] * MICROS), lambda o: o[2])
    resolved, micros, steps = (np.array([column(each) for each in found], dtype=np.int64) for column in columns)
    return Lane(resolved, micros, steps)


def _folds(path: Path, rows: list[_Row]) -> Ints:
    fold = {repo: number for number, repos in enumerate(FOLDS) for repo in repos}
    if strange := sorted({row.repo for row in rows} - set(fold)):
        raise Denied(f"{path}: {strange[0]} is in no fold")
    return np.array([fold[row.repo] for row in rows], dtype=np.int64)


def _texts(folder: Path, names: list[str]) -> tuple[str, ...]:
    """Empty where they were not given."""
    for file, digest in TEXTS.items():
        path = folder / file
        if path.is_file():
            data = path.read_bytes()
            _check(path, data, digest)
            lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().strip().split("\n")
            found = {row["instance_id"]: row["problem_statement"] for row in map(json.loads, lines)}
            return tuple(found[name] for name in names)
    return ()
