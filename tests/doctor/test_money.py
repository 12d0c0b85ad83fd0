"""What `doctor` may spend, and what it books."""

import signal
import time

import pytest

from tests.fakes.checkups import KEY, READY, charges, doctor, place, policy, states
from tests.fakes.typed import started


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
