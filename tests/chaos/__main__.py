"""Schedules one after another until the time is over: which broke what has to hold, and by which seed it breaks again."""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice

from tests.chaos import setting
from tests.chaos.tried import Tried, first, tried


def _each(seeds: Iterable[int], end: float) -> Iterator[Tried]:
    """One a core at a time; after `end`, no other is begun."""
    left, cores = iter(seeds), os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(tried, seed) for seed in islice(left, cores)}
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in finished:
                yield each.result()
                following = next(left, None) if time.monotonic() < end else None
                waiting |= set() if following is None else {pool.submit(tried, following)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 dev.py chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="begin none after so many (default: 600)")
    parser.add_argument("--schedules", type=int, default=1_000_000, help="play so many at most")
    parser.add_argument("--seed", type=int, default=first(), help="of the first; the next has the next (default: by the code)")
    parser.add_argument("--tell", action="store_true", help="show every turn of each, and the thread at its end")
    asked = parser.parse_args()
    end, done, broken = time.monotonic() + asked.seconds, 0, []
    for one in _each(range(asked.seed, asked.seed + asked.schedules), end):
        done += 1
        sys.stdout.write(one.told if asked.tell else "")
        if one.wrong:
            broken.append(one.seed)
            sys.stdout.write("".join(f"seed {one.seed}: {each}\n" for each in one.wrong) + f"  {setting.drawn(one.seed)}\n")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done} schedules, {len(broken)} broken ")
        elif done % 100 == 0:  # a job's log keeps every line
            sys.stderr.write(f"{done} schedules, {len(broken)} broken\n")
        sys.stdout.flush()
    numbers = f": {', '.join(map(str, broken))}" if broken else ""
    sys.stdout.write(f"{done} schedules from seed {asked.seed}, {len(broken)} broken{numbers}\n")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
