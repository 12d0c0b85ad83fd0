"""What the verifier is asked under, what it says, and where that stands in the record."""

from bot.core.evidence import State
from bot.core.ledger import Record
from tests.fakes import repos

PRICE = "price: {input: 10, output: 20}"
VERIFIER = f'verifier: {{provider: openai_compatible, model: m-judge, base_url: "http://127.0.0.1:9/v1", {PRICE}}}'
POLICY = repos.POLICY.replace("routing:", f"  {VERIFIER}\nrouting:", 1)
FINE = {"action": "verdict", "verdict": "no_bug_found", "bug": "", "lines": [], "summary_matches": True, "summary_why": ""}
QUOTE = {"path": "shop/add.py", "line": 2, "quote": "return a + b"}
BUG = {**FINE, "verdict": "bug", "bug": "add('a', 1) raises TypeError, and should not", "lines": [QUOTE]}
HALF = {"action": "edit", "path": "shop/add.py", "old": "a + b + 1", "new": "a + b if a == b else a + b + 1"}
WRITTEN = {
    "action": "test",
    "path": "tests/test_from_the_task.py",
    "content": "import unittest\nfrom shop.add import add\n\n\nclass Sums(unittest.TestCase):\n    def test_sums(self):\n"
    "        self.assertEqual(add(2, 2), 4)\n        self.assertEqual(add(2, 3), 5)\n",
}


def state(record: Record, name: str, attempt: int = -1) -> State | None:
    return next((item.state for item in record.attempts[attempt].evidence if item.name == name), None)


def reason(record: Record, name: str, attempt: int = -1) -> str:
    return next(item.reason for item in record.attempts[attempt].evidence if item.name == name)


DEEP = POLICY.replace("verification:", "verification:\n  deep: {independent_test: true}", 1)
