"""What waits in the redelivery queue: an upload's id, which rung comes next, and when.

The callback itself stays in the ledger: no body and no URL is in a queue, and a message that comes
twice or late is held against what the ledger says by then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upgate import limits
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class RedeliveryMessageError(ValueError):
    """A message of a shape that nothing here sends."""


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Deliver an upload's callback again, not before `due_at` (seconds since 1970)."""

    upload_id: str
    rung: int
    due_at: int


class RedeliveryQueue:
    """The queue in SQS. Its longest delay is 900 seconds: a longer wait is made of several."""

    def __init__(self, client: Callable[[], SQSClient], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: Redelivery) -> None:
        """Send, to come when it is due or after 900 seconds; raises StorageFailedError."""
        delay = min(max(message.due_at - int(time.time()), 0), limits.QUEUE_DELAY_SECONDS)
        with storage.failures():
            self._client().send_message(
                QueueUrl=self._url, MessageBody=encode(message), DelaySeconds=delay
            )


def encode(message: Redelivery) -> str:
    """The text of a message."""
    values = {name: getattr(message, name) for name in Redelivery.__slots__}
    return json.dumps(values, separators=(",", ":"))


def decode(body: str) -> Redelivery:
    """Read a message.

    Raises:
        RedeliveryMessageError: it is none of ours.
    """
    try:
        message = Redelivery(**json.loads(body))
    except (ValueError, TypeError) as error:
        raise RedeliveryMessageError("a message of unknown shape") from error
    types = (type(message.upload_id), type(message.rung), type(message.due_at))
    if types != (str, int, int):
        raise RedeliveryMessageError("a message of unknown shape")
    return message
