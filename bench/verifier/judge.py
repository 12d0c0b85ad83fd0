"""One case before the project's own evidence code: its repository, its patches in their regimes, and a verdict on each."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bench.stand import Stand, commit
from bench.verifier.recipe import Case, Edit, apply, restore, source
from bot.core.attempt import Attempt
from bot.core.checks import Check
from bot.core.confidence import confidence
from bot.core.cost import Usage
from bot.core.entries import Proved, Tried
from bot.core.evidence import EXECUTED, Evidence, Item
from bot.core.trail import Trail
from bot.core.verdict import Accept, bar
from bot.core.weights import PRIOR_FIRST, SHOWING
from bot.execute import shown
from bot.verify import chosen, prove, read

Regime = Literal["no new test", "author's test", "upstream test"]


@dataclass(frozen=True)
class Patch:
    """`kind`: `right`, `different`, or the class of a wrong one. `honest`: what it changes besides the tests it brings."""

    label: str
    kind: str
    honest: tuple[Edit, ...]
    test: tuple[Edit, ...]

    @property
    def right(self) -> bool:
        return self.kind in ("right", "different")


def patches(case: Case) -> list[Patch]:
    found = [Patch("right", "right", case.right, case.author_test)]
    found += [Patch(f"different {n}", "different", each.edits, case.author_test) for n, each in enumerate(case.different, 1)]
    found += [Patch(f"wrong {n}", each.kind, each.edits, each.test) for n, each in enumerate(case.wrong, 1)]
    return found


def regimes(patch: Patch, wanted: tuple[Regime, ...]) -> Iterator[tuple[Regime, tuple[Edit, ...]]]:
    """A wrong patch that brings a test is judged with it and not without: without it, it is the same patch as any."""
    if "no new test" in wanted and (patch.right or not patch.test):
        yield "no new test", patch.honest
    if "author's test" in wanted and patch.test:
        yield "author's test", (*patch.honest, *patch.test)
    if "upstream test" in wanted:
        yield "upstream test", patch.honest


class Court:
    """One case's repository with its baseline, and verdicts on patches to it."""

    def __init__(self, case: Case, folder: Path, cache: Path, python: Path, *, mutants: bool) -> None:
        self.case, self.pristine = case, source(case, cache, python)
        self.root = folder / "repo"
        subprocess.run(["cp", "-r", "--", str(self.pristine), str(self.root)], check=True)
        apply(self.root, case.bug)
        apply(self.root, case.hide)
        commit(self.root)
        scratch = folder / "scratch"
        scratch.mkdir()
        self.stand = Stand(self.root, scratch, f"{python.parent}:/usr/local/bin:/usr/bin:/bin", 60.0)
        self.opened = self.stand.opened(Check("tests", case.command, "tests", "bench"), case.task, mutants=mutants)

    def diff(self, edits: tuple[Edit, ...], *, upstream: bool) -> str:
        """The patch as a lane would have left it; for the upstream regime with the package's own tests put back."""
        tree = self.stand.trees.open(self.opened.request.base)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            files = {edit.file for edit in (*edits, *self.case.hide, *self.case.judge)}
            for name in files & set(tree.files()):
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_bytes(tree.read(name))
            apply(work, edits)
            if upstream:
                restore(self.case, self.pristine, work, files)
            for name in sorted(files):
                now = (work / name).read_bytes() if (work / name).exists() else None
                if now is None and name in tree.files():
                    tree.delete(name)
                elif now is not None and (name not in tree.files() or now != tree.read(name)):
                    tree.write(name, now)
        return tree.diff()

    def verdict(self, patch: Patch, regime: Regime, edits: tuple[Edit, ...], *, whole: bool) -> dict[str, Any]:
        """What `prove` and `decide` say. `whole`: gather also what is not looked at after a veto, to see what each item adds."""
        attempt = Attempt("fast", "finished", self.diff(edits, upstream=regime == "upstream test"), Usage(), 0.0)
        proved = prove(self.opened, attempt, self.stand.lab)
        decision = self._decide(attempt, proved)
        found = confidence(proved.evidence, PRIOR_FIRST)
        alone = self._needed(attempt, self._all(attempt, proved) if whole else proved.evidence, decision)
        return {
            "case": self.case.name,
            "held_out": self.case.held_out,
            "base": "red" if self.opened.baseline[0].exit_code else "green",
            "suite_seconds": self.opened.baseline[0].seconds,
            "patch": patch.label,
            "kind": patch.kind,
            "right": patch.right,
            "regime": regime,
            "verdict": "accepted" if decision == "" else "rejected" if proved.evidence.failed else "not verified",
            "why": decision,
            "confidence": asdict(found),
            "threshold": bar(self.opened.policy, "bugfix", self.opened.score.total),
            "items": [asdict(item) for item in proved.evidence.items],
            "needed": alone,
            "seconds": proved.seconds,
        }

    def _decide(self, attempt: Attempt, proved: Proved) -> str:
        """Why it is not accepted; empty where it is."""
        decision = Trail(self.opened, (Tried(attempt), proved)).tries[0].decision
        return "" if isinstance(decision, Accept) else decision.detail

    def _all(self, attempt: Attempt, proved: Proved) -> Evidence:
        if not proved.evidence.failed or any(item.name.startswith("check ") for item in proved.evidence.items):
            return proved.evidence
        items, specimen = read(self.opened, attempt, self.stand.lab)
        if specimen is None:
            return proved.evidence
        checks = chosen(self.opened.checks, self.opened.policy, "fast", "bugfix")
        return Evidence((*items, *shown(specimen, checks, self.opened.baseline, self.stand.lab).items))

    def _needed(self, attempt: Attempt, evidence: Evidence, decision: str) -> list[str]:
        """The items without each of which a patch that is refused would have been accepted."""
        if decision == "":
            return []
        found = []
        for item in evidence.items:
            rest = Evidence(tuple(_passed(each) if each is item else each for each in evidence.items))
            if self._decide(attempt, Proved(rest, 0.0)) == "":
                found.append(item.name)
        if self._unasked(attempt, evidence):
            found.append("the need for something that turns green")
        return found

    def _unasked(self, attempt: Attempt, evidence: Evidence) -> bool:
        """Whether it would have been accepted were nothing wanted but green tests that run the change; that they do is taken as
        given where it was not looked at because something else was missing."""
        items = tuple(_passed(each) if each.name in SHOWING else each for each in evidence.items)
        ran = tuple(replace(each, state="passed") if each.name == EXECUTED and each.state == "not_run" else each for each in items)
        opened = replace(self.opened, task_class="feature")
        return isinstance(Trail(opened, (Tried(attempt), Proved(Evidence(ran), 0.0))).tries[0].decision, Accept)


def _passed(item: Item) -> Item:
    """As if the item had found nothing to say against the patch."""
    return (
        replace(item, state="not_applicable", strength="info")
        if item.strength in ("term", "info")
        else replace(item, state="passed")
    )


@contextmanager
def court(case: Case, cache: Path, python: Path, *, mutants: bool) -> Iterator[Court]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        made = Court(case, Path(folder), cache, python, mutants=mutants)
        try:
            yield made
        finally:
            made.stand.close()


@dataclass(frozen=True)
class Job:
    """`whole`: see `Court.verdict`."""

    case: Case
    cache: Path
    python: Path
    mutants: bool
    regimes: tuple[Regime, ...]
    whole: bool


def case_verdicts(job: Job) -> list[dict[str, Any]]:
    with court(job.case, job.cache, job.python, mutants=job.mutants) as at:
        return [
            at.verdict(patch, regime, edits, whole=job.whole)
            for patch in patches(job.case)
            for regime, edits in regimes(patch, job.regimes)
        ]
