"""A check-up as a person or a job starts it, and a place in which anything can be wrong."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.core.ledger import decode
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.spend import Charge
from bot.edge.limit import within
from bot.ports import Books, Checkout, Tree
from tests.fakes import repos
from tests.fakes.server import Server, completion
from tests.fakes.typed import ROOT

READY = {"action": "ready", "word": "yes"}
SAID = {"ROUTE_AGENT_SEND_KEY": "MINE@127.0.0.1"}
"""That the key may go to these servers."""
KEY = "mine-Zq8wX1vB5nT3kL7p"
"""Of no shape that is known for a key: only its value tells."""
LINE = re.compile(r"(ok|problem|unknown) +[a-z.-]+ {2,}\S.*")
"""What is printed of one item."""
Found = TypeVar("Found")


def doctor(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), "USER": "ann", **SAID, **env}
    command = [sys.executable, "-m", "bot", "doctor", *words]
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, check=False, timeout=120)


def states(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """By name: the first word of the item's line, and all that stands behind the name."""
    rows = [row.split(maxsplit=2) for row in done.stdout.partition("\n\n")[0].splitlines()]
    return {name: (state, rest) for state, name, rest in rows}


def policy(server: Server, **more: Mapping[str, Any]) -> str:
    """Two priced lanes on the server, each with the key of `MINE`; `more` goes into a model's mapping, or is one, or a section."""
    model = {"provider": "openai_compatible", "base_url": server.url, "api_key_env": "MINE"}
    models: dict[str, Any] = {
        "fast": {**model, "model": "m-fast", "price": {"input": 1, "output": 2}},
        "strong": {**model, "model": "m-strong", "price": {"input": 10, "output": 20}},
    }
    sections = {name: value for name, value in more.items() if name not in ("fast", "strong", "verifier")}
    for name in ("fast", "strong", "verifier"):
        if name in more:
            models[name] = {**models.get(name, models["strong"]), **more[name]}
    models = {name: {key: value for key, value in m.items() if value is not None} for name, m in models.items()}
    routing = {"fast_max_score": 6, "strong_min_score": 7}
    return json.dumps({"models": models, "routing": routing, **sections})


def ran(model: str) -> dict[str, Any]:
    """A reply by a server that says it ran this model."""
    return {"body": completion({"model": model, "tools": []}, READY, {"prompt_tokens": 100, "completion_tokens": 10}, 1)}


@dataclass
class Site:
    """A place of which any part can raise, or wait for ever."""

    trouble: Mapping[str, Callable[[], Any]] = field(default_factory=dict)

    def _or(self, name: str, value: Found) -> Found:
        if name in self.trouble:
            self.trouble[name]()
        return value

    def git(self) -> str:
        return self._or("git", "git version 2")

    def checkout(self) -> Checkout:
        return self._or("repository", Checkout("/x", "a" * 40, None))

    def policy(self) -> Policy:
        return self._or("policy", read(repos.POLICY.encode(), "p"))

    def tree(self) -> Tree:
        self._or("checks", None)
        raise NotImplementedError

    def finds(self, program: str) -> bool:
        return bool(program)

    def shipped(self) -> str:
        return ""

    def sandbox(self) -> str:
        return self._or("sandbox", "walls")

    def ledger(self) -> Books:
        self._or("ledger", None)
        raise NotImplementedError


def hurried(_: float, work: Callable[[], Found], /) -> Found:
    """A limit that comes soon."""
    return within(0.2, work)


def place(folder: Path, text: str) -> Path:
    repos.make(folder / "shop", repos.SHOP | {".github/route-agent.yml": text})
    return folder / "shop"


def charges(shop: Path) -> list[Charge]:
    lines = (shop / ".git" / "route-agent" / "ledger.jsonl").read_text().splitlines()
    return [item for item in map(decode, lines) if isinstance(item, Charge)]
