"""`policy check` as people type it: what it finds in the file, in the price table and in the repository around it."""

from pathlib import Path

import pytest

from bot import proofread
from bot.edge.render import Templates
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.typed import ROOT, typed
from tests.test_golden import held

POLICY = ".github/route-agent.yml"
VERIFY = ".github/workflows/route-agent-verify.yml"
SHIPPED = (ROOT / "templates" / "workflows" / "route-agent-verify.yml").read_text()


def text(model: str = "anthropic/claude-haiku-5.5", more: str = "", price: str = "") -> str:
    lanes = f"  fast: {{provider: openrouter, model: {model}{price}}}\n"
    lanes += "  strong: {provider: openrouter, model: anthropic/claude-sonnet-5.5}\n"
    return f"models:\n{lanes}routing: {{fast_max_score: 6, strong_min_score: 7}}\n{more}"


def written(folder: Path, policy: str, **more: str) -> Path:
    repos.make(folder / "shop", {**repos.SHOP, **more, POLICY: policy})
    return folder / "shop" / POLICY


def checked(policy: Path) -> tuple[int, str]:
    done = typed("policy", "check", str(policy))
    return done.returncode, done.stdout.replace(str(policy), "p.yml")


def test_a_policy_with_which_a_run_can_begin_ends_with_0(tmp_path):
    assert checked(written(tmp_path, text())) == (0, "p.yml: complete and well-formed\n")


def test_a_model_that_the_price_table_does_not_have_ends_with_1_and_the_name_that_may_be_meant(tmp_path):
    code, said = checked(written(tmp_path, text("anthropic/claude-haikoo-5.5")))
    assert code == 1
    assert said.startswith("p.yml: well-formed, but a run is refused as it is\n")
    assert (
        "does not have `anthropic/claude-haikoo-5.5` of openrouter; did you mean `anthropic/claude-haiku-5.5`? If not, say" in said
    )


def test_a_slip_in_a_name_is_seen_where_a_price_of_ones_own_stands_beside_it_too(tmp_path):
    code, said = checked(written(tmp_path, text("anthropic/claude-haikoo-5.5", price=", price: {input: 1, output: 5}")))
    assert code == 0
    assert (
        "p.yml: models.fast.model: the price table does not have `anthropic/claude-haikoo-5.5` of openrouter; did you mean" in said
    )
    (tmp_path / "other").mkdir()
    code, said = checked(written(tmp_path / "other", text("me/of-my-own-making", price=", price: {input: 1, output: 5}")))
    assert (code, said) == (0, "p.yml: complete and well-formed\n")


@pytest.mark.parametrize(
    ("fast", "budget", "caps", "whom"),
    [
        (5, "per_run_usd: 0", ["per_run_usd"], "no lane is"),
        (5, "per_run_usd: 0, per_day_usd: 0.0", ["per_run_usd", "per_day_usd"], "no lane is"),
        (0, "per_run_usd: 0", ["per_run_usd"], "`strong` is"),
        (5, "per_run_usd: 0.000001", [], ""),
    ],
)
def test_a_cap_of_nothing_is_said_to_ask_nobody_who_costs_something(tmp_path, fast, budget, caps, whom):
    (tmp_path / "p.yml").write_text(text("me/m", f"budget: {{{budget}}}\n", f", price: {{input: 0, output: {fast}}}"))
    ever = "never" if "strong" in whom else "ever"
    notes = [f"p.yml: budget.{cap}: under a cap of 0 {whom} {ever} asked, for it may cost something\n" for cap in caps]
    assert checked(tmp_path / "p.yml") == (0, "".join(["p.yml: complete and well-formed\n", *notes]))


