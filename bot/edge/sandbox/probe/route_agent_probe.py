"""A plugin for pytest: names the test that runs to coverage.py, and runs the wanted tests alone."""

import json
import os
import sys

_wanted = json.loads(os.environ.get("ROUTE_AGENT_PROBE") or "{}")
_only = _wanted.get("only", [])


def pytest_configure(config):
    """Collect the wanted files alone: to look at all others could take longer than to run these."""
    files = sorted({os.path.join(_wanted["root"], name.partition("::")[0]) for name in _only})  # noqa: PTH118
    there = [path for path in files if os.path.exists(path)]  # noqa: PTH110
    if there:
        config.args = there


def pytest_collection_modifyitems(config, items):
    names = {name for name in _only if "::" in name}
    if not names:
        return
    kept = [item for item in items if item.nodeid in names]
    if kept:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
        items[:] = kept


def _switch(name):
    coverage = sys.modules.get("coverage")
    try:
        current = coverage.Coverage.current() if coverage and _wanted.get("files") else None
        if current is not None:
            current.switch_context(name)
    except Exception:  # noqa: BLE001, S110 - another coverage runs, or none
        pass


def pytest_runtest_logstart(nodeid, location):  # noqa: ARG001
    _switch(nodeid)


def pytest_runtest_logfinish(nodeid, location):  # noqa: ARG001
    _switch("")
