"""`doctor` as people type it: real processes, git, walls and HTTP; and what it spends, says and never says."""

import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from bot import tell
from bot.checkup import Means
from bot.core.health import Ok, Problem, Report, Skipped, Unknown
from bot.core.keys import Keys
from bot.core.ledger import decode
from bot.core.spend import Charge
from bot.demo.scripted import Scripted
from bot.doctor import examine
from bot.edge.catalog import Catalog
from bot.edge.render import Templates
from bot.ports import Denied
from bot.shop import Wall
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.checkups import KEY, READY, Site, doctor, hurried, policy, ran, states
from tests.fakes.server import Server
from tests.fakes.typed import ROOT, started
from tests.test_golden import held

LINE = re.compile(r"(ok|problem|unknown) +[a-z.-]+ {2,}\S.*")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.script("m-fast", [READY])
        running.script("m-strong", [READY])
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> Path:
    return place(tmp_path, policy(server))


def place(folder: Path, text: str) -> Path:
    repos.make(folder / "shop", repos.SHOP | {".github/route-agent.yml": text})
    return folder / "shop"


def charges(shop: Path) -> list[Charge]:
    lines = (shop / ".git" / "route-agent" / "ledger.jsonl").read_text().splitlines()
    return [item for item in map(decode, lines) if isinstance(item, Charge)]


def test_a_place_where_all_is_there_is_sound_and_its_two_small_calls_are_booked(shop, server):
    server.pages["/v1/models"] = {"body": {"data": [{"id": name, "max_model_len": 32_000} for name in ("m-fast", "m-strong")]}}
    before = repos.snapshot(shop)

    done = doctor(cwd=shop, MINE=KEY)

    assert done.returncode == 0, done.stdout
    found = states(done)
    assert {state for state, _ in found.values()} == {"ok"}
    lanes = [f"{lane}.{part}" for lane in ("fast", "strong") for part in ("key", "price", "call", "context")]
    assert list(found) == ["git", "repository", "policy", "sandbox", "checks", "workflows", "ledger", *lanes, "models"]
    assert found["sandbox"][1].startswith("bubblewrap ")
    assert found["fast.key"] == ("ok", "MINE is set")
    assert "$1.00 in, $2.00 out for a million tokens" in found["fast.price"][1]
    assert [(c.lane, c.micros, c.source) for c in charges(shop)] == [("fast", 1_200, "policy"), ("strong", 12_000, "policy")]
    (run,) = {charge.run for charge in charges(shop)}
    assert done.stdout.endswith(f"no problems; 2 calls cost $0.0132, booked as run {run}\n")
    assert [(r["max_tokens"], len(r["tools"])) for r in server.requests] == [(64, 1), (64, 1)]
    assert repos.snapshot(shop) == before


def test_offline_nothing_is_asked_and_nothing_is_spent(shop, server):
    done = doctor("--offline", cwd=shop, MINE=KEY)
    found = states(done)
    assert done.returncode == 0
    skipped = [name for name, (state, said) in found.items() if (state, said) == ("unknown", "skipped (--offline)")]
    assert skipped == ["fast.call", "fast.context", "strong.call", "strong.context", "models"]
    assert (server.headers, charges(shop)) == ([], [])
    assert done.stdout.endswith("no problems; nothing was spent\n")


def test_everything_that_is_wrong_with_a_policy_is_said_and_the_rest_is_looked_at_all_the_same(tmp_path):
    text = 'models:\n  fast: {provider: x, model: "\\e[2J\\n::error::ok  fake"}\nrouting: {fast_max_score: "\\e[31m"}\nwat: 1\n'
    done = doctor(cwd=place(tmp_path, text))
    rows = done.stdout.partition("\n\n")[0].splitlines()
    assert done.returncode == 1
    assert all(LINE.fullmatch(row) for row in rows)
    assert "\x1b" not in done.stdout
    said = [row for row in rows if row.startswith("problem  policy ")]
    assert len(said) >= 5
    assert all(" → " in row for row in said)
    found = states(done)
    assert [found[name][0] for name in ("sandbox", "checks", "ledger", "models")] == ["ok", "ok", "ok", "unknown"]


