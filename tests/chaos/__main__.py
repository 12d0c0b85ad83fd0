"""Schedules one after another until the time is over: which broke what has to hold, and by which seed it breaks again."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos import setting
from tests.chaos.aftermath import wrong
from tests.chaos.play import Schedule, played


def tried(seed: int) -> tuple[list[str], Schedule | None]:
    """What does not hold after one schedule; None where it did not even come to its end."""
    with tempfile.TemporaryDirectory(prefix=f"chaos-{seed}-", ignore_cleanup_errors=True) as folder:
        try:
            made = played(seed, Path(folder))
            return wrong(made), made
        except AssertionError as error:
            return [f"no end: {error}"], None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 dev.py chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="begin none after so many (default: 600)")
    parser.add_argument("--schedules", type=int, default=1_000_000, help="play so many at most")
    parser.add_argument("--seed", type=int, help="of the first; the next has the next number (default: drawn anew)")
    parser.add_argument("--tell", action="store_true", help="show every turn of each, and the thread at its end")
    asked = parser.parse_args()
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**9)
    end, done, broken = time.monotonic() + asked.seconds, 0, []
    for seed in range(first, first + asked.schedules):
        if time.monotonic() > end:
            break
        found, made = tried(seed)
        done += 1
        if made is not None and asked.tell:
            sys.stdout.write("\n".join(made.told) + "\n\n")
            sys.stdout.write("\n\n".join(f"{each.user.login}:\n{each.body}" for each in made.thread.comments) + "\n")
        if found:
            broken.append(seed)
            sys.stdout.write("".join(f"\nseed {seed}: {each}" for each in found) + f"\n  {setting.drawn(seed)}\n")
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r{done} schedules, {len(broken)} broken")
        sys.stdout.flush()
    sys.stdout.write(
        f"{done} schedules from seed {first}, {len(broken)} broken{': ' if broken else ''}{', '.join(map(str, broken))}\n"
    )
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
