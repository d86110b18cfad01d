"""Callbacks that were not accepted: functions killed in between, refusals, duplicates."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest

from tests import emf, events, log_lines
from tests.fakes import aws, loopback
from tests.fakes.loopback import Received, Reply
from tests.functional.conftest import Functions
from upgate.deliveries.redelivery_queue import Redelivery, encode

RUNGS = 3  # of the ladder in conftest.py


class Business:
    """Refuses as often as it is told, then accepts; remembers the ids it was given."""

    def __init__(self) -> None:
        self.refusals = 0
        self.ids: list[str] = []
        self.url = ""

    def __call__(self, request: Received) -> Reply:
        assert request.headers["webhook-id"] == request.headers["x-upgate-delivery"]
        self.ids.append(request.headers["webhook-id"])
        if len(self.ids) <= self.refusals:
            return Reply(503)
        return Reply(200, b'{"ok":1}')


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@dataclass
class Stack:
    """The functions in a row, and what lies in the queues between them."""

    functions: Functions
    business: Business
    upload: ModuleType
    redelivery: ModuleType
    events: ModuleType
    key: str = ""

    def put(self, status: int) -> str:
        """Upload something new; gives the upload's id."""
        self.key = uuid.uuid4().hex
        token = events.token(callbackUrl=self.business.url, callbackBody="key=$(key)")
        event = events.form_of({"token": token, "key": self.key}, self.key.encode())
        assert self.upload.lambda_handler(event, None)["statusCode"] == status
        return self.functions.aws.s3.objects["s3-demo", self.key].metadata["upgate-upload"]

    def put_and_die_before_the_callback(self) -> str:
        """The object is stored, and its function ends there."""

        def die(*_: object) -> None:
            raise SystemExit

        ports = self.upload.UPLOADER._ports
        call_back = ports.call_back
        object.__setattr__(ports, "call_back", die)
        try:
            with pytest.raises(SystemExit):
                self.put(200)
        finally:
            object.__setattr__(ports, "call_back", call_back)
        return self.functions.aws.s3.objects["s3-demo", self.key].metadata["upgate-upload"]

    def event(self) -> None:
        """Have the object's event looked at."""
        s3 = {"bucket": {"name": "s3-demo"}, "object": {"key": self.key}}
        body = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": s3}]})
        answer = self.events.lambda_handler(batch(body), Context())
        assert answer == {"batchItemFailures": []}

    def sqs(self) -> Any:
        """A client to the queues."""
        return boto3.client(
            "sqs",
            endpoint_url=self.functions.aws.sqs_url,
            region_name=aws.REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def waiting(self, url: str = "") -> list[dict[str, Any]]:
        """Take all messages that wait for redelivery, delays passed over."""
        client = self.sqs()
        url = url or self.functions.aws.redelivery_url
        found = []
        while page := client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            for message in page:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def redeliver(self, upload_id: str, rung: int = 0, due_in: int = 0) -> bool:
        """Work on one message; whether it is done with."""
        message = encode(Redelivery(upload_id, rung, int(time.time()) + due_in))
        answer: object = self.redelivery.lambda_handler(batch(message), None)
        return answer == {"batchItemFailures": []}

    def item(self, upload_id: str) -> dict[str, Any]:
        key = {"pk": f"upload#{upload_id}", "sk": "intent"}
        item: dict[str, Any] = self.functions.table().get_item(Key=key)["Item"]
        return item

    def set(self, upload_id: str, **values: Any) -> None:
        for name, value in values.items():
            self.functions.table().update_item(
                Key={"pk": f"upload#{upload_id}", "sk": "intent"},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )


def batch(body: str) -> dict[str, Any]:
    record = {
        "messageId": "m",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    return {"Records": [record]}


@pytest.fixture
def stack(functions: Functions) -> Iterator[Stack]:
    business = Business()
    with loopback.serve(business) as url:
        business.url = f"{url}/cb?secret=1"
        callback = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        functions.aws.functions.functions["callback"] = callback.lambda_handler
        looking, redelivery = functions.load("events"), functions.load("redelivery")
        made = Stack(functions, business, functions.load("upload"), redelivery, looking)
        made.waiting()
        made.waiting(functions.aws.dead_letters_url)
        yield made


# From where a redelivery comes.


@pytest.mark.usefixtures("later")
def test_function_that_died_before_the_callback_is_followed_by_the_event(stack: Stack) -> None:
    upload_id = stack.put_and_die_before_the_callback()
    stack.event()
    [message] = stack.waiting()
    assert (message["upload_id"], message["rung"]) == (upload_id, 0)
    assert stack.redeliver(upload_id)
    assert stack.business.ids == [upload_id]
    assert stack.item(upload_id)["delivery"] == "accepted"


def test_event_leaves_a_callback_that_may_be_under_way_its_time(stack: Stack) -> None:
    upload_id = stack.put_and_die_before_the_callback()
    stack.event()
    [message] = stack.waiting()
    assert message["due_at"] == stack.item(upload_id)["created_at"] + 30


def test_event_of_an_accepted_upload_queues_nothing(stack: Stack) -> None:
    stack.put(200)
    stack.event()
    assert stack.waiting() == []


def test_refused_callback_is_queued_by_the_upload_itself(stack: Stack) -> None:
    stack.business.refusals = 1
    upload_id = stack.put(579)
    [message] = stack.waiting()
    assert (message["upload_id"], message["rung"]) == (upload_id, 0)
    assert 4 <= message["due_at"] - time.time() <= 6


def test_queue_that_fails_changes_nothing_for_the_client(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.business.refusals = 1
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    stack.upload = stack.functions.load("upload", AWS_ENDPOINT_URL_SQS="http://127.0.0.1:9")
    stack.put(579)


# The ladder.


def test_server_that_refuses_three_times_is_told_until_it_accepts_once(stack: Stack) -> None:
    stack.business.refusals = 3
    upload_id = stack.put(579)
    for rung in range(RUNGS):
        [message] = stack.waiting()
        assert (message["upload_id"], message["rung"]) == (upload_id, rung)
        assert stack.redeliver(upload_id, rung)
    assert stack.waiting() == []
    assert stack.business.ids == [upload_id] * 4
    item = stack.item(upload_id)
    assert (item["delivery"], item["attempts"], item["answer"]) == ("accepted", 4, '{"ok":1}')
    assert [entry["status"] for entry in item["history"]] == [503, 503, 503, 200]
    assert {entry["host"] for entry in item["history"]} == {"127.0.0.1"}
    starts = [entry["started_at"] for entry in item["history"]]
    assert starts == sorted(starts)


def test_delivery_that_fails_on_the_last_rung_is_a_dead_letter(stack: Stack) -> None:
    stack.business.refusals = 99
    upload_id = stack.put(579)
    for rung in range(RUNGS):
        stack.waiting()
        assert stack.redeliver(upload_id, rung)
    assert stack.waiting() == []
    [letter] = stack.waiting(stack.functions.aws.dead_letters_url)
    assert letter["upload_id"] == upload_id
    assert stack.item(upload_id)["delivery"] == "failed"
    assert stack.redeliver(upload_id, RUNGS)  # whatever still comes
    assert len(stack.business.ids) == 1 + RUNGS


def test_redeliveries_count_as_callbacks_and_once_as_given_up(
    stack: Stack, log: io.StringIO
) -> None:
    stack.business.refusals = 99
    upload_id = stack.put(579)
    for rung in range(RUNGS):
        stack.redeliver(upload_id, rung)
    counted = Counter[str]()
    for line in log_lines.read(log.getvalue()):
        counted.update(emf.metrics_of(line).keys())
    assert (counted["CallbackFailed"], counted["RedeliveryFailed"]) == (1 + RUNGS, 1)


def test_message_that_is_not_due_waits_on(stack: Stack) -> None:
    stack.business.refusals = 1
    upload_id = stack.put(579)
    stack.waiting()
    assert stack.redeliver(upload_id, due_in=3600)
    [message] = stack.waiting()
    assert (message["rung"], len(stack.business.ids)) == (0, 1)
    assert message["due_at"] > time.time() + 3000


# Duplicates, disorder and deaths.


def test_accepted_delivery_is_never_sent_again(stack: Stack) -> None:
    upload_id = stack.put(200)
    for rung in range(RUNGS):
        assert stack.redeliver(upload_id, rung)
    assert (len(stack.business.ids), stack.waiting()) == (1, [])


def test_rung_that_was_made_since_it_was_read_cannot_be_claimed(stack: Stack) -> None:
    stack.business.refusals = 99
    upload_id = stack.put(579)
    assert stack.redeliver(upload_id, 0)
    deliveries = stack.redelivery.REDELIVERER._ports.deliveries
    now = int(time.time() * 1000)
    assert not deliveries.claim(upload_id, 0, now, now + 1000)
    assert deliveries.claim(upload_id, 1, now, now + 1000)


def test_message_of_an_earlier_rung_is_dropped(stack: Stack) -> None:
    stack.business.refusals = 99
    upload_id = stack.put(579)
    assert stack.redeliver(upload_id, 0)
    stack.waiting()
    assert stack.redeliver(upload_id, 0)
    assert (len(stack.business.ids), stack.waiting()) == (2, [])


def test_delivery_that_another_holds_is_looked_at_later(stack: Stack) -> None:
    stack.business.refusals = 1
    upload_id = stack.put(579)
    stack.waiting()
    stack.set(upload_id, claimed_until=int(time.time() * 1000) + 20_000)
    assert stack.redeliver(upload_id)
    [message] = stack.waiting()
    assert (message["rung"], len(stack.business.ids)) == (0, 1)
    assert message["due_at"] > time.time() + 20
    stack.set(upload_id, claimed_until=int(time.time() * 1000) - 1)
    assert stack.redeliver(upload_id)
    assert stack.item(upload_id)["delivery"] == "accepted"


@pytest.mark.usefixtures("later")
def test_death_between_acceptance_and_the_mark_sends_the_same_id_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = stack.put_and_die_before_the_callback()
    deliveries = stack.redelivery.REDELIVERER._ports.deliveries

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(type(deliveries), "record", die)
        with pytest.raises(SystemExit):
            stack.redeliver(upload_id)
    stack.set(upload_id, claimed_until=0)  # half a minute later
    assert stack.redeliver(upload_id)
    assert stack.business.ids == [upload_id, upload_id]
    assert stack.item(upload_id)["delivery"] == "accepted"


@pytest.mark.usefixtures("later")
def test_upload_that_died_between_acceptance_and_the_mark_is_told_again_by_the_same_id(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(type(stack.upload.UPLOADER._ports.ledger), "record_delivery", die)
        with pytest.raises(SystemExit):
            stack.put(200)
    stack.event()
    [message] = stack.waiting()
    assert stack.redeliver(message["upload_id"])
    assert stack.business.ids == [message["upload_id"]] * 2
    assert stack.item(message["upload_id"])["delivery"] == "accepted"


def test_death_between_refusal_and_the_mark_loses_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.business.refusals = 2
    upload_id = stack.put(579)
    stack.waiting()
    deliveries = stack.redelivery.REDELIVERER._ports.deliveries

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(type(deliveries), "record_refusal", die)
        with pytest.raises(SystemExit):
            stack.redeliver(upload_id)
    [message] = stack.waiting()
    assert message["rung"] == 1


def test_late_refusal_does_not_undo_an_acceptance(stack: Stack) -> None:
    upload_id = stack.put(200)
    deliveries = stack.redelivery.REDELIVERER._ports.deliveries
    refused = a_refusal()
    deliveries.record(upload_id, refused)
    deliveries.record_refusal(upload_id, refused, rung=1, claim=0, is_last=True)
    assert stack.item(upload_id)["delivery"] == "accepted"


def a_refusal() -> Any:
    from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome

    attempt = CallbackAttempt(url="http://a/", status=500, error="e", milliseconds=1)
    return CallbackOutcome(accepted=False, body=b"", attempts=(attempt,))


def test_repeated_upload_starts_at_the_foot_of_the_ladder(stack: Stack) -> None:
    stack.business.refusals = 99
    upload_id = stack.put(579)
    for rung in range(RUNGS):
        stack.redeliver(upload_id, rung)
    stack.waiting()
    token = events.token(callbackUrl=stack.business.url, callbackBody="key=$(key)")
    event = events.form_of({"token": token, "key": stack.key}, stack.key.encode())
    assert stack.upload.lambda_handler(event, None)["statusCode"] == 579
    [message] = stack.waiting()
    assert (message["upload_id"], message["rung"]) == (upload_id, 0)
    stack.business.refusals = 0
    assert stack.redeliver(upload_id, 0)
    assert stack.item(upload_id)["delivery"] == "accepted"


def test_ledger_that_fails_has_the_message_come_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = stack.put_and_die_before_the_callback()
    stack.redelivery = stack.functions.load("redelivery", UPGATE_LEDGER_TABLE="gone")
    assert not stack.redeliver(upload_id)
    assert stack.business.ids == []


def test_upload_that_the_ledger_has_forgotten_is_dropped(stack: Stack) -> None:
    assert stack.redeliver(uuid.uuid4().hex)


def test_foreign_message_comes_again_until_it_is_a_dead_letter(stack: Stack) -> None:
    answer = stack.redelivery.lambda_handler(batch("no JSON"), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