def test_outside_of_a_repository_what_hangs_on_one_is_unknown(tmp_path):
    done = doctor("--policy", "none.yml", cwd=tmp_path)
    found = states(done)
    assert found["repository"][0] == "problem"
    assert "go into one" in found["repository"][1]
    assert found["policy"][0] == "problem"
    assert (found["checks"][0], found["ledger"][0]) == ("unknown", "unknown")
    assert found["sandbox"][0] == "ok"
    assert done.returncode == 1


def test_a_check_whose_program_is_nowhere_is_a_problem_unless_a_set_up_may_bring_it(tmp_path, server):
    checks = [{"name": "tests", "run": "pytst -q"}, {"name": "lint", "run": "X=1 ./lint.sh", "kind": "lint"}]
    for name, setup, state in (("a", [], "problem"), ("b", ["true"], "unknown")):
        (tmp_path / name).mkdir()
        shop = place(tmp_path / name, policy(server, verification={"checks": checks, "setup": setup}))
        done = doctor("--offline", cwd=shop, MINE=KEY)
        rows = [row.split(maxsplit=2) for row in done.stdout.splitlines() if " checks " in row]
        assert [row[0] for row in rows] == [state, state]
        assert "`pytst` of check tests (pytst -q) is not found here" in rows[0][2]
        (shop / "lint.sh").touch()
        assert "lint.sh" not in doctor("--offline", cwd=shop, MINE=KEY).stdout


def test_what_of_github_s_half_is_in_head_is_looked_at_without_a_token(tmp_path, server):
    shop = place(tmp_path, policy(server, verification={"ci": {"workflows": ["nope.yml"]}}, protect={"paths": ["shopp/"]}))
    found = states(doctor("--offline", cwd=shop, MINE=KEY))
    assert found["proof"][0] == "problem"
    assert "nope.yml is not in HEAD" in found["proof"][1]
    assert found["globs"] == ("unknown", "protect.paths[0]: `shopp/` matches no file; did you mean `shop`? (in HEAD)")


def test_a_place_that_init_left_to_fill_in_is_a_problem(tmp_path, server):
    shop = place(tmp_path, policy(server, fast={"model": "WRITE-HERE-fast"}))
    assert "problem  policy" in doctor("--offline", cwd=shop, MINE=KEY).stdout


def test_without_a_policy_the_command_that_writes_one_is_named(tmp_path):
    repos.make(tmp_path / "shop", repos.SHOP)
    assert "→ `route-agent init` writes one, to commit" in doctor("--offline", cwd=tmp_path / "shop").stdout


def test_one_variable_that_two_lanes_want_is_one_problem(shop, server):
    found = states(doctor(cwd=shop))
    assert [found[f"{lane}.key"][0] for lane in ("fast", "strong")] == ["problem", "unknown"]
    assert found["strong.call"] == ("unknown", "not asked: see fast.key")


# ---- money ---------------------------------------------------------------------------------------------------------


def test_a_model_without_a_price_is_not_asked(tmp_path, server):
    shop = place(tmp_path, policy(server, fast={"price": None}))
    done = doctor(cwd=shop, MINE=KEY)
    found = states(done)
    assert found["fast.price"][0] == found["fast.call"][0] == "problem"
    assert "not asked: its price is unknown" in found["fast.call"][1]
    assert [request["model"] for request in server.requests] == ["m-strong"]
    assert done.returncode == 1


@pytest.mark.parametrize(("cap", "asked"), [(0.001, []), (0.0125, ["m-fast"]), (0.04, ["m-fast", "m-strong"])])
def test_a_call_whose_worst_does_not_fit_the_budget_with_what_was_spent_is_not_made(tmp_path, server, cap, asked):
    shop = place(tmp_path, policy(server, budget={"per_run_usd": cap}))
    done = doctor(cwd=shop, MINE=KEY)
    assert [request["model"] for request in server.requests] == asked
    for name, lane in (("m-fast", "fast"), ("m-strong", "strong")):
        state, said = states(done)[f"{lane}.call"]
        assert state == ("ok" if name in asked else "problem")
        assert name in asked or ("not asked: " in said and "budget.per_run_usd" in said)


