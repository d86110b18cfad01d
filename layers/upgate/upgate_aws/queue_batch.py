"""Messages of a queue, one by one: a failed one comes again alone, later each time (aws.md 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from upgate_aws.log import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FIRST_DELAY_SECONDS = 5
_MOST_DELAY_SECONDS = 900


def work(
    event: Mapping[str, Any],
    carry: Callable[[str], None],
    client: Callable[[], SQSClient],
    queue_url: str,
) -> dict[str, Any]:
    """Give the body of each message to `carry`; the answer names those that it raised for.

    The log gets no body: a message holds keys.
    """
    failures = []
    for record in event["Records"]:
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        named = {"message_id": record["messageId"], "attempt": attempt}
        try:
            carry(record["body"])
        except Exception:
            logger.exception("message failed", **named)
            failures.append({"itemIdentifier": record["messageId"]})
            _postpone(client, queue_url, record["receiptHandle"], attempt)
        else:
            logger.info("message", **named)
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
    except (BotoCoreError, ClientError):
        logger.warning("message not postponed", exc_info=True)
