"""What the jobs of a finished CI run say of a patch, as evidence. Read from states alone, never from what judged code printed."""

from bot.core.ci import CiRun, Job
from bot.core.clean import line
from bot.core.evidence import FIXES, REPRODUCED, STEADY, Evidence, Item

VERIFY = "route-agent-verify.yml"
"""The shipped workflow; its three jobs run the same steps on the base, on the tests alone, and on the whole patch."""
BASE, TESTS, PATCHED = "base", "tests-only", "patched"
SUITE = "check ci"


def shown(run: CiRun, *, green: bool, with_tests: bool, rewritten: tuple[str, ...] = (), shaken: bool = False) -> Evidence:
    """The evidence of the shipped workflow; of its last attempt, where it was run again.

    `with_tests` says whether the patch has tests that can run without the rest of it; `rewritten` are the test files it takes lines
    from; `shaken`, that it was run again because `patched` was red.
    """
    jobs = {job.name: job for job in run.jobs}
    base, patched = jobs.get(BASE), jobs.get(PATCHED)
    if base is None or patched is None:
        return workflow(run, "the workflow", green=green)
    if not _green(patched):
        twice = ", twice" if shaken else ""
        return Evidence((Item(SUITE, "failed", "veto", f"{_red(patched)}{twice}"),))
    suite = Item(SUITE, "passed", "strong", f"job `{PATCHED}` is green: its runner closed its report")
    doubt = Item(
        STEADY, "failed", "term", f"job `{PATCHED}` was red when it ran first: some test is flaky, or the patch brings a race"
    )
    tests = jobs.get(TESTS)
    fixed = _fixed(base, tests, with_tests=with_tests, rewritten=rewritten)
    told = _reproduced(base, tests, with_tests=with_tests)
    return Evidence((suite, fixed, told, *((doubt,) if shaken else ())))


def workflow(run: CiRun, name: str, *, green: bool) -> Evidence:
    """The evidence of a workflow of the repository's own: green or red, and nothing about what was executed."""
    if green:
        return Evidence((Item(f"{SUITE} {name}", "passed", "weak", "green; what it executed is not known"),))
    red = next((job for job in run.jobs if job.conclusion == "failure"), None)
    return Evidence((Item(f"{SUITE} {name}", "failed", "veto", _red(red) if red else "red"),))


def failed(run: CiRun) -> tuple[Job, ...]:
    """The jobs whose logs say why a run is red; the base's red is not the patch's."""
    return tuple(job for job in run.jobs if job.conclusion == "failure" and job.name not in (BASE, TESTS))


def perhaps_chance(run: CiRun) -> bool:
    """Whether the patch's tests are red and the base's green: then another run of both may say that it was chance."""
    jobs = {job.name: job for job in run.jobs}
    base, patched = jobs.get(BASE), jobs.get(PATCHED)
    return base is not None and patched is not None and _green(base) and _red_step(patched) in ("test", "report")


def unusable(run: CiRun) -> str:
    """Why the shipped workflow says nothing of any patch: it breaks on the base, too, before it comes to the tests."""
    jobs = {job.name: job for job in run.jobs}
    base, patched = jobs.get(BASE), jobs.get(PATCHED)
    if base is None or patched is None or _green(base) or _green(patched):
        return ""
    steps = {_red_step(base), _red_step(patched)}
    if len(steps) > 1 or steps & {"test", "report", ""}:
        return ""
    return f"{_red(patched)}, and so is `{BASE}`: mend that step of {VERIFY} on the default branch"


def _green(job: Job) -> bool:
    return job.conclusion == "success"


def _red(job: Job) -> str:
    step = _red_step(job)
    return f"job `{job.name}` is red" + (f" at step `{step}`" if step else f" ({job.conclusion})")


def _red_step(job: Job) -> str:
    return next((step.name for step in job.steps if step.conclusion == "failure"), "")


def _fixed(base: Job, tests: Job | None, *, with_tests: bool, rewritten: tuple[str, ...]) -> Item:
    if _green(base):
        return Item(FIXES, "not_applicable", "info", "no test failed on the base")
    tested = any(step.name == "test" and step.conclusion == "failure" for step in base.steps)
    if not tested:
        return Item(FIXES, "not_run", "info", f"{_red(base)}: its tests did not run there")
    if rewritten:
        why = f"red on the base, but the patch takes lines from {line(rewritten[0])}: what failed may ask for something else now"
        return Item(FIXES, "not_run", "info", why)
    if with_tests and (tests is None or not _green(tests)):
        return Item(FIXES, "not_run", "info", "red on the base, but the patch's tests alone do not fail by an assertion any more")
    return Item(FIXES, "passed", "info", "the tests are red on the base and green with the patch")


def _reproduced(base: Job, tests: Job | None, *, with_tests: bool) -> Item:
    if not with_tests:
        return Item(REPRODUCED, "not_applicable", "info", "the patch has no test that can run without the rest of it")
    if tests is None or tests.conclusion not in ("success", "failure"):
        return Item(REPRODUCED, "not_run", "info", f"job `{TESTS}` did not run to its end")
    if not _green(tests):
        return Item(REPRODUCED, "not_run", "info", "without the change, the patch's tests do not fail by an assertion")
    if not _green(base):
        return Item(REPRODUCED, "not_run", "info", "tests fail on the base already, so a red run shows nothing new")
    return Item(REPRODUCED, "passed", "info", "the patch's tests fail without its change, by an assertion, and pass with it")
