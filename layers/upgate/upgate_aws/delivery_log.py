"""The log line of a callback or a file: hosts, numbers and times, never a query, body or key."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.callbacks.remote_file import FetchedFile
from upgate_aws import emf, outcomes
from upgate_aws.log import logger


def write(request: CallbackRequest, outcome: CallbackOutcome) -> None:
    """One line for all attempts."""
    metrics = outcomes.of_callback(
        accepted=outcome.accepted, is_notification=request.is_notification
    )
    fields = {
        "delivery": request.delivery_id,
        "outcome": "accepted" if outcome.accepted else "refused",
        "milliseconds": sum(attempt.milliseconds for attempt in outcome.attempts),
        "attempts": [
            {
                "host": urlsplit(attempt.url).hostname,
                "status": attempt.status,
                "error": attempt.error,
                "milliseconds": attempt.milliseconds,
            }
            for attempt in outcome.attempts
        ],
        **emf.members(metrics, time.time()),
    }
    logger.info("callback", extra=fields)


def write_file(file: FetchedFile, milliseconds: int) -> None:
    """One line for a file that a command names by URL."""
    fields = {
        "outcome": "refused" if file.error else "fetched",
        "error": file.error,
        "answer_bytes": len(file.body),
        "milliseconds": milliseconds,
    }
    logger.info("file", extra=fields)
