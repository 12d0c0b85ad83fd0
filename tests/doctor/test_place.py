"""`doctor` as people type it, in a place that is sound and in such as are not."""

from tests.fakes import repos
from tests.fakes.checkups import KEY, LINE, charges, doctor, place, policy, states


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
