"""A run that a collector is told of: its task, its keys, its policy, and how it is started."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.core.keys import SEND_KEY
from tests.fakes import repos
from tests.fakes.collector import Span
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.typed import typed
from tests.flow.review.verdicts import FINE

TASK = "add(2, 2) gives 5, see shop/add.py; taskcanary"
TOKEN, KEY = "tokencanary-1234567890", "keycanary-1234567890"
SAID = "SHOP_API_KEY@127.0.0.1"
POLICY = """
models:
  fast: {{provider: openai_compatible, model: m-fast, base_url: "{url}", api_key_env: SHOP_API_KEY, price: {{input: 1, output: 2}}}}
  strong: {{provider: openai_compatible, model: m-strong, base_url: "{url}", price: {{input: 10, output: 20}}}}
  verifier: {{provider: openai_compatible, model: m-judge, base_url: "{url}", price: {{input: 1, output: 2}}}}
routing:
  fast_max_score: 6
  strong_min_score: 7
verification:
  checks:
    - {{name: tests, run: python3 -m unittest discover -v -t . -s tests, kind: tests}}
"""
USAGE = {
    "prompt_tokens": 1_000,
    "completion_tokens": 100,
    "total_tokens": 1_100,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 30},
}


def shop_in(folder: Path, models: Server) -> Path:
    repos.make(folder / "shop", repos.SHOP)
    (folder / "policy.yml").write_text(POLICY.format(url=models.url))
    return folder / "shop"


def told(url: str, **more: str) -> dict[str, str]:
    """The environment of a run whose collector asks for a token."""
    header = f"authorization=Bearer%20{TOKEN}"
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": header, "SHOP_API_KEY": KEY, SEND_KEY: SAID, **more}


def fixed(folder: Path, models: Server, env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A run that goes up a lane: the first lane's patch breaks a test, the second's is proved and reviewed."""
    scripted(models)
    return typed(*RUN, *words, cwd=folder, more=env)


RUN = ("--task", TASK, "--policy", "../policy.yml")


def scripted(models: Server) -> None:
    models.usage = USAGE
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, DONE])
    models.script("m-judge", [FINE])


def named(spans: list[Span]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.name, []).append(span)
    return found


def only(spans: list[Span], name: str) -> Span:
    (span,) = named(spans)[name]
    return span
