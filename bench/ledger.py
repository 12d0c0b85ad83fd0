"""What a large ledger costs to report: a hundred thousand records, drawn, with what became of them.

python bench/ledger.py [--records N] [--runs N] [--format md|html|json]

N fresh processes, each the command that people type, watched from outside: whole wall time, and memory with all children.
Ends with 1 where the median takes longer than is wanted, or any of them more memory.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.watch import reported  # noqa: E402
from tests.ledgers import ledger, text  # noqa: E402
from tests.plans import Plan  # noqa: E402

DRAWN = 10_000
"""Records that are drawn; drawing takes longer than reading, so that a larger ledger has them again as other repositories' runs."""
SECONDS, MEGABYTES = 3.0, 500.0
"""What a report of a hundred thousand records may take, on two cores that have nothing else to do."""


def written(records: int) -> Iterator[bytes]:
    plan = Plan(runs=min(records, DRAWN))
    drawn = text(ledger(plan))
    for number in range(-(-records // plan.runs)):
        renamed = drawn.replace(b'"id":"c', b'"id":"c%d-' % number).replace(b'"run":"c', b'"run":"c%d-' % number)
        yield renamed.replace(b'"repo":"acme/shop"', b'"repo":"acme/shop-%d"' % number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--format", choices=("md", "html", "json"), default="md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledger-") as name:
        folder = Path(name)
        with (folder / "ledger.jsonl").open("wb") as file:
            file.writelines(written(asked.records))
        size = (folder / "ledger.jsonl").stat().st_size / 1e6
        words = (str(folder / "ledger.jsonl"), "--format", asked.format)
        seen = [reported(words, folder) for _ in range(asked.runs)]
    said = seen[-1][1]
    if f"what {asked.records} runs say" not in said and f'"runs": {asked.records}' not in said:
        sys.exit("the report does not count every record: " + said[:300])
    took = sorted(each.ended - each.started for each, _ in seen)
    memory = max(each.tree_mb for each, _ in seen)
    print(f"{asked.records:,} records, {size:,.0f} MB, {asked.format}, on {len(os.sched_getaffinity(0))} cores")
    print(f"wall time: {took[0]:.2f} to {took[-1]:.2f} s, median {median(took):.2f} s of {len(took)}; {SECONDS:.0f} s are wanted")
    print(f"memory, with children: {memory:,.0f} MB at most; {MEGABYTES:,.0f} MB are wanted")
    return int(median(took) > SECONDS or memory > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
