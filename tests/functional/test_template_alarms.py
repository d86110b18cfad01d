"""What watches the stack: alarms that say what to do, and one dashboard."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.fakes.cloudformation import TEMPLATE_PATH, ChangeSet
from upgate import limits
from upgate_aws import emf, outcomes

RESOURCES = ChangeSet.of().resources()
ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
FUNCTIONS = {
    name for name, item in RESOURCES.items() if item["Type"] == "AWS::Serverless::Function"
}


def watched(alarm: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Namespace, metric and the value of the one dimension, of each metric of an alarm."""
    sums = [item["MetricStat"] for item in alarm.get("Metrics", []) if "MetricStat" in item]
    metrics = [item["Metric"] for item in sums]
    return [
        (metric["Namespace"], metric["MetricName"], metric["Dimensions"][0]["Value"])
        for metric in metrics or [alarm]
    ]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_says_what_to_do(name: str) -> None:
    description = ALARMS[name]["AlarmDescription"]
    assert 100 < len(description) <= 1024
    assert re.search(r"\b(Read|Look|See|Raise|raise|run|log has|see)\b", description)


@pytest.mark.parametrize("name", ALARMS)
def test_silence_is_no_alarm(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_adds_up_ten_metrics_at_most(name: str) -> None:
    """AWS: "Create an alarm based on a metric math expression"."""
    assert len(ALARMS[name].get("Metrics", [])) <= 10


@pytest.mark.parametrize(("heavy_ops", "metrics"), [("false", 20), ("true", 21)])
def test_pages_say_how_many_metrics_there_are_to_pay_for(heavy_ops: str, metrics: int) -> None:
    """Amazon CloudWatch pricing: an alarm costs by the metrics that it watches."""
    alarms = [
        item["Properties"]
        for item in ChangeSet.of(HeavyOps=heavy_ops).resources().values()
        if item["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert sum(len(watched(alarm)) for alarm in alarms) == metrics
    assert "20 (21 with `HeavyOps`)" in (TEMPLATE_PATH.parent / "docs/cost.md").read_text()


def test_alarms_cover_what_an_operator_can_mend() -> None:
    found = {metric for alarm in ALARMS.values() for metric in watched(alarm)}
    assert {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "OpsDeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "RedeliveryDeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "RedeliveryQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "EventQueue.QueueName"),
        ("AWS/ApiGateway", "5xx", "HttpApi"),
        ("Upgate", "CallbackFailed", "upgate"),
        ("AWS/Lambda", "Errors", "UploadFunction"),
        ("AWS/Lambda", "Errors", "ResumableFunction"),
        ("AWS/Lambda", "Errors", "AsyncOpsFunction"),
        ("AWS/DynamoDB", "WriteThrottleEvents", "LedgerTable"),
        ("AWS/DynamoDB", "ReadThrottleEvents", "LedgerTable"),
    } <= found


def test_throttles_are_watched_where_a_client_waits() -> None:
    behind_queues = {
        resource["Properties"]["FunctionName"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    found = {value for _, _, value in watched(ALARMS["ThrottlesAlarm"])}
    assert found == FUNCTIONS - behind_queues


def test_redelivery_is_late_only_after_more_than_the_longest_delay() -> None:
    """A longer wait is the same message sent again, which begins at the age of 0."""
    assert ALARMS["RedeliveryAgeAlarm"]["Threshold"] >= 3 * limits.QUEUE_DELAY_SECONDS


def test_mail_goes_out_only_where_there_is_an_address() -> None:
    assert "AlarmTopic" not in RESOURCES
    assert all("AlarmActions" not in alarm for alarm in ALARMS.values())
    resources = ChangeSet.of(AlarmEmail="ops@example.com").resources()
    assert resources["AlarmTopic"]["Properties"]["Subscription"] == [
        {"Endpoint": "ops@example.com", "Protocol": "email"}
    ]
    for name in ALARMS:
        assert resources[name]["Properties"]["AlarmActions"] == ["AlarmTopic"]


def test_without_alarms_there_is_none() -> None:
    types = {item["Type"] for item in ChangeSet.of(Alarms="false").resources().values()}
    assert "AWS::CloudWatch::Alarm" not in types


def test_refused_callbacks_are_counted_under_the_name_that_the_alarm_watches() -> None:
    [metric] = outcomes.of_callback(accepted=False, is_notification=False)
    counted = (emf.NAMESPACE, metric.name, emf.SERVICE)
    assert [counted] == watched(ALARMS["CallbackFailuresAlarm"])


def test_dashboard_shows_every_function_and_queue_by_its_own_name() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    shown = {
        item
        for widget in body["widgets"]
        for metric in widget["properties"]["metrics"]
        for item in metric
        if isinstance(item, str)
    }
    queues = {
        f"{name}.QueueName" for name, item in RESOURCES.items() if item["Type"] == "AWS::SQS::Queue"
    }
    assert shown >= FUNCTIONS | queues | {"HttpApi", "LedgerTable"}


def test_widgets_of_the_dashboard_do_not_overlap() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
    assert len(set(places)) == len(places)
    assert all(x % 8 == 0 and y % 6 == 0 for x, y in places)
