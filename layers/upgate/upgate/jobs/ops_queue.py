"""Sending to the operations' queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from upgate.jobs import ops_message
from upgate.jobs.ops_message import OpsMessage
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class OpsQueue(Protocol):
    """Where work waits."""

    def send(self, message: OpsMessage, delay_seconds: int = 0) -> None:
        """Send, to be worked on after the delay; raises StorageFailedError."""
        ...


class SqsOpsQueue:
    """The queue in SQS; a delay is 900 seconds at most there."""

    def __init__(self, client: Callable[[], SQSClient], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: OpsMessage, delay_seconds: int = 0) -> None:
        """Send, to be worked on after the delay; raises StorageFailedError."""
        with storage.failures():
            self._client().send_message(
                QueueUrl=self._url,
                MessageBody=ops_message.encode(message),
                DelaySeconds=delay_seconds,
            )
