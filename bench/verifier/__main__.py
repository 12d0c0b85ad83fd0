"""The verifier bench: wrong patches that the evidence catches, and right ones that it turns away.

python -m bench.verifier [--sample] [--keep] [--cases NAME …] [--mutants] [--regimes …] [--json FILE] [--workers N]

Real packages with a small bug put in; right patches and wrong ones in named classes; every patch is judged by the product's own
evidence code, in its sandbox, without any model. The first time it makes an environment and downloads the packages into .bench.
"""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
import venv
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.verifier.judge import Job, Regime, case_verdicts
from bench.verifier.recipe import Case, load
from bench.verifier.table import HEADLINE, counts, table

CACHE = Path(__file__).resolve().parent.parent.parent / ".bench"
PINS = Path(__file__).resolve().parent / "constraints.txt"
SAMPLE = 4
"""Cases that CI judges: always the same, the first of each quarter of the list."""
EXPECTED = Path(__file__).resolve().parent / "sample.json"
"""The verdicts on the sample: one that is another now is a change of what the product believes, and has to be meant."""
MEASURED = Path(__file__).resolve().parent / "measured.json"
"""What a run of every case counted: the routing frontier takes our gate from it, and bench/verifier.md says the same."""
ALL: tuple[Regime, ...] = (*HEADLINE, "upstream test")


def environment() -> Path:
    """The Python that the packages are tested with, made on first use from pinned and hashed packages."""
    python = CACHE / "env" / "bin" / "python"
    stamp = CACHE / "env" / "pins"
    if not stamp.exists() or stamp.read_bytes() != PINS.read_bytes():
        print("Making the environment of the bench …", file=sys.stderr, flush=True)
        venv.create(CACHE / "env", with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", PINS], check=True)
        stamp.write_bytes(PINS.read_bytes())
    return python


class Bar:
    """Progress on standard error: cases done, verdicts, time gone and time to go."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.verdicts, self.start = total, 0, 0, time.monotonic()

    def step(self, verdicts: int) -> None:
        self.done += 1
        self.verdicts += verdicts
        gone = time.monotonic() - self.start
        left = gone / self.done * (self.total - self.done)
        filled = 30 * self.done // self.total
        bar = f"[{'#' * filled}{'.' * (30 - filled)}]"
        said = f"{bar} {self.done}/{self.total} cases, {self.verdicts} verdicts, {gone:.0f} s, {left:.0f} s to go"
        print(f"\r{said}" if sys.stderr.isatty() else said, end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def sampled(cases: list[Case]) -> list[Case]:
    step = max(1, len(cases) // SAMPLE)
    return cases[::step][:SAMPLE]


def note(about: dict[str, Any], verdicts: list[dict[str, Any]]) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=CACHE.parent, check=True, capture_output=True, text=True)
    rows = ",\n".join(f"    {json.dumps(row)}" for row in counts(verdicts))
    head = f'  "date": {json.dumps(about["date"])},\n  "commit": {json.dumps(commit.stdout.strip())},'
    MEASURED.write_text(f'{{\n{head}\n  "rows": [\n{rows}\n  ]\n}}\n', encoding="utf-8")
    print(f"wrote {MEASURED.name}; bench/verifier.md says the same, and `python3 dev.py frontier DATA` goes by it")


def compare(found: dict[str, str], *, keep: bool) -> None:
    if keep:
        EXPECTED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    other = [
        f"{name}: {found.get(name, 'not judged')}, expected {expected.get(name, 'nothing')}"
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]
    if other:
        raise SystemExit("\n".join((f"verdicts that are not those in {EXPECTED.name} (--keep where they are meant):", *other)))
    print(f"{len(found)} verdicts, all as expected")


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.verifier", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sample",
        action="store_true",
        help=f"{SAMPLE} fixed cases, as CI does; fails where a verdict is not the one in {EXPECTED.name}",
    )
    parser.add_argument("--keep", action="store_true", help=f"write {MEASURED.name} anew; with --sample, {EXPECTED.name}")
    parser.add_argument("--cases", nargs="+", metavar="NAME")
    parser.add_argument("--regimes", nargs="+", choices=ALL, default=HEADLINE, help="the first two, where none is named")
    parser.add_argument(
        "--contributions", action="store_true", help="look on after a veto, to see what each item adds; takes half as long again"
    )
    parser.add_argument(
        "--mutants", action="store_true", help="as a policy with verification.deep.mutants; takes three times as long"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="every verdict with its evidence; bench/verifier/recompute.py reads it"
    )
    words = parser.parse_args()
    if words.sample and (words.cases or tuple(words.regimes) != HEADLINE):
        parser.error("--sample is always the same cases and regimes")
    if words.keep and (words.cases or words.mutants or not set(HEADLINE) <= set(words.regimes)):
        parser.error("--keep goes with every case, the regimes of the headline, and without mutants")
    return words


def main() -> None:
    words = asked()
    cases = load(words.cases)
    if words.cases and len(cases) < len(words.cases):
        raise SystemExit(f"no such case: {', '.join(sorted(set(words.cases) - {case.name for case in cases}))}")
    cases = sampled(cases) if words.sample else cases
    python = environment()
    jobs = [Job(case, CACHE, python, words.mutants, tuple(words.regimes), words.contributions) for case in cases]
    start, bar = time.monotonic(), Bar(len(jobs))
    verdicts: list[dict[str, Any]] = []
    broken: list[str] = []
    with ProcessPoolExecutor(words.workers, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(case_verdicts, job): job.case.name for job in jobs}
        for future in as_completed(running):
            try:
                found = future.result()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - one case that cannot be judged does not hide the others
                broken.append(f"{running[future]}: {error!r}"[:400])
                print(f"\n{broken[-1]}", file=sys.stderr)
                found = []
            verdicts += found
            bar.step(len(found))
            if words.json:  # what was judged is kept, should the rest not come to its end
                words.json.write_text(json.dumps({"about": {}, "verdicts": verdicts}, indent=1) + "\n", encoding="utf-8")
    verdicts.sort(key=lambda row: (row["case"], row["patch"], row["regime"]))
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "seconds": round(time.monotonic() - start, 1),
        "mutants": words.mutants,
        "cases": len(cases),
    }
    if words.json:
        words.json.write_text(json.dumps({"about": about, "verdicts": verdicts}, indent=1) + "\n", encoding="utf-8")
    if verdicts:
        print(table(about, verdicts))
    if broken:
        raise SystemExit("cases that could not be judged, and are not counted:\n" + "\n".join(broken))
    if words.sample:
        compare({" | ".join((row["case"], row["patch"], row["regime"])): row["verdict"] for row in verdicts}, keep=words.keep)
    elif words.keep:
        note(about, verdicts)


if __name__ == "__main__":
    main()
