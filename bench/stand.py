"""Where the product's own evidence code judges a patch for a bench: a repository with sandbox and baseline, and no model."""

import subprocess
from pathlib import Path

from bot.core.checks import Check
from bot.core.entries import Opened
from bot.core.facts import Facts, NotApplicable
from bot.core.policyfile import read
from bot.core.request import Request
from bot.core.route import Route
from bot.core.score import weigh
from bot.core.signals import observe
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.edge.sandbox import box
from bot.execute import baseline
from bot.lab import Lab
from bot.shop import Wall

# Evidence alone is judged: no patch is turned away for what is at stake in it, which another lane could still be given.
POLICY = """\
models:
  fast: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: m, price: {input: 0, output: 0}}
  strong: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: n, price: {input: 0, output: 0}}
routing: {fast_max_score: 98, strong_min_score: 99, always_strong_if: [], default_upward: []}
verification: {deep: {mutants: MUTANTS}}
protect: {max_lines: 2000}
"""
WHO = ("-c", "user.name=bench", "-c", "user.email=bench@route-agent.invalid", "-c", "core.excludesFile=/dev/null")


def commit(root: Path) -> None:
    """Make a repository of a folder, with everything that is in it."""
    for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "base")):
        subprocess.run(["git", *WHO, *words], cwd=root, check=True, capture_output=True)


class Stand:
    """A repository opened for proofs of its HEAD; close it. `scratch` is an empty folder, `path` what its checks find tools by."""

    def __init__(self, root: Path, scratch: Path, path: str, seconds: float) -> None:
        repository = find(root, path)
        self.head = repository.head
        self.trees = Trees(scratch, repository.objects, repository.path)
        walls = box.find(box.Home(root, tuple(path.split(":")), scratch / "home", scratch, {}))
        self.lab = Lab(self.trees, walls, Wall(), lambda *_: None, seconds)
        walls.prepare(self.trees.open(self.head), (), seconds)

    def close(self) -> None:
        self.trees.close()

    def opened(self, check: Check, task: str, *, mutants: bool) -> Opened:
        """A bugfix in the first lane, with the baseline that its check leaves."""
        policy = read(POLICY.replace("MUTANTS", str(mutants).lower()).encode(), "policy.yml")
        nothing = NotApplicable("bench")
        signals = observe(Facts(nothing, nothing, nothing, (), task), policy.signals)
        request = Request("bench", "bench", None, "bench", task, (), self.head, None)
        runs = baseline(self.trees.open(self.head), (check,), self.lab)
        score, route = weigh(signals, policy.routing), Route("fast", ())
        return Opened(request, policy, signals, (), "bugfix", score, route, (check,), runs, "2026-01-01T00:00:00Z", 0.0, "bench")
