"""A process with some writers of one ledger's branch, each a thread.

`python -m tests.fakes.writers API SERVER TOKEN REPO BRANCH RUN…` says `ready`, waits for a line on standard
input, and then all of them begin at once.
"""

import sys
import threading
from dataclasses import replace

from bot.core.budget import Wish
from bot.core.ledger import Begun, Record
from bot.core.outcome import Outcome
from bot.core.policy import Budget
from bot.core.recording import record as recorded
from bot.core.trail import Trail
from bot.edge.github.client import connect
from bot.edge.github.records import Records
from bot.edge.github.shelf import Shelf
from bot.edge.github.spending import Spending
from tests.core.test_trail import opened

NOW, LATER = "2026-01-02T10:00:00Z", "2026-01-02T11:00:00Z"
CAPS = Budget.model_validate({"per_run_usd": 0.1, "per_day_usd": 100})


def cost(run: str) -> int:
    """Micro-dollars, another number for each run."""
    return 1_000 + int(run[1:])


def made(run: str) -> Record:
    return replace(recorded(Trail(opened()), cost(run)), id=run, at=NOW)


def outcome(run: str) -> Outcome:
    return Outcome(run, LATER, "merged", "ann", int(run[1:]), 0)


def write(run: str, shelf: Shelf) -> None:
    """What the job of a run writes, in the order in which it does."""
    purse, records = Spending(shelf), Records(shelf)
    assert purse.reserve(CAPS, Wish(run, "ann", NOW, "7.1")) == 100_000
    records.put(Begun(run, NOW, "packed"))
    records.put(Begun(run, NOW, "packed further"))
    records.put(made(run))
    purse.settle(Wish(run, "ann", LATER, "7.1", cost(run)))
    records.add(outcome(run))


def main(api: str, server: str, token: str, repo: str, branch: str, *runs: str) -> int:
    failed: list[BaseException] = []

    def work(run: str) -> None:
        try:
            write(run, Shelf(connect(api, server, token, repo, 0.01), branch))
        except BaseException as error:  # noqa: BLE001 - of a thread: told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    print("ready", flush=True)  # noqa: T201 - to the test
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*failed, sep="\n")  # noqa: T201 - to the test
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
