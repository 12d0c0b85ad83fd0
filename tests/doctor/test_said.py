"""What `doctor` prints, and what it never does."""

import json
import re

import jsonschema
import pytest

from bot import tell
from bot.core.health import Ok, Problem, Report, Skipped, Unknown
from bot.edge.render import Templates
from bot.voice import templates
from tests.fakes.checkups import KEY, LINE, doctor, ran, states
from tests.fakes.typed import ROOT
from tests.test_golden import held


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
