"""The samples in events/ and the document that says how to run one with `sam local invoke`."""

from __future__ import annotations

import re

import pytest

from tests import events
from tests.artefact import samples
from tests.artefact.samples import Sample
from tests.functional.test_template import FUNCTIONS, RESOURCES

SAMPLES = samples.read()


def route_keys(function: str) -> set[str]:
    routes = (source["Properties"] for source in FUNCTIONS[function].get("Events", {}).values())
    return {
        f"{route['Method']} {route['Path']}" if "Path" in route else "$default" for route in routes
    }


def has_queue(function: str) -> bool:
    return any(
        resource["Properties"]["FunctionName"] == {"Ref": function}
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    )


def test_every_sample_is_documented() -> None:
    assert {sample.name for sample in SAMPLES} == {
        path.stem for path in events.EVENTS.glob("*.json")
    }


def test_every_function_of_the_template_has_a_sample() -> None:
    assert {sample.function for sample in SAMPLES} == FUNCTIONS.keys()


def test_documented_commands_name_functions_and_samples_that_exist() -> None:
    commands = re.findall(
        r"sam local invoke (\w+) --event events/(\S+)\.json", samples.DOCUMENT.read_text()
    )
    assert commands
    known = {(sample.function, sample.name) for sample in SAMPLES}
    assert set(commands) <= known


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.name}-{sample.function}")
def test_sample_has_the_shape_that_its_functions_source_sends(sample: Sample) -> None:
    event = events.load(sample.name)
    if routes := route_keys(sample.function):
        assert event["version"] == "2.0"
        assert event["routeKey"] in routes
        assert event["requestContext"]["http"]["path"] == event["rawPath"]
    elif has_queue(sample.function):
        assert {record["eventSource"] for record in event["Records"]} == {"aws:sqs"}
    else:  # only our own functions invoke it
        assert not {"routeKey", "Records"} & event.keys()
