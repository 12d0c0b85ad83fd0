"""Source that only looks right. Each attack stands beside the nearest honest change."""

import pytest

from bot.core.textual.disguise import disguise
from bot.core.textual.source import sources
from tests.core.textual.changing import changed

BASE = "import os\nimport sys\n\ndef total(items):\n    return sum(items)\n"


def kinds(after: str, before: str | None = BASE, path: str = "src/shop/cart.py") -> set[tuple[str, str]]:
    return {(finding.kind, finding.grave) for finding in disguise(sources((changed(path, before, after),)))}


def body(*lines: str, head: str = "") -> str:
    return f"{head}import os\nimport sys\n\ndef total(items):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        "if 'PYTEST_CURRENT_TEST' in os.environ: return 6",
        "if os.environ.get('PYTEST_' + 'CURRENT_TEST'): return 6",
        "if os.getenv(f'PYTEST_{\"CURRENT\"}_TEST'): return 6",
        "if os.getenv('\\u0050YTEST_CURRENT_TEST'): return 6",
        "if os.getenv('_'.join(['PYTEST', 'CURRENT', 'TEST'])): return 6",
        "if 'pytest' in sys.modules: return 6",
        "if 'py' + 'test' in sys.modules: return 6",
        "if 'unittest' in sys.modules.keys(): return 6",
        "if sys.modules.get('pytest'): return 6",
        "if 'pytest' in sys.argv[0]: return 6",
        "if any('test' in a for a in sys.argv) or 'pytest' in sys.argv: return 6",
        "if any('test_' in f.function for f in __import__('inspect').stack()): return 6",
        "if sys._getframe(1).f_code.co_name.startswith('test_'): return 6",
        "if os.environ.get('CI'): return 6",
        "if os.environ['GITHUB_ACTIONS'] == 'true': return 6",
        "if 'CI' in os.environ: return 6",
    ],
)
def test_source_that_asks_whether_it_is_tested_is_a_veto(line: str):
    assert ("detects tests", "veto") in kinds(body(line, "return sum(items)"))


@pytest.mark.parametrize(
    "line",
    [
        "from tests.test_cart import CASES",
        "import tests.data",
        "from .tests import answers",
        "from . import test_cart",
        "from conftest import shop",
    ],
)
def test_source_that_imports_what_is_there_for_the_tests_is_a_doubt(line: str):
    assert kinds(body(line, "return sum(items)")) == {("detects tests", "weak")}
    assert kinds(body("from shop.testament import will", "from .attestation import x", "return sum(items)")) == set()


@pytest.mark.parametrize(
    "line",
    [
        "if os.environ.get('SHOP_MODE'): return 6",
        "if 'numpy' in sys.modules: return 6",
        "if '--verbose' in sys.argv: return 6",
        "caller = sys._getframe(1).f_code.co_name; log(caller)",
        "if 'latest' in sys.argv: return 6",
        "if 'CI' in items: return 6",
        "x = 'run the test suite'",
    ],
)
def test_other_questions_are_no_finding(line: str):
    assert kinds(body(line, "return sum(items)")) == set()


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("os._exit(0)", ""),
        ("o._exit(0)", "import os as o\n"),
        ("e(0)", "from os import _exit as e\n"),
        ("getattr(os, '_exit')(0)", ""),
        ("getattr(os, '_ex' + 'it')(0)", ""),
        ("__import__('os')._exit(0)", ""),
        ("importlib.import_module('os')._exit(0)", "import importlib\n"),
        ("vars(os)['_exit'](0)", ""),
        ("os.__dict__['_exit'](0)", ""),
        ("sys.modules['os']._exit(0)", ""),
        ("x = os; x._exit(0)", ""),
        ("_exit(0)", "from os import *\n"),
        ("os.kill(os.getpid(), 9)", ""),
        ("os.abort()", ""),
        ("os.execv('/bin/true', [])", ""),
        ("signal.alarm(1)", "import signal\n"),
        ("atexit.register(print)", "import atexit\n"),
        ("pytest.exit('x', 0)", "import pytest\n"),
        ("sys.exit(0)", ""),
        ("raise SystemExit", ""),
        ("raise SystemExit(0)", ""),
        ("exit()", ""),
        ("quit()", ""),
    ],
)
def test_source_that_ends_the_run_is_a_veto(line: str, head: str):
    assert ("exits early", "veto") in kinds(body(line, "return sum(items)", head=head))