def test_a_ledger_whose_sum_cannot_be_known_lets_nothing_be_asked(shop, server):
    (shop / ".git" / "route-agent").mkdir()
    (shop / ".git" / "route-agent" / "ledger.jsonl").write_text("{}\n")
    done = doctor(cwd=shop, MINE=KEY)
    assert states(done)["fast.call"][0] == "problem"
    assert "ledger.jsonl:1 is no ledger line" in states(done)["fast.call"][1]
    assert server.requests == []


def test_where_nothing_can_be_booked_nothing_is_asked(shop, server):
    (shop / ".git" / "route-agent").write_text("in the way\n")
    found = states(doctor(cwd=shop, MINE=KEY))
    assert found["ledger"][0] == "problem"
    assert found["fast.call"] == ("unknown", "not asked: what it costs could not be booked; see ledger")
    assert server.requests == []


def test_a_call_that_may_be_billed_without_an_answer_is_booked_at_its_worst(shop, server):
    server.script("m-fast", [{"raw": "<html>"}])
    server.script("m-strong", [{"status": 401, "body": {"error": {"message": "no"}}}])
    done = doctor(cwd=shop, MINE=KEY)
    charge, refused = charges(shop)
    assert (refused.micros, refused.source) == (0, "unanswered")
    assert (charge.lane, charge.source) == ("fast", "worst_case")
    assert [states(done)[f"{lane}.call"][0] for lane in ("fast", "strong")] == ["problem", "problem"]
    assert f"2 calls cost $0.00{charge.micros}," in done.stdout


def test_a_call_that_is_cut_off_is_booked_at_its_worst(shop, server):
    server.script("m-fast", [{**READY, "delay": 30}])
    (shop / ".github" / "mine.yml").write_text(policy(server, fast={"api_key_env": None}, strong={"api_key_env": None}))
    process = started("doctor", "--policy", ".github/mine.yml", cwd=shop)
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, ""), said
    assert [(charge.lane, charge.source) for charge in charges(shop)] == [("fast", "worst_case")]


# ---- models --------------------------------------------------------------------------------------------------------


def test_a_verifier_that_turns_out_to_be_the_strong_lanes_model_is_called_out(tmp_path, server):
    server.script("m-strong", [ran("maker/big")])
    server.script("m-judge", [ran("maker/big")])
    done = doctor(cwd=place(tmp_path, policy(server, verifier={"model": "m-judge"})), MINE=KEY)
    found = states(done)
    assert "asked for m-judge, the provider says it ran maker/big" in found["verifier.call"][1]
    assert found["models"][0] == "problem"
    assert "strong and verifier both ran maker/big: the verifier would judge its own work → " in found["models"][1]
    assert done.returncode == 1


def test_a_fallback_does_not_hide_a_model_that_is_out_of_reach(tmp_path, server):
    server.script("m-fast", [{"raw": "<html>"}])
    server.script("m-spare", [READY])
    done = doctor(cwd=place(tmp_path, policy(server, fast={"fallback": "m-spare"})), MINE=KEY)
    assert states(done)["fast.call"][0] == "problem"
    assert [request["model"] for request in server.requests] == ["m-fast", "m-strong"]


def test_a_policy_that_sends_more_than_the_server_holds_names_the_key_to_change(shop, server):
    server.pages["/v1/models"] = {"body": {"data": [{"id": "m-fast", "max_model_len": 4_096}, {"id": "m-strong"}]}}
    found = states(doctor(cwd=shop, MINE=KEY))
    assert found["fast.context"][0] == "problem"
    assert found["fast.context"][1].endswith(" → set models.fast.max_context_tokens to 4096 or less")
    assert found["strong.context"][0] == "unknown"


