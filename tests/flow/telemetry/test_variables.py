"""What the variables OTEL_* decide: the service's name, which signals are sent, and what is sampled."""

from bot.core.keys import SEND_KEY
from tests.fakes.repos import DONE, GOOD
from tests.fakes.typed import typed
from tests.flow.review.verdicts import FINE
from tests.flow.telemetry.observed import KEY, SAID, TASK, fixed, only, told


def test_the_service_is_ours_unless_the_variables_name_another(folder, models, collector):
    models.script("m-fast", [GOOD, DONE] * 2)
    models.script("m-judge", [FINE] * 2)
    env = told(
        collector.url, OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=ci", OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="process"
    )
    for more in ({}, {"OTEL_SERVICE_NAME": "bots"}):
        typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env | more)
    names = [each["service.name"] for each in collector.resources]  # of every batch: a slow run sends more than one
    assert list(dict.fromkeys(names)) == ["route-agent", "bots"]
    assert {each["deployment.environment.name"] for each in collector.resources} == {"ci"}
    assert len({each["service.instance.id"] for each in collector.resources}) == 2
    assert not any(key.startswith("process.") for each in collector.resources for key in each), "a command line holds the task"


def test_the_demo_tells_too_so_that_a_collector_can_be_tried_without_a_key(collector):
    assert typed("demo", "--no-sandbox", more=told(collector.url)).returncode == 0
    assert only(collector.spans, "invoke_workflow route-agent").values["route_agent.lane"] == "strong"


def test_one_signal_can_be_had_without_the_other(folder, models, collector):
    models.script("m-fast", [GOOD, DONE] * 3)
    models.script("m-judge", [FINE] * 3)
    own = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.url}/v1/metrics"}
    for env, path in (
        (told(collector.url, OTEL_TRACES_EXPORTER="none"), "/v1/metrics"),
        (told(collector.url, OTEL_METRICS_EXPORTER="none"), "/v1/traces"),
        (own | {"SHOP_API_KEY": KEY, SEND_KEY: SAID}, "/v1/metrics"),
    ):
        collector.bodies.clear()
        typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env)
        assert {path for path, _ in collector.bodies} == {path}


def test_a_sampler_that_takes_nothing_leaves_no_span_and_all_metrics(folder, models, collector):
    fixed(folder, models, told(collector.url, OTEL_TRACES_SAMPLER="parentbased_always_off"))
    assert collector.spans == []
    assert any(point.metric == "route_agent.runs" for point in collector.points)
