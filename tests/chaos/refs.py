"""What becomes of branches while a schedule is played: none goes back, and nobody's but the bot's own is deleted."""

import re
import subprocess
from dataclasses import dataclass, field

from tests.fakes.world import Repo

OURS = re.compile(r"route-agent/")
LEDGER = "route-agent-ledger"
"""The one branch that the bot moves, and only forward."""
WRITES = re.compile(r"(?:POST|PUT|PATCH|DELETE) .*/(?:git/refs|contents)")


@dataclass
class Refs:
    shop: Repo
    before: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    ever: dict[str, str] = field(default_factory=dict)
    """Where each of the bot's branches was made; made anew elsewhere, it would be forced."""

    def look(self, line: str) -> None:
        """After a request that may have moved one."""
        if not WRITES.match(line):
            return
        before, now = self.before, self.take()
        for name, sha in before.items():
            if name not in now:
                if not OURS.match(name):
                    self.broken.append(f"{line} has deleted {name}")
            elif now[name] != sha and (name != LEDGER or not self._follows(sha, now[name])):
                self.broken.append(f"{line} has moved {name} from {sha[:8]} to {now[name][:8]}")
        for name, sha in now.items():
            if OURS.match(name) and self.ever.setdefault(name, sha) != sha:
                self.broken.append(f"{line} has made {name} anew, at {sha[:8]} instead of {self.ever[name][:8]}")
        self.broken += [f"{line} has made {name}" for name in now.keys() - before.keys() if name != LEDGER and not OURS.match(name)]

    def take(self) -> dict[str, str]:
        """Where they are now, whoever has moved them."""
        self.before = self._now()
        return self.before

    def _now(self) -> dict[str, str]:
        rows = self.shop.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return dict(row.split(" ") for row in rows)

    def _follows(self, old: str, new: str) -> bool:
        words = ["git", "merge-base", "--is-ancestor", old, new]
        return subprocess.run(words, cwd=self.shop.path, check=False, capture_output=True).returncode == 0
