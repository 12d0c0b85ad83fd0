"""What a report over the ledgers of many repositories takes: clones of the branch alone, without a work tree.

python bench/many.py [--repositories N] [--records N] [--runs N]

Each repository holds its records on the branch, one file each, as the action leaves them. Fresh processes of the command that
people type, watched from outside: whole wall time, and memory with all children.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.watch import reported  # noqa: E402
from bot.core.ledger import Record, encode  # noqa: E402
from tests.ledgers import ledger  # noqa: E402
from tests.plans import Plan  # noqa: E402

BRANCH = "route-agent-ledger"


def stream(repo: str, records: int, seed: int) -> Iterator[str]:
    """A branch for `git fast-import`: one commit, a file for each record and each outcome."""
    yield f"commit refs/heads/{BRANCH}\ncommitter bench <bench@localhost> 1780000000 +0000\ndata 0\n"
    for item in ledger(Plan(runs=records, repo=repo, seed=seed)):
        place = f"records/{item.at[:7]}/{item.id}" if isinstance(item, Record) else f"outcomes/{item.at[:7]}/{item.run}"
        text = encode(item)
        yield f"M 100644 inline {place}.json\ndata {len(text.encode())}\n{text}\n"


def made(folder: Path, repositories: int, records: int) -> list[Path]:
    places = []
    for number in range(repositories):
        place = folder / f"service-{number}"
        subprocess.run(["git", "init", "-q", "-b", BRANCH, place], check=True)
        text = "".join(stream(f"acme/service-{number}", records, number))
        subprocess.run(["git", "-C", place, "fast-import", "--quiet"], input=text.encode(), check=True)
        places.append(place)
    return places


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--records", type=int, default=100, help="runs of each")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-") as name:
        folder = Path(name)
        places = made(folder, asked.repositories, asked.records)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        named = [word for place in places for word in ("--repo", str(place))]
        seen = [reported(named, folder) for _ in range(asked.runs)]
    said = seen[-1][1]
    if f"what {asked.repositories * asked.records} runs say" not in said:
        sys.exit("the report does not count every run: " + said[:300])
    took = sorted(each.ended - each.started for each, _ in seen)
    memory = max(each.tree_mb for each, _ in seen)
    print(
        f"{asked.repositories} repositories, {asked.repositories * asked.records} runs, {size:.0f} MB of git, {asked.runs} reports:"
    )
    print(f"least {took[0]:.2f} s, median {median(took):.2f} s, with all children {memory:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
