"""The routing frontier: what a router, a cascade and our measured gate would have made of public runs on 500 real issues.

python3 dev.py frontier [DATA]               the same, and the documents written anew
python -m bench.frontier [DATA] [--json FILE] [--picture FILE] [--draws N]

DATA is the folder with the outcomes, else what ROUTE_AGENT_FRONTIER_DATA names; bench/frontier/synthetic holds forty made-up rows.
It prints the tables. Of the real data it also writes what was found, and the picture that README.md shows, unless files are named.
The data are not ours to hand out: without them, one line says where they are. Exit code 1 where they are missing or of another
version, where a figure that others reckoned from them is not reproduced, or where an attempt to catch the bench out succeeds.
"""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = "ROUTE_AGENT_FRONTIER_DATA"
PICTURE = ROOT / "docs" / "frontier.png"


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=os.environ.get(DATA), metavar="DATA")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--picture", type=Path, metavar="FILE")
    parser.add_argument("--draws", type=int, help="of issues, for the intervals; 2,000")
    given = parser.parse_args(words)
    if missing := [package for package in ("numpy", "matplotlib") if find_spec(package) is None]:
        return _say(f"{missing[0]} is not installed: pip install '.[plots]'")
    return _run(given)


def _say(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def _run(given: argparse.Namespace) -> int:
    from bench.frontier.bootstrap import DRAWS
    from bench.frontier.data import WHERE, load
    from bench.frontier.picture import draw
    from bench.frontier.report import FOUND, keep, run
    from bench.frontier.table import table
    from bot.failures import Denied

    if given.data is None:
        return _say(f"no data: get {WHERE}, and name the folder they lie in, or set {DATA}")
    try:
        report = run(load(Path(given.data)), given.draws or DRAWS)
    except Denied as error:
        return _say(str(error))
    print(table(report))
    kept, picture = (FOUND, PICTURE) if report.publishable else (None, None)
    if kept := given.json or kept:
        keep(report, kept)
    if picture := given.picture or picture:
        draw(report, picture)
    return 0 if report.sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