@pytest.mark.parametrize(
    ("fast", "strong", "verifier", "said"),
    [
        ("input: 0, output: 0", "input: 0, output: 0", "input: 0, output: 0", ""),
        ("input: 0, output: 0, cache_read: 1", "input: 0, output: 0", "input: 0, output: 0", "`fast` is never asked"),
        ("input: 0, output: 0", "input: 0, output: 0, cache_write: 1", "input: 0, output: 0", "`strong` is never asked"),
        ("input: 0, output: 0", "input: 0, output: 1", "input: 0, output: 1", "`strong`, `verifier` are never asked"),
        ("input: 1, output: 1", "input: 0, output: 1", "input: 0, output: 0", "no lane is ever asked"),
    ],
)
def test_whom_a_cap_of_nothing_leaves_is_told_by_every_part_of_a_price_and_of_the_verifier_too(
    tmp_path, fast, strong, verifier, said
):
    prices = {"fast": fast, "strong": strong, "verifier": verifier}
    rows = (f"  {name}: {{provider: openrouter, model: me/{name}, price: {{{price}}}}}\n" for name, price in prices.items())
    routing = "routing: {fast_max_score: 6, strong_min_score: 7}\nbudget: {per_run_usd: 0}\n"
    (tmp_path / "p.yml").write_text(f"models:\n{''.join(rows)}{routing}")
    note = f"p.yml: budget.per_run_usd: under a cap of 0 {said}, for it may cost something\n" if said else ""
    assert checked(tmp_path / "p.yml") == (0, f"p.yml: complete and well-formed\n{note}")


def test_the_places_that_init_leaves_to_fill_in_are_named_whether_or_not_there_is_a_price(tmp_path):
    code, said = checked(written(tmp_path, text("WRITE-HERE-fast", price=", price: {input: 1, output: 5}")))
    assert code == 1
    assert "refused: models.fast.model: WRITE-HERE-fast is a place to fill in; write the name" in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nope.yml", ".github/workflows/nope.yml is not there, so nothing proves a patch; put it to"),
        ("ci.yml", ".github/workflows/ci.yml cannot be started by hand; give it `on: workflow_dispatch`"),
        ("route-agent-verify.yml", ""),
        ("../../../other.yml", "../../../other.yml is not there"),
    ],
)
def test_a_workflow_that_the_policy_names_is_looked_for_beside_it(tmp_path, name, why):
    (tmp_path / "other.yml").write_text("on: workflow_dispatch\n")
    files = {".github/workflows/ci.yml": "on: push\njobs: {}\n", VERIFY: SHIPPED}
    code, said = checked(written(tmp_path, text(more=f"verification: {{ci: {{workflows: [{name}]}}}}\n"), **files))
    assert code == (1 if why else 0)
    assert f"refused: verification.ci.workflows: {why}" in said if why else "refused" not in said


def test_a_policy_that_is_no_repository_s_own_is_not_held_against_that_repository_s_workflows(tmp_path):
    policy = written(tmp_path, text())
    other = policy.with_name("other.yml")
    other.write_text(text(more="verification: {ci: {workflows: [nope.yml]}}\nprotect: {paths: [srcc/]}\n"))
    code, said = checked(other)
    assert code == 0
    assert "protect.paths[0]: `srcc/` matches no file (in HEAD)" in said
    note = "a run of this repository is refused under it: verification.ci.workflows: .github/workflows/nope.yml is not there"
    assert note in said


def test_what_a_policy_holds_writes_nothing_to_a_terminal_but_letters(tmp_path):
    _, said = checked(written(tmp_path, text(more='protect: {paths: ["\\e]2Jx\\ny"]}\n')))
    assert "\x1b" not in said
    assert len(said.splitlines()) == 2


def test_outside_of_a_repository_the_file_alone_is_looked_at(tmp_path):
    (tmp_path / "p.yml").write_text(text(more="protect: {paths: [srcc/]}\n"))
    assert checked(tmp_path / "p.yml") == (0, "p.yml: complete and well-formed\n")


def test_a_file_that_is_not_there_is_one_line_that_names_init(tmp_path):
    done = typed("policy", "check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "; `route-agent init` writes one" in done.stderr


def test_what_a_person_reads():
    found = proofread.Proofread(("models.fast.model: WRITE-HERE-fast is a place to fill in",), ("not obeyed yet: publish",))
    held("policy-check.txt", Templates(templates())("terminal/check.j2", file="p.yml", found=found))
