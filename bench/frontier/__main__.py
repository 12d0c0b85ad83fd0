"""The routing frontier: what a router, a cascade and our measured gate would have made of public runs on 500 real issues.

python -m bench.frontier [DATA] [--json FILE] [--picture FILE] [--draws N]

DATA is the folder with the outcomes, else what ROUTE_AGENT_FRONTIER_DATA names; bench/frontier/synthetic holds forty made-up rows.
The data are not ours to hand out: without them, one line says where they are. Exit code 1 where they are missing or of another
version, where a figure that others reckoned from them is not reproduced, or where an attempt to catch the bench out succeeds.
"""

import argparse
import dataclasses
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = "ROUTE_AGENT_FRONTIER_DATA"


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=os.environ.get(DATA), metavar="DATA")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--picture", type=Path, metavar="FILE")
    parser.add_argument("--draws", type=int, default=2_000, help="of issues, for the intervals")
    given = parser.parse_args(words)
    if missing := [package for package in ("numpy", "matplotlib") if find_spec(package) is None]:
        return _say(f"{missing[0]} is not installed: pip install '.[plots]'")
    return _run(given)


def _say(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def _run(given: argparse.Namespace) -> int:
    from bench.frontier.data import WHERE, load
    from bench.frontier.picture import draw
    from bench.frontier.report import run
    from bench.frontier.table import table
    from bot.ports.failures import Denied

    if given.data is None:
        return _say(f"no data: get {WHERE}, and name the folder they lie in, or set {DATA}")
    try:
        report = run(load(Path(given.data)), given.draws)
    except Denied as error:
        return _say(str(error))
    print(table(report))
    if given.json:
        given.json.write_text(json.dumps(dataclasses.asdict(report), indent=1, ensure_ascii=False) + "\n")
    if given.picture:
        draw(report, given.picture)
    return 0 if report.sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
