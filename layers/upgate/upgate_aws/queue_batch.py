"""Messages of a queue, one by one: a failed one comes again alone, later each time (aws.md 4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate.answers.stages import Stages
from upgate_aws import emf, faults
from upgate_aws.emf import Metric
from upgate_aws.log import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FIRST_DELAY_SECONDS = 5
_MOST_DELAY_SECONDS = 900


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """What became of a message: in one word, for which upload or job, and in metrics."""

    outcome: str
    subject: str | None = None
    metrics: tuple[Metric, ...] = ()


def work(
    event: Mapping[str, Any],
    carry: Callable[[str], MessageEnd],
    client: Callable[[], SQSClient],
    queue_url: str,
) -> dict[str, Any]:
    """Give the body of each message to `carry`; the answer names those that it raised for.

    Each is one log line, without its body: a message holds keys.
    """
    failures = []
    for record in event["Records"]:
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        stages = Stages()
        fault: dict[str, object] = {}
        try:
            end = carry(record["body"])
        except Exception as error:
            fault = {"fault": faults.describe(error)}
            end = MessageEnd("failed", metrics=(Metric("MessageFailed"),))
            failures.append({"itemIdentifier": record["messageId"]})
            _postpone(client, queue_url, record["receiptHandle"], attempt)
        fields = {
            "message_id": record["messageId"],
            "attempt": attempt,
            "outcome": end.outcome,
            "subject": end.subject,
            "milliseconds": round(stages.elapsed_seconds() * 1000),
            **emf.members(end.metrics, time.time()),
        }
        (logger.error if fault else logger.info)("message", extra=fields | fault)
    return {"batchItemFailures": failures}


def _postpone(
    client: Callable[[], SQSClient], queue_url: str, receipt_handle: str, attempt: int
) -> None:
    """Without this a message would only come again when its whole visibility timeout is over."""
    from botocore.exceptions import BotoCoreError, ClientError

    delay = min(_FIRST_DELAY_SECONDS * 4 ** (attempt - 1), _MOST_DELAY_SECONDS)
    try:
        client().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("message not postponed", cause=faults.cause(error))
