"""One case before the project's own evidence code: its repository, its patches in their regimes, and a verdict on each."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bench.verifier.recipe import Case, Edit, apply, source
from bot.core.checks import Check
from bot.core.confidence import confidence
from bot.core.cost import Usage
from bot.core.evidence import Evidence, Item
from bot.core.facts import Facts, NotApplicable
from bot.core.paths import is_test
from bot.core.policyfile import read as read_policy
from bot.core.request import Request
from bot.core.route import Route
from bot.core.score import weigh
from bot.core.signals import observe
from bot.core.trail import Opened, Proved, Trail, Tried
from bot.core.verdict import Accept, Attempt, bar
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.edge.sandbox import box
from bot.execute import Lab, baseline, shown
from bot.shop import Wall
from bot.verify import chosen, prove, read

Regime = Literal["no new test", "author's test", "upstream test"]
POLICY = """\
models:
  fast: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: m, price: {input: 0, output: 0}}
  strong: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: n, price: {input: 0, output: 0}}
routing: {fast_max_score: 6, strong_min_score: 7}
verification: {deep: {mutants: MUTANTS}, timeout_seconds: 60}
protect: {max_lines: 2000}
"""


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
        who = ("-c", "user.name=bench", "-c", "user.email=bench@route-agent.invalid", "-c", "core.excludesFile=/dev/null")
        for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "base")):
            subprocess.run(["git", *who, *words], cwd=self.root, check=True, capture_output=True)
        path = f"{python.parent}:/usr/local/bin:/usr/bin:/bin"
        repository = find(self.root, path)
        scratch = folder / "scratch"
        scratch.mkdir()
        self.trees = Trees(scratch, repository.objects, repository.path)
        walls = box.find(box.Home(self.root, tuple(path.split(":")), folder / "home", scratch, {}))
        self.lab = Lab(self.trees, walls, Wall(), lambda *_: None, 60.0)
        self.opened = self._opened(repository.head, mutants=mutants)
        walls.prepare(self.trees.open(repository.head), (), 60)

    def _opened(self, head: str, *, mutants: bool) -> Opened:
        policy = read_policy(POLICY.replace("MUTANTS", str(mutants).lower()).encode(), "policy.yml")
        check = Check("tests", self.case.command, "tests", "bench")
        nothing = NotApplicable("bench")
        signals = observe(Facts(nothing, nothing, nothing, (), self.case.task), policy.signals)
        request = Request("bench", "bench", None, "bench", self.case.task, (), head, None)
        runs = baseline(self.trees.open(head), (check,), self.lab)
        score = weigh(signals, policy.routing)
        route = Route("fast", ())
        return Opened(request, policy, signals, (), "bugfix", score, route, (check,), runs, "2026-01-01T00:00:00Z", 0.0, "bench")

    def diff(self, edits: tuple[Edit, ...], *, upstream: bool) -> str:
        """The patch as a lane would have left it; for the upstream regime with the package's own tests put back."""
        tree = self.trees.open(self.opened.request.base)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            files = {edit.file for edit in (*edits, *self.case.hide, *self.case.judge)}
            for name in files & set(tree.files()):
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_bytes(tree.read(name))
            apply(work, edits)
            if upstream:
                self._restore(work, files)
            for name in sorted(files):
                now = (work / name).read_bytes() if (work / name).exists() else None
                if now is None and name in tree.files():
                    tree.delete(name)
                elif now is not None and (name not in tree.files() or now != tree.read(name)):
                    tree.write(name, now)
        return tree.diff()

    def _restore(self, work: Path, files: set[str]) -> None:
        for name in filter(is_test, files):
            (work / name).unlink(missing_ok=True)
            if (self.pristine / name).exists():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_bytes((self.pristine / name).read_bytes())
        apply(work, self.case.judge)

    def verdict(self, patch: Patch, regime: Regime, edits: tuple[Edit, ...], *, whole: bool) -> dict[str, Any]:
        """What `prove` and `decide` say. `whole`: gather also what is not looked at after a veto, to see what each item adds."""
        attempt = Attempt("fast", "finished", self.diff(edits, upstream=regime == "upstream test"), Usage(), 0.0)
        proved = prove(self.opened, attempt, self.lab)
        decision = self._decide(attempt, proved)
        found = confidence(proved.evidence, first_lane=True)
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
        items, specimen = read(self.opened, attempt, self.lab)
        if specimen is None:
            return proved.evidence
        checks = chosen(self.opened.checks, self.opened.policy, "fast", "bugfix")
        return Evidence((*items, *shown(specimen, checks, self.opened.baseline, self.lab).items))

    def _needed(self, attempt: Attempt, evidence: Evidence, decision: str) -> list[str]:
        """The items without each of which a patch that is refused would have been accepted."""
        if decision == "":
            return []
        found = []
        for item in evidence.items:
            rest = Evidence(tuple(_passed(each) if each is item else each for each in evidence.items))
            if self._decide(attempt, Proved(rest, 0.0)) == "":
                found.append(item.name)
        return found


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
            made.trees.close()


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
