"""The samples in events/ and the document that says how to run one with `sam local invoke`."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import events
from tests.artefact import samples
from tests.artefact.samples import Sample
from tests.functional.test_template import FUNCTIONS

SAMPLES = samples.read()


def sources(function: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(FUNCTIONS[function].get("Events", {}).values())
    return found


def route_keys(function: str) -> set[str]:
    return {
        f"{source['Properties']['Method']} {source['Properties']['Path']}"
        if "Path" in source["Properties"]
        else "$default"
        for source in sources(function)
        if source["Type"] == "HttpApi"
    }


def test_every_sample_is_documented_once() -> None:
    names = sorted(path.stem for path in events.EVENTS.glob("*.json"))
    assert sorted(sample.name for sample in SAMPLES) == names


def test_every_function_of_the_template_has_a_sample() -> None:
    assert {sample.function for sample in SAMPLES} == FUNCTIONS.keys()


def test_documented_commands_name_functions_and_samples_that_exist() -> None:
    commands = re.findall(
        r"sam local invoke (\w+) --event events/(\S+)\.json", samples.DOCUMENT.read_text()
    )
    assert commands
    known = {(sample.function, sample.name) for sample in SAMPLES}
    assert set(commands) <= known


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_sample_has_the_shape_that_its_functions_source_sends(sample: Sample) -> None:
    event = events.load(sample.name)
    kinds = {source["Type"] for source in sources(sample.function)}
    if "HttpApi" in kinds:
        assert event["version"] == "2.0"
        assert event["routeKey"] in route_keys(sample.function)
        assert event["requestContext"]["http"]["path"] == event["rawPath"]
    elif "SQS" in kinds:
        assert {record["eventSource"] for record in event["Records"]} == {"aws:sqs"}
    else:  # only our own functions invoke it
        assert not {"routeKey", "Records"} & event.keys()
