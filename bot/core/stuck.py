"""A suite that gets nowhere: every test of it ends before its question, so that no patch can be told from another."""

import re

from bot.core.checks import Check, Run
from bot.core.clean import line
from bot.core.evidence import Item

BASE = "the base"
"""How the item is called that says so; it is there only where the patch changes nothing about it."""
_UNMET = re.compile(r"\b(?:ModuleNotFoundError|ImportError|SyntaxError)\b|\bCannot find (?:module|package)\b")
_ERROR = re.compile(r"^(?:E\s+)?((?:[\w.]*(?:Error|Exception)\b|fixture '|.*\bCannot find (?:module|package)\b).*)")


def stuck(run: Run) -> bool:
    """Whether no test passes, and none fails for what the code does. Where the runner does not say why, its words have to."""
    report = run.report
    if report is None or run.exit_code == 0 or not 0 < report.executed <= len(report.failed):
        return False
    return bool(_UNMET.search(run.tail)) if report.asserted is None else not report.asserted


def said(check: Check, run: Run) -> str:
    """One sentence, with the last words that tell: runners end with a count, which says nothing of why."""
    rows = [row.strip() for row in run.tail.splitlines() if row.strip()]
    errors = [found[1] for found in map(_ERROR.match, rows) if found]
    last = (errors or rows or ["it printed nothing"])[-1]
    return f"check {line(check.name, 40)} does not run on the base: {line(last, 160)} (exit code {run.exit_code})"


def sentences(checks: tuple[Check, ...], runs: tuple[Run, ...]) -> tuple[str, ...]:
    """One for each check of tests that gets nowhere."""
    tests = {check.name: check for check in checks if check.kind == "tests"}
    return tuple(said(tests[run.check], run) for run in runs if run.check in tests and stuck(run))


def told(checks: tuple[Check, ...], before: tuple[Run, ...], patched: tuple[Run, ...]) -> tuple[Item, ...]:
    """The item that says why the suite shows nothing; none where a check gets somewhere with the patch."""
    still = {run.check for run in patched if stuck(run)}
    found = sentences(checks, tuple(run for run in before if run.check in still))
    return (Item(BASE, "not_run", "info", "; ".join(found)),) if found else ()
