"""`python -m tests.chaos [--seconds N] [--schedules N] [--seed N]`: schedules one after another until one breaks what has to hold."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.aftermath import wrong
from tests.chaos import setting as settings
from tests.chaos.play import played


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--schedules", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--tell", action="store_true")
    asked = parser.parse_args()
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**9)
    end, bad, done = time.monotonic() + asked.seconds, 0, 0
    for seed in range(first, first + asked.schedules):
        if time.monotonic() > end:
            break
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        started = time.monotonic()
        try:
            made = played(seed, folder)
            found = wrong(made)
            if asked.tell:
                print("\n".join(made.told))
                print(made.models.owed, len(made.models.requests))
                print("\n----\n".join(c.user.login + ": " + c.body for c in made.thread.comments))
            print(f"{seed}: {len(made.told)} turns, {time.monotonic()-started:.1f} s {settings.drawn(seed) if found or asked.tell else ''}", flush=True)
        except AssertionError as error:
            found = [str(error)]
        for each in found:
            print(f"seed {seed}: {each}", flush=True)
        bad += bool(found)
        done += 1
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{done} schedules, {bad} of them broken")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