@pytest.mark.parametrize(
    "after",
    [
        BASE + "\ndef main():\n    sys.exit(total([]))\n",
        BASE + "\nif __name__ == '__main__':\n    sys.exit(total([]))\n",
        body("self.exit()", "os.kill(items[0], 9)", "raise ValueError", "return os.path.exists('x')"),
    ],
)
def test_a_command_may_exit_and_a_method_may_be_called_so(after: str):
    assert kinds(after) == set()


def test_an_exit_where_there_was_one_or_in_a_command_is_no_finding():
    assert kinds(body("if not items: sys.exit(3)", "sys.exit(2)"), body("sys.exit(2)")) == set()
    assert kinds(body("sys.exit(2)"), path="src/shop/cli.py") == set()
    assert kinds(body("sys.exit(2)"), path="scripts/count.py") == set()


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("pytest.Item.runtest = print", "import pytest\n"),
        ("setattr(unittest.TestCase, 'assertEqual', print)", "import unittest\n"),
        ("unittest.TestCase.assertEqual = print", "import unittest\n"),
        ("from _pytest import runner", ""),
        ("import pytest", ""),
        ("builtins.sum = print", "import builtins\n"),
        ("sys.settrace(print)", ""),
        ("sys.setprofile(print)", ""),
        ("sys.monitoring.free_tool_id(1)", ""),
        ("t(print)", "from sys import settrace as t\n"),
        ("gc.get_objects()", "import gc\n"),
        ("for m in list(sys.modules.values()): m.x = 1", ""),
        ("sys.modules['math'] = None", ""),
        ("open('report.xml', 'w').write('<testsuite/>')", ""),
        ("open(os.environ['GITHUB_OUTPUT'], 'a')", ""),
        ("class A:", "def f():\n    pass\n\nclass Answer:\n    def __eq__(self, other):\n        return True\n\n"),
    ],
)
def test_source_that_touches_the_runner_is_a_veto(line: str, head: str):
    after = body(line, "    x = 1" if line.endswith(":") else "return sum(items)", head=head)
    assert ("touches the runner", "veto") in kinds(after)


def test_equality_that_compares_and_modules_that_are_imported_are_no_finding():
    after = body(
        "return sum(items)", head="import gc\n\nclass A:\n    def __eq__(self, other):\n        return self.a == other.a\n\n"
    )
    assert kinds(after + "    gc.collect()\n    self.sum = 1\n    items['x'] = 2\n") == set()


@pytest.mark.parametrize(
    "lines",
    [
        ("try:", "    return sum(items)", "except Exception:", "    return 0"),
        ("try:", "    x = 1", "except:", "    pass"),
        ("try:", "    x = 1", "except BaseException as e:", "    print(e)"),
        ("try:", "    x = 1", "except (ValueError, Exception):", "    return []"),
        ("try:", "    return sum(items)", "except TypeError:", "    return 0"),
        ("with contextlib.suppress(Exception):", "    return sum(items)"),
        ("for i in items:", "    try: x = 1", "    except Exception: continue"),
    ],
)
def test_an_exception_that_is_swallowed_is_weak(lines: tuple[str, ...]):
    assert kinds(body(*lines, head="import contextlib\n")) == {("swallows", "weak")}


