"""A plugin for pytest: names the test that runs to coverage.py, and runs the wanted tests alone."""

import json
import os
import sys
from contextlib import suppress

_wanted = json.loads(os.environ.get("ROUTE_AGENT_PROBE") or "{}")
_only = _wanted.get("only", [])


def pytest_configure(config):
    """Collect the wanted files alone: to look at all others could take longer than to run these."""
    files = sorted({os.path.join(_wanted["root"], name.partition("::")[0]) for name in _only})
    there = [path for path in files if os.path.exists(path)]
    if there:
        config.args = there


def pytest_collection_modifyitems(config, items):
    names = {name for name in _only if "::" in name}
    kept = [item for item in items if item.nodeid in names]
    if kept:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
        items[:] = kept


def pytest_runtest_logstart(nodeid):
    """What runs until the next one starts, is its own: to switch at its end, too, would cost as much again."""
    with suppress(Exception):  # where another coverage runs, or none
        coverage = sys.modules["coverage"]
        coverage.Coverage.current().switch_context(nodeid)