def test_a_missing_key_is_named_and_that_lane_is_not_asked(tmp_path, server):
    done = doctor(cwd=place(tmp_path, policy(server, fast={"api_key_env": "YOURS"})), MINE=KEY)
    found = states(done)
    assert found["fast.key"][0] == "problem"
    assert "YOURS is not set → " in found["fast.key"][1]
    assert found["fast.call"] == ("unknown", "not asked: see fast.key")
    assert [request["model"] for request in server.requests] == ["m-strong"]


# ---- what is never said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "flag"), [(0, ["--json"]), *((before, []) for before in range(216, 246, 5))])
def test_a_server_that_echoes_the_key_does_not_get_it_printed_wherever_it_is_cut(shop, server, before, flag):
    message = f"{'x' * before}{KEY} is a bad key"
    server.script("m-fast", [{"status": 401, "body": {"error": {"message": message}}}])
    server.script("m-strong", [ran(f"m-{KEY}")])
    server.pages["/v1/models"] = {"status": 401, "body": {"error": KEY}, "headers": {"x": KEY}}
    done = doctor(*flag, cwd=shop, MINE=KEY)
    assert KEY[:6] not in done.stdout + done.stderr
    assert "fast.call" in done.stdout


def test_a_name_that_a_server_makes_up_stays_on_its_line(shop, server):
    server.script("m-fast", [ran("m\nproblem  fake  \x1b[31mred\r\u202eback → pay up")])
    done = doctor(cwd=shop, MINE=KEY)
    assert all(LINE.fullmatch(row) for row in done.stdout.partition("\n\n")[0].splitlines())
    assert not re.search("[\x1b\r\u202e]", done.stdout)
    assert "fake" not in states(done)


def test_the_json_document_is_what_its_schema_says_and_says_what_the_lines_say(shop, server):
    server.script("m-strong", [{"status": 404, "body": {"error": {"message": "no"}}}])
    done = doctor("--json", cwd=shop, MINE=KEY)
    found = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs" / "doctor.schema.json").read_text())
    jsonschema.validate(found, schema)
    assert sorted(found) == ["calls", "cost_micros", "items", "kind", "run", "version"]
    assert (found["kind"], found["version"], found["calls"], found["cost_micros"]) == ("doctor", 1, 2, 1_200)
    by_name = {item["name"]: item for item in found["items"]}
    assert by_name["strong.call"]["state"] == "problem"
    assert by_name["strong.call"]["remedy"]
    assert by_name["fast.call"].keys() == {"name", "found", "state"}
    assert done.returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found, "items": [{"name": "x", "found": "y", "state": "problem"}]}, schema)


def test_what_a_person_reads():
    items = (
        Ok("git", "git version 2.47.1"),
        Problem("fast.call", "lane `fast`: status 401", "mend the key of models.fast"),
        Unknown("fast.context", "the server does not say how much it holds"),
        Skipped("models"),
    )
    render = Templates(templates())
    held("doctor.txt", tell.checkup(Report("doctor-1", items, 3, 1_250), render))
    held("doctor-unknown-cost.txt", tell.checkup(Report("doctor-1", items, 1, None), render))
    held("doctor-sound.txt", tell.checkup(Report("doctor-1", items[:1], 0, 0), render))


# ---- whatever happens ----------------------------------------------------------------------------------------------


def _wait() -> None:
    threading.Event().wait(20)


def _deny() -> None:
    raise Denied("it is not so; make it so")


def _fall() -> None:
    raise PermissionError(13, "Permission denied")


PARTS = ("git", "repository", "policy", "sandbox", "checks", "ledger")


@pytest.mark.parametrize(("what", "state"), [(_wait, "unknown"), (_deny, "problem"), (_fall, "unknown")])
def test_one_check_that_hangs_or_fails_never_hides_the_next(what, state):
    site = Site(dict.fromkeys(PARTS, what))
    means = Means(site, Scripted({}), Catalog(Keys({}, "anywhere")), {}, Wall(), hurried, lambda *_: None, "ann")
    found = {item.name: item.state for item in examine(means, offline=False).items}
    assert found == {**dict.fromkeys(PARTS, state), "models": "unknown"}