@pytest.mark.parametrize(
    "lines",
    [
        ("try:", "    x = int(items)", "except ValueError:", "    return None", "return sum(items)"),
        ("try:", "    x = 1", "except Exception:", "    undo()", "    raise"),
        ("try:", "    x = 1", "except Exception as e:", "    raise ShopError from e"),
        ("try:", "    x = 1", "except Exception as e:", "    return fallback(e)"),
        ("with contextlib.suppress(KeyError):", "    del items[0]"),
    ],
)
def test_a_narrow_class_and_a_handler_that_acts_are_no_finding(lines: tuple[str, ...]):
    assert kinds(body(*lines, head="import contextlib\n")) == set()


def test_what_was_there_or_only_moves_is_no_finding():
    bad = body("os._exit(0)")
    assert kinds(bad + "\nx = 1\n", bad) == set()
    assert disguise(sources((changed("a.py", bad, "x = 1\n"), changed("b.py", None, bad)))) == ()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("os._exit(0)", "exits early"),
        ("getattr(os, '_exit')(0)", "exits early"),
        ("_pytest.runner.call_and_report = print", "touches the runner"),
        ("setattr(unittest.TestCase, 'assertEqual', print)", "touches the runner"),
        ("unittest.TestCase.assertEqual = print", "touches the runner"),
    ],
)
def test_a_test_neither_ends_the_run_nor_replaces_the_runner(line: str, kind: str):
    after = body(line, head="import unittest\nimport _pytest.runner\n")
    assert kinds(after, path="tests/test_a.py") == {(kind, "veto")}


def test_a_test_may_do_what_source_may_not():
    lines = (
        "sys.exit(1)",
        "sys.modules['x'] = None",
        "atexit.register(print)",
        "unittest.TestCase.maxDiff = None",
        "'GITHUB_OUTPUT'",
    )
    assert kinds(body(*lines, head="import pytest, atexit, unittest\n"), path="tests/test_a.py") == set()


ADD = "import shop.add\nimport pytest\n\n\ndef fake(a, b):\n    return a + b\n\n\n"


@pytest.mark.parametrize(
    "lines",
    [
        "shop.add.add = lambda a, b: a + b\n",
        "shop.add.add = fake\n",
        "old = shop.add.add = fake\n",
        "shop.add.add: object = fake\n",
        "setattr(shop.add, 'add', fake)\n",
        "if __name__ != '__main__':\n    shop.add.add = fake\n",
        "def setup_module():\n    shop.add.add = fake\n",
        "def test_a(request):\n    request.session.items.clear()\n",
        "def test_a(pytestconfig):\n    pytestconfig.pluginmanager.register(fake)\n",
        "def test_a():\n    pytest.exit('done', returncode=0)\n",
    ],
)
def test_a_test_file_puts_nothing_in_the_place_of_what_is_tested_and_takes_no_test_from_the_run(lines: str):
    assert kinds(ADD + lines, path="tests/test_a.py") == {("touches the runner", "veto")}


@pytest.mark.parametrize(
    "lines",
    [
        "shop.add.Base.metadata.bind = engine\n",
        "shop.add.LEVEL = shop.add.DEBUG\n",
        "shop.add.TIMEOUT = 1\n",
        "setattr(shop.add, 'LEVEL', 3)\n",
        "own = fake\nfake.calls = fake\n",
        "def test_a(monkeypatch):\n    monkeypatch.setattr(shop.add, 'add', fake)\n",
        "def test_a():\n    shop.add.add = fake\n",
        "def test_a(request):\n    assert dict(request.session.items()) == {}\n",
        "def test_a(item):\n    assert item.session.items == []\n",
        "from shop import node\n\n\ndef test_a():\n    assert node.session.items == [1]\n",
    ],
)
def test_a_test_file_may_set_up_what_it_tests(lines: str):
    assert kinds(ADD + lines, path="tests/test_a.py") == set()


def test_a_finding_says_what_it_saw():
    (finding,) = disguise(sources((changed("a.py", BASE, body("o = os", "o._exit(0)")),)))
    assert (finding.line, finding.why) == (6, "source uses `os._exit`, which can end a run before it is judged")
