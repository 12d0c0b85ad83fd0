"""The repository of the stories, with a policy whose lanes are a scripted server, and the shipped verify workflow."""

from collections.abc import Mapping
from pathlib import Path

from tests.fakes import repos

ROOT = Path(__file__).resolve().parents[2]
VERIFY = ".github/workflows/route-agent-verify.yml"

POLICY = """
models:
  fast: {{provider: vllm, model: m-fast, base_url: "{url}", price: {{input: 1, output: 2}}}}
  strong: {{provider: vllm, model: m-strong, base_url: "{url}", price: {{input: 10, output: 20}}}}
routing:
  fast_max_score: 6
  strong_min_score: 7
verification:
  ci: {{min_seconds: 0}}
"""

GREEN = (
    "import unittest\nfrom shop.add import add\n\n\nclass AddTest(unittest.TestCase):\n"
    "    def test_kind(self):\n        self.assertIsInstance(add(1, 1), int)\n"
)
"""Tests of the sample that pass, wrong as it is."""

TEST = {
    "action": "edit",
    "path": "tests/test_add.py",
    "old": "    def test_kind",
    "new": "    def test_more(self):\n        self.assertEqual(add(3, 4), 7)\n\n    def test_kind",
}


def verify() -> str:
    return (ROOT / "templates" / "workflows" / "route-agent-verify.yml").read_text()


def files(url: str, *, ci: bool = True, more: Mapping[str, str] | None = None) -> dict[str, bytes | str]:
    found: dict[str, bytes | str] = {**repos.SHOP, ".github/route-agent.yml": POLICY.format(url=url)}
    found.update({VERIFY: verify()} if ci else {})
    found.update(more or {})
    return found
