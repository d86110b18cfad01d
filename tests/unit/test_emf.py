from __future__ import annotations

from tests import emf as specification
from upgate_aws import emf
from upgate_aws.emf import Metric

NOW = 1_800_000_000.5


def test_a_line_without_metrics_gets_nothing() -> None:
    assert emf.members((), NOW) == {}


def test_metrics_are_members_by_their_names() -> None:
    line = emf.members((Metric("Upload"), Metric("UploadBytes", 5, "Bytes")), NOW)
    assert specification.metrics_of(line) == {"Upload": 1, "UploadBytes": 5}


def test_a_metric_is_of_the_namespace_and_service_that_alarms_ask_for() -> None:
    line = emf.members((Metric("CallbackFailed"),), NOW)
    assert line["service"] == "upgate"
    assert line["_aws"] == {
        "Timestamp": 1_800_000_000_500,
        "CloudWatchMetrics": [
            {
                "Namespace": "Upgate",
                "Dimensions": [["service"]],
                "Metrics": [{"Name": "CallbackFailed", "Unit": "Count"}],
            }
        ],
    }


def test_a_metric_with_a_class_is_counted_by_it_as_well() -> None:
    line = emf.members((Metric("UploadRefused", status_class="6xx"),), NOW)
    assert specification.metrics_of(line) == {"UploadRefused": 1}
    assert line["class"] == "6xx"
    directives = line["_aws"]["CloudWatchMetrics"]  # type: ignore[index]
    assert [item["Dimensions"] for item in directives] == [[["service"]], [["service", "class"]]]
