"""The log line of one callback: hosts, numbers and times, never a query, a body or a key."""

from __future__ import annotations

from urllib.parse import urlsplit

from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate_aws.log import logger


def write(request: CallbackRequest, outcome: CallbackOutcome) -> None:
    """One line for all attempts."""
    logger.info(
        "callback",
        delivery=request.delivery_id,
        accepted=outcome.accepted,
        attempts=[
            {
                "host": urlsplit(attempt.url).hostname,
                "status": attempt.status,
                "error": attempt.error,
                "milliseconds": attempt.milliseconds,
            }
            for attempt in outcome.attempts
        ],
    )
