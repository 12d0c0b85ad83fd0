"""A chain of lanes with a gate between them: in expectation by closed form, drawn by a seed, and walked into a ledger.

A gate catches a wrong patch with probability s and turns a right one away with probability f, and each check costs v. What the last
lane makes is taken as it is, as always asking it alone would take it, unless `last` says that it has to pass the gate as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from bench.frontier.data import Lane
from bench.frontier.features import Floats, Ints

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Gate:
    s: float
    f: float


@dataclass(frozen=True, slots=True, eq=False)
class Spent:
    """What became of each issue, one entry an issue: a chance or a fact. `micros` are the lanes' alone; a check costs v besides."""

    resolved: Floats
    micros: Floats
    checks: Floats
    wrong: Floats
    """Wrong patches of a lane before the last that the gate lets through."""

    def cost(self, v: int) -> Floats:
        return self.micros + self.checks * v

    def columns(self) -> tuple[Floats, ...]:
        return self.resolved, self.micros, self.checks, self.wrong


def expected(chain: Sequence[Lane], gate: Gate, *, last: bool = False) -> Spent:
    reach = np.ones(len(chain[0].resolved))
    resolved, micros, checks, wrong = (np.zeros_like(reach) for _ in range(4))
    for lane in chain:
        micros += reach * lane.micros
        gated = last or lane is not chain[-1]
        accepted = np.where(lane.resolved == 1, 1 - gate.f, 1 - gate.s) if gated else np.ones_like(reach)
        checks += reach * gated
        resolved += reach * accepted * lane.resolved
        wrong += reach * accepted * (1 - lane.resolved) * gated
        reach = reach * (1 - accepted)
    return Spent(resolved, micros, checks, wrong)


def direct(lane: Lane) -> Spent:
    """The lane alone, never checked."""
    zero = np.zeros(len(lane.resolved))
    return Spent(lane.resolved.astype(float), lane.micros.astype(float), zero, zero)


def drawn(chain: Sequence[Lane], gate: Gate, uniforms: Floats, rows: Ints, *, last: bool = False) -> Spent:
    """The same as `expected`, realised: `rows` are issues, with `uniforms` one draw for each gate."""
    going = np.ones(rows.shape, dtype=bool)
    resolved, micros, checks, wrong = (np.zeros(rows.shape) for _ in range(4))
    for number, lane in enumerate(chain):
        right, gated = lane.resolved[rows] == 1, last or number < len(chain) - 1
        micros += going * lane.micros[rows]
        kept = uniforms[..., number] >= np.where(right, gate.f, gate.s) if gated else np.ones_like(going)
        checks += going * gated
        resolved += going & kept & right
        wrong += going & kept & ~right & gated
        going = going & ~kept
    return Spent(resolved, micros, checks, wrong)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, in micro-dollars."""

    issue: int
    what: str
    micros: int


def walk(chain: Sequence[Lane], gate: Gate, v: int, uniforms: Floats) -> Iterator[Entry]:
    """Issue by issue, attempt by attempt, as a run would book it. Shares no arithmetic with `drawn`, which it is held against."""
    for issue in range(len(chain[0].resolved)):
        for number, lane in enumerate(chain):
            yield Entry(issue, f"lane {number}", int(lane.micros[issue]))
            if number + 1 == len(chain):
                break
            yield Entry(issue, "verification", v)
            turned_away = uniforms[issue, number] < (gate.f if lane.resolved[issue] else gate.s)
            if not turned_away:
                break


# ---- a verifier whose strength is declared as an AUC -------------------------------------------------------------

THRESHOLDS = np.linspace(-5.0, 8.0, 261)
"""Of the score. With equal variances, wrong patches score N(0, 1) and right ones N(d, 1); d = sqrt(2) z(AUC)."""
_NODES, _MASSES = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True, slots=True)
class Verifier:
    """`rho` is the share of the score's variance that is the issue's own and the same in every check."""

    auc: float
    rho: float


def gates(verifier: Verifier, threshold: float) -> Iterator[tuple[float, Gate]]:
    """Gates with their weights."""
    rho, apart = verifier.rho, 2**0.5 * NORMAL.inv_cdf(verifier.auc)
    common = [(0.0, 1.0)] if rho == 0 else list(zip(_NODES, _MASSES / _MASSES.sum(), strict=True))
    for node, mass in common:
        at = threshold - rho**0.5 * float(node)
        yield float(mass), Gate(*(NORMAL.cdf((at - d) / (1 - rho) ** 0.5) for d in (0.0, apart)))


def at_threshold(chain: Sequence[Lane], verifier: Verifier, threshold: float) -> Spent:
    parts = [(mass, expected(chain, gate)) for mass, gate in gates(verifier, threshold)]
    masses = np.array([mass for mass, _ in parts])
    columns = zip(*(each.columns() for _, each in parts), strict=True)
    return Spent(*(np.tensordot(masses, np.stack(column), 1) for column in columns))


def at_thresholds(chain: Sequence[Lane], folds: Ints, verifier: Verifier, picks: Sequence[int]) -> Spent:
    """With a threshold for each fold, by its place in `THRESHOLDS`."""
    every = [at_threshold(chain, verifier, float(THRESHOLDS[pick])) for pick in picks]
    columns, issues = zip(*(each.columns() for each in every), strict=True), np.arange(len(folds))
    return Spent(*(np.stack(column)[folds, issues] for column in columns))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Sums by threshold and fold: shape (261, folds). Costs in micro-dollars, checks included."""

    resolved: Floats
    cost: Floats


def sweep(chain: Sequence[Lane], folds: Ints, verifier: Verifier, v: int) -> Curve:
    one_hot: npt.NDArray[np.float64] = np.eye(int(folds.max()) + 1)[folds]
    every = [at_threshold(chain, verifier, float(threshold)) for threshold in THRESHOLDS]
    return Curve(np.array([each.resolved @ one_hot for each in every]), np.array([each.cost(v) @ one_hot for each in every]))
