"""Whether the patch's own tests show anything: alone, on the base, they have to fail, and with the patch to pass."""

from bot.core.checks import Run
from bot.core.clean import several
from bot.core.evidence import REPRODUCED, Item, State


def untold(why: str) -> Item:
    """No test that could show it, so it is not shown."""
    return Item(REPRODUCED, "not_run", "term", why)


def disturbed(patched: Run, suite: Run) -> bool:
    """Whether the patch's tests, alone and with lines noted, fail where the suite passes them: the noting may be in the way."""
    if suite.report is None:
        return False
    return patched.report is None or bool(set(patched.report.failed) & set(suite.report.passed or ()))


def reproduced(base: Run, alone: Run, patched: Run, suite: Run) -> Item:
    """`alone` is the base with the patch's tests and nothing else of it, `patched` the same tests alone on all of it.

    `suite` is the check as it judges the patch: a test that passes when looked at, and not there, is no test of the suite.

    A test counts that fails there for what the code does: an assertion, or an error that the code raises. One that cannot find
    what it asks for, a name or a module, has asked nothing; then any other patch that adds the name would do. Nor does one that
    passes on the base: it may ask for the opposite now, or may only miss the tests that run before it.
    """
    if alone.timed_out:
        return _said("not_run", f"the patch's tests alone do not end within {alone.seconds:.0f} s", alone)
    if alone.report is None or patched.report is None or base.report is None:
        return _said("not_run", "the runner leaves no report on the patch's tests alone", alone)
    new = [name for name in alone.report.failed if name not in base.report.failed]
    known = [name for name in new if name in (base.report.passed or ())]
    new = [name for name in new if name not in known]
    if known and not new:
        return _said("not_run", f"only tests that the base has, and that pass there: {several(sorted(known))}", alone)
    if not new:
        return _said("failed", "the patch's tests pass without its change: they show nothing of it", alone)
    asking = [name for name in new if alone.report.asserted is None or name in alone.report.asserted]
    if not asking:
        return _said(
            "not_run", f"without the change they fail for a name that is missing, and ask nothing: {several(sorted(new))}", alone
        )
    if patched.report.passed is None:
        passing = [name for name in asking if name not in patched.report.failed]
    else:
        passing = [name for name in asking if name in patched.report.passed]
    if suite.report is not None and suite.report.passed is not None:
        passing = [name for name in passing if name in suite.report.passed]
    if not passing:
        return _said("not_run", f"not seen to pass with the change: {several(sorted(asking))}", alone)
    return _said("passed", f"fails without the change and passes with it: {several(sorted(passing))}", alone)


def _said(state: State, reason: str, run: Run) -> Item:
    return Item(REPRODUCED, state, "term", reason, run.seconds)
