"""Starts with every Python of a check, before anything of the repository: notes which lines run, and for which test.

It lives with judged code, so what it writes is a statement of the judged, like the runner's own report. It must not be in the way:
whatever goes wrong here is swallowed, and the check runs as if it were not there. For Python from 3.8 on, and nothing but the
standard library and coverage.py.
"""

import atexit
import importlib.machinery
import importlib.util
import json
import os
import sys
import warnings
from contextlib import suppress

HERE = os.path.dirname(os.path.abspath(__file__))


def _next():
    """The environment's own `sitecustomize`, which ours stands before."""
    rest = [path for path in sys.path if os.path.abspath(path or ".") != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _coverage(ours):
    """coverage.py of the environment; ours where it has none."""
    if importlib.util.find_spec("coverage") is None:
        start = os.path.join(ours, "__init__.py")
        spec = importlib.util.spec_from_file_location("coverage", start, submodule_search_locations=[ours])
        sys.modules["coverage"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    import coverage

    return coverage


def _trace(wanted):
    made = _coverage(wanted["coverage"]).Coverage(data_file=None, config_file=False, include=wanted["files"], messages=False)
    made.start()
    atexit.register(_write, made, wanted["out"])


def _write(made, out):
    """In silence: what a check prints last is how some runners close their report."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.stop()
        data = made.get_data()
        found = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        name = f"trace-{os.getpid()}-{os.urandom(4).hex()}.json"
        if not any(found.values()):
            return
        with open(os.path.join(out, name), "w", encoding="utf-8", errors="replace") as file:
            json.dump(found, file)


with suppress(Exception):
    _wanted = json.loads(os.environ.get("ROUTE_AGENT_PROBE", "null"))
    if _wanted:
        os.environ["PYTEST_PLUGINS"] = ",".join(filter(None, (os.environ.get("PYTEST_PLUGINS"), "route_agent_probe")))
        if _wanted["files"]:
            _trace(_wanted)
with suppress(Exception):
    _next()
