"""The tests' SQS beside moto's: the same calls come to the same end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.fakes import aws, loopback
from tests.fakes.sqs import FakeSqs

INVALID = "InvalidParameterValue"


@contextmanager
def client(endpoint: str) -> Iterator[Any]:
    session = boto3.Session("test", "test", region_name=aws.REGION)
    made = session.client("sqs", endpoint_url=endpoint)
    yield made
    made.close()


@pytest.fixture(params=["fake", "moto"])
def sqs(request: pytest.FixtureRequest, _aws: aws.FakeAws) -> Iterator[Any]:
    if request.param == "moto":  # its server, since `mock_aws` would empty that one
        with client(_aws.moto) as made:
            yield made
    else:
        with loopback.serve(FakeSqs()) as url, client(url) as made:
            yield made


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"]).rpartition(".")[2]


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"])


def test_message_is_received_once_until_it_is_visible_again(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "one"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    receipt = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
    [again] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_deleted_message_is_gone_and_others_stay(sqs: Any, queue: str) -> None:
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    first, second = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    for message in (first, second):
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    [left] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert left["MessageId"] == second["MessageId"]


def test_delayed_message_is_not_there_yet(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="one", DelaySeconds=900)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_delay_above_15_minutes_is_refused(sqs: Any, queue: str) -> None:
    arguments = {"QueueUrl": queue, "MessageBody": "one", "DelaySeconds": 901}
    assert code(sqs.send_message, **arguments) == INVALID


def test_body_above_1_mib_is_refused(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="x" * 1024 * 1024)
    body = "x" * (1024 * 1024 + 1)
    assert code(sqs.send_message, QueueUrl=queue, MessageBody=body) == INVALID


def test_unknown_receipt_is_refused(sqs: Any, queue: str) -> None:
    arguments = {"QueueUrl": queue, "ReceiptHandle": "handle", "VisibilityTimeout": 1}
    assert code(sqs.change_message_visibility, **arguments) == "ReceiptHandleIsInvalid"


def test_unknown_queue_is_refused(sqs: Any) -> None:
    arguments = {"QueueUrl": "http://127.0.0.1:1/123456789012/none", "MessageBody": "one"}
    assert code(sqs.send_message, **arguments) in ("NonExistentQueue", "QueueDoesNotExist")


@pytest.mark.parametrize("count", [0, 11])
def test_no_or_more_than_10_messages_at_once_are_refused(sqs: Any, queue: str, count: int) -> None:
    arguments = {"QueueUrl": queue, "MaxNumberOfMessages": count}
    assert code(sqs.receive_message, **arguments) == INVALID
