from __future__ import annotations

import json
import time
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from upgate.deliveries import redelivery_queue
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryMessageError, RedeliveryQueue
from upgate.errors import StorageFailedError


class Sqs:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **arguments: Any) -> None:
        self.sent.append(arguments)


def delay_of(due_in: int) -> int:
    sqs = Sqs()
    message = Redelivery("u", 0, int(time.time()) + due_in)
    RedeliveryQueue(lambda: cast("Any", sqs), "url").send(message)
    delay: int = sqs.sent[0]["DelaySeconds"]
    return delay


def test_message_reads_back() -> None:
    message = Redelivery("abc", 2, 1_800_000_000)
    assert redelivery_queue.decode(redelivery_queue.encode(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"upload_id":"a","rung":0}',
        '{"upload_id":"a","rung":0,"due_at":1,"more":1}',
        '{"upload_id":1,"rung":0,"due_at":1}',
        '{"upload_id":"a","rung":"0","due_at":1}',
        '{"upload_id":"a","rung":0,"due_at":1.5}',
        '{"upload_id":"a","rung":true,"due_at":1}',
    ],
)
def test_message_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(RedeliveryMessageError):
        redelivery_queue.decode(text)


@pytest.mark.parametrize(("due_in", "delay"), [(-100, 0), (0, 0), (899, 899), (43200, 900)])
def test_message_is_delayed_as_far_as_sqs_can(due_in: int, delay: int) -> None:
    assert delay_of(due_in) in (delay, max(delay - 1, 0))


def test_message_holds_neither_url_nor_body() -> None:
    document = json.loads(redelivery_queue.encode(Redelivery("abc", 2, 3)))
    assert set(document) == {"upload_id", "rung", "due_at"}


def test_queue_that_fails_is_a_storage_failure() -> None:
    class Broken:
        def send_message(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "500"}}, "SendMessage")

    with pytest.raises(StorageFailedError):
        RedeliveryQueue(lambda: cast("Any", Broken()), "url").send(Redelivery("u", 0, 0))
