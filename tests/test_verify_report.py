"""The verdict on a test report, as the workflow that verifies gives it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflows import ROOT, jobs


def said(folder: Path, tree: str, test: str | None) -> tuple[int, str]:
    """What the workflow's own script says of a report, where pytest wrote one for this test file."""
    if test is not None:
        (folder / "test_it.py").write_text(test)
        pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=."]
        subprocess.run([*pytest_, f"--junitxml={folder / 'report.xml'}"], cwd=folder, capture_output=True, check=False)
    (job,) = jobs(ROOT / "templates" / "workflows" / "route-agent-verify.yml").values()
    script = next(step for step in job["steps"] if step["name"] == "report")
    assert script["shell"] == "/usr/bin/python3 -IS {0}", "what the judged code put before it on PATH is not run"
    (folder / "script.py").write_text(script["run"])
    env = {"RUNNER_TEMP": str(folder), "TREE": tree}
    done = subprocess.run([sys.executable, "-IS", folder / "script.py"], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


ASSERTIONS = {
    "a comparison": "def test_a():\n    assert 2 + 2 == 5\n",
    "a message": "def test_a():\n    assert False, 'four'\n",
    "nothing raised": "import pytest\n\ndef test_a():\n    with pytest.raises(ValueError):\n        pass\n",
    "failed by hand": "import pytest\n\ndef test_a():\n    pytest.fail('no')\n",
    "unittest": "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(4, 5)\n",
    "a part of a test": (
        "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n"
        "        with self.subTest(1):\n            self.assertEqual(4, 5)\n"
    ),
    "an error that the code raises": "def test_a():\n    assert [][0] == 1\n",
    "nothing where something should be": "def test_a():\n    assert None.name == 'x'\n",
    "one of several": "import missing_a\n".replace("import", "def test_b():\n    import") + "\ndef test_a():\n    assert not 1\n",
}


@pytest.mark.parametrize("test", ASSERTIONS.values(), ids=ASSERTIONS.keys())
def test_a_question_that_was_asked_and_answered_wrongly_makes_the_tests_alone_green(tmp_path, test):
    code, text = said(tmp_path, "tests-only", test)
    assert code == 0, text


OTHERS = {
    "a module that is not there": "import missing_a\n\ndef test_a():\n    assert False\n",
    "imported late": "def test_a():\n    import missing_a\n    assert missing_a\n",
    "a missing name": "def test_a():\n    assert plus(2, 2) == 4\n",
    "a missing attribute": "import math\n\ndef test_a():\n    assert math.plus(2, 2) == 4\n",
    "a missing argument": "def f(): ...\n\ndef test_a():\n    assert f(wanted=1)\n",
    "a syntax error": "def test_a(:\n",
    "broken before it began": "import pytest\n\n@pytest.fixture\ndef a():\n    assert False\n\ndef test_a(a): ...\n",
    "it passes": "def test_a(): ...\n",
    "skipped": "import pytest\n\n@pytest.mark.skip\ndef test_a():\n    assert False\n",
    "expected to fail": "import pytest\n\n@pytest.mark.xfail\ndef test_a():\n    assert False\n",
    "no test": "",
}


@pytest.mark.parametrize("test", OTHERS.values(), ids=OTHERS.keys())
def test_anything_else_leaves_the_tests_alone_red(tmp_path, test):
    code, text = said(tmp_path, "tests-only", test)
    assert code == 1
    assert "Traceback" not in text


@pytest.mark.parametrize("tree", ["base", "patched"])
def test_a_whole_tree_needs_a_closed_report_with_an_executed_test(tmp_path, tree):
    assert said(tmp_path, tree, "def test_a(): ...\n") == (0, "1 executed, 0 failed, 0 in error\n")
    assert said(tmp_path, tree, "def test_a():\n    assert 0\n") == (0, "1 executed, 1 failed, 0 in error\n")
    assert said(tmp_path, tree, "")[0] == 1
    (tmp_path / "report.xml").write_bytes((tmp_path / "report.xml").read_bytes()[:-9])
    assert "did not close its report" in said(tmp_path, tree, None)[1]
    (tmp_path / "report.xml").unlink()
    assert said(tmp_path, tree, "import os\n\ndef test_a():\n    os._exit(0)\n")[0] == 1
