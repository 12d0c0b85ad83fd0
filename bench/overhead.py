"""What the agent itself costs, beside mini-swe-agent: the same ten-step fix on the same scripted server.

python bench/overhead.py [--runs N] [--json FILE]
python bench/overhead.py --gate [--runs N]

N fresh processes each, taken in turn, after one of each that is not counted. Measured by the server and from outside, the same way
for both. The first time it installs mini-swe-agent into `.bench`, which needs a package index.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import acknowledge, agents, gate  # noqa: E402
from bench.agents import Agent  # noqa: E402
from bench.figures import Figure, Run, figures, ratio, sent, steps  # noqa: E402
from bench.journal import Journal  # noqa: E402
from bench.watch import Watched, watch  # noqa: E402
from bot.demo.play import build  # noqa: E402

ROWS = (
    ("start", "start to first request, s", 2),
    ("start_without_proof", "  without the base's checks, s", 2),
    ("step_mean", "wall time of a step, mean, s", 3),
    ("step_median", "wall time of a step, median, s", 3),
    ("own_mb", "peak memory, the agent, MB", 0),
    ("tree_mb", "peak memory, with children, MB", 0),
    ("requests", "requests", 0),
    ("tokens", "prompt tokens, all, estimated", 0),
    ("tokens_first", "  of the first prompt", 0),
    ("tokens_step", "  added by a step", 0),
    ("after", "last answer to the end, s", 2),
    ("wall", "whole wall time, s", 2),
    ("wall_without_proof", "  without base's checks and end", 2),
)
NOT_ALIKE = """\
Not alike: route-agent runs the checks on the unchanged repository before its first request, and after the last answer on the patch
and on a copy of it that is broken on purpose, all in a sandbox, then commits and books; mini-swe-agent runs its commands on the
work tree as the user who started it, and leaves the edit there. The indented rows leave that out. Steps 6 and 9 run the tests.
Tokens are bytes of messages and tools, as compact JSON, divided by four: estimated."""


def once(agent: Agent) -> Run:
    with tempfile.TemporaryDirectory(prefix="overhead-") as name, Journal(agent.script) as journal:
        folder = Path(name)
        repo = folder / "fair"
        build(repo, agents.MATERIAL, os.environ["PATH"])
        seen = watch(agent.words(journal.url, folder), agent.env(folder), repo, folder / "out")
        if seen.code or len(journal.entries) != len(agent.script) or agents.NEW not in agent.fixed(repo):
            said = (folder / "out").read_text()[-2000:] + "\n".join(text for _, text in seen.said[-20:])
            raise SystemExit(f"{agent.name} did not make the fix in its ten steps (exit code {seen.code}):\n{said}")
        entries = tuple(journal.entries)
    return Run(
        start=entries[0].arrived - seen.started,
        steps=steps(entries),
        after=seen.ended - entries[-1].answered,
        before=before(seen),
        wall=seen.ended - seen.started,
        own_mb=seen.own_mb,
        tree_mb=seen.tree_mb,
        requests=len(entries),
        sent=tuple(sent(entry.body) for entry in entries),
    )


def before(seen: Watched) -> float:
    """Seconds from the line that announces the checks of the base to the one that announces the first attempt; 0 without them."""
    begun = next((at for at, text in seen.said if " base: " in text), 0.0)
    return next((at - begun for at, text in seen.said if " attempting " in text), 0.0) if begun else 0.0


def measure(pair: tuple[Agent, Agent], runs: int) -> dict[str, list[Run]]:
    for agent in pair:
        once(agent)
    found: dict[str, list[Run]] = {agent.name: [] for agent in pair}
    for _ in range(runs):
        for agent in pair:
            found[agent.name].append(once(agent))
    return found


def machine() -> str:
    model = next(
        (row.partition(":")[2].strip() for row in Path("/proc/cpuinfo").read_text().splitlines() if row.startswith("model name")),
        "",
    )
    return f"{os.cpu_count()} cores ({model or platform.machine()}), {platform.system()} {platform.release().split('-')[0]}"


def table(ours: dict[str, Figure], theirs: dict[str, Figure]) -> str:
    head = f"{'':34}{'route-agent':>18}{agents.PEER:>18}{'ratio':>8}\n{'':34}{'least':>9}{'median':>9}{'least':>9}{'median':>9}\n"
    rows = []
    for name, label, digits in ROWS:
        one, other = ours[name], theirs[name]
        cells = "".join(f"{value:9.{digits}f}" for value in (one.least, one.median, other.least, other.median))
        rows.append(f"{label:34}{cells}{ratio(one, other):8.2f}\n")
    return head + "".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument(
        "--gate", action="store_true", help="only what proving a patch takes, as a multiple of the plain test suite"
    )
    words = parser.parse_args()
    if words.gate:
        print(gate.table(gate.measure(words.runs)))
        return
    programs = agents.installed()
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "python": platform.python_version(),
        "versions": agents.versions(programs / "python", agents.PEER, "litellm", "openai"),
        "ours": agents.versions(Path(sys.executable), "openai", "PyGithub"),
    }
    print(json.dumps(about))
    runs = measure((agents.ours(), agents.theirs(programs)), words.runs)
    ours, theirs = (figures(kept) for kept in runs.values())
    print(f"\nThe same ten-step fix, {words.runs} runs each, in turn. Ratio of the medians: below 1 route-agent is ahead.\n")
    print(table(ours, theirs))
    print(NOT_ALIKE)
    noticed = acknowledge.measure(words.runs)
    print(f"\n{acknowledge.say(noticed)}")
    gates = gate.measure(words.runs)
    print(f"\n{gate.table(gates)}")
    if words.json:
        ratios: dict[str, Any] = {name: ratio(ours[name], theirs[name]) for name in ours}
        kept = {name: [asdict(run) for run in each] for name, each in runs.items()}
        whole = {"about": about, "ratios": ratios, "acknowledgement": asdict(noticed), "gate": [*map(asdict, gates)]}
        whole["runs"] = kept
        Path(words.json).write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
