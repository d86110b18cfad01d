"""Limits of delivering: what an operator may set, what SQS takes, what is dialled."""

from __future__ import annotations

import socket
import time
from datetime import UTC
from typing import Any, cast

import pytest

from upgate import limits
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome
from upgate.deliveries.delivery_store import KEPT_ANSWER_BYTES, DeliveryStore
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryQueue
from upgate.jobs import notification
from upgate.jobs.job import Job
from upgate.outbound.egress import Egress
from upgate.outbound.egress_errors import EgressConnectionError
from upgate.outbound.egress_exchange import OutgoingRequest
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_url import parse_target
from upgate_aws.config.redelivery_config import redelivery_config
from upgate_aws.config.variables import ConfigError


def waits(*seconds: int) -> tuple[int, ...]:
    return redelivery_config(
        {
            "UPGATE_LEDGER_TABLE": "ledger",
            "UPGATE_OPS_QUEUE": "https://sqs/ops",
            "UPGATE_REDELIVERY_QUEUE": "https://sqs/redelivery",
            "UPGATE_REDELIVERY_DEAD_LETTERS": "https://sqs/dead",
            "UPGATE_CALLBACK_FUNCTION": "callback",
            "UPGATE_REDELIVERY_WAITS": ",".join(map(str, seconds)),
        }
    ).waits


def test_ladder_has_as_many_rungs_as_the_limit_and_no_more() -> None:
    most = (5,) * limits.REDELIVERY_RUNGS
    assert waits(*most) == most
    with pytest.raises(ConfigError):
        waits(*most, 5)


def test_rung_is_as_long_as_the_limit_and_no_longer() -> None:
    assert waits(0, limits.REDELIVERY_WAIT_SECONDS) == (0, limits.REDELIVERY_WAIT_SECONDS)
    for seconds in (-1, limits.REDELIVERY_WAIT_SECONDS + 1):
        with pytest.raises(ConfigError):
            waits(seconds)


@pytest.mark.parametrize(
    ("due_in", "delay"),
    [
        (limits.QUEUE_DELAY_SECONDS, limits.QUEUE_DELAY_SECONDS),
        (limits.QUEUE_DELAY_SECONDS + 1, limits.QUEUE_DELAY_SECONDS),
    ],
)
def test_message_is_never_delayed_longer_than_sqs_can(
    monkeypatch: pytest.MonkeyPatch, due_in: int, delay: int
) -> None:
    sent: list[int] = []

    class Sqs:
        def send_message(self, *, DelaySeconds: int, **_: Any) -> None:  # noqa: N803 - botocore's
            sent.append(DelaySeconds)

    monkeypatch.setattr(time, "time", lambda: 1000.0)
    RedeliveryQueue(lambda: cast("Any", Sqs()), "url").send(Redelivery("u", 0, 1000 + due_in))
    assert sent == [delay]


def test_addresses_of_a_name_are_tried_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[str] = []

    def dial(address: tuple[str, int], _timeout: float) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "create_connection", dial)
    known = [f"1.1.1.{number}" for number in range(limits.EGRESS_ADDRESSES + 1)]
    request = OutgoingRequest("POST", parse_target("http://app.example.com/"), {}, b"")
    with pytest.raises(EgressConnectionError):
        Egress(EgressRules(), resolver=lambda _: known).send(request, 2.0, 1000)
    assert dialled == known[: limits.EGRESS_ADDRESSES]


def test_notification_has_the_time_that_a_callback_may_have_at_most() -> None:
    job = Job(
        job_id="j",
        reqid="r",
        bucket="b",
        key="k",
        etag="e",
        created_at=0,
        access_key="ak",
        notify_url="http://app.example.com/",
    )
    request = notification.build(job, UTC)
    assert request is not None
    assert request.budget_seconds == limits.NOTIFY_BUDGET_SECONDS
    assert limits.NOTIFY_BUDGET_SECONDS <= limits.CALLBACK_BUDGET_SECONDS


@pytest.mark.parametrize(("more", "is_kept"), [(0, True), (1, False)])
def test_accepted_answer_is_kept_for_a_repetition_up_to_its_limit(more: int, is_kept: bool) -> None:
    written: dict[str, Any] = {}

    class Table:
        def update_item(self, **request: Any) -> None:
            written.update(request["ExpressionAttributeValues"])

    attempt = CallbackAttempt(url="http://a/", status=200, error="", milliseconds=1)
    body = b"{}".ljust(KEPT_ANSWER_BYTES + more)
    outcome = CallbackOutcome(accepted=True, body=body, attempts=(attempt,))
    DeliveryStore(lambda: cast("Any", Table()), "ledger").record("u", outcome)
    assert (":answer" in written) is is_kept
