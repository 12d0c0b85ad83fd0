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

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120 - a small import, in every process


def _next():
    """The environment's own `sitecustomize`, which ours stands before."""
    rest = [path for path in sys.path if os.path.abspath(path or ".") != HERE]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _coverage(ours):
    """coverage.py of the environment; ours where it has none."""
    if importlib.util.find_spec("coverage") is None:
        spec = importlib.util.spec_from_file_location(
            "coverage", os.path.join(ours, "__init__.py"), submodule_search_locations=[ours]
        )  # noqa: PTH118
        sys.modules["coverage"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    import coverage  # noqa: PLC0415

    return coverage


def _trace(wanted):
    made = _coverage(wanted["coverage"]).Coverage(data_file=None, config_file=False, include=wanted["files"], messages=False)
    made.start()
    atexit.register(_write, made, wanted["out"])


def _write(made, out):
    try:
        made.stop()
        data = made.get_data()
        found = {
            path: {str(line): names for line, names in data.contexts_by_lineno(path).items()} for path in data.measured_files()
        }
        path = os.path.join(out, "trace-%d-%s.json" % (os.getpid(), os.urandom(4).hex()))  # noqa: PTH118
        with open(path, "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            json.dump(found, file)
    except Exception:  # noqa: BLE001, S110
        pass


try:
    _wanted = json.loads(os.environ.get("ROUTE_AGENT_PROBE", "null"))
    if _wanted:
        os.environ["PYTEST_PLUGINS"] = ",".join(filter(None, (os.environ.get("PYTEST_PLUGINS"), "route_agent_probe")))
        if _wanted["files"]:
            _trace(_wanted)
except Exception:  # noqa: BLE001, S110
    pass
try:
    _next()
except Exception:  # noqa: BLE001, S110
    pass
