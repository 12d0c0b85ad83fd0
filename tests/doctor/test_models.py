"""What `doctor` says of models: which are there, what they hold, and which are the same."""

from tests.fakes.checkups import KEY, READY, doctor, place, policy, ran, states


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
