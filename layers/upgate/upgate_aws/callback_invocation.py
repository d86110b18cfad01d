"""Calling the callback function from another one, and what to make of its silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The callback function's own time beside its HTTP calls: cold start, keys, signing.
OVERHEAD_SECONDS = 4.0


def invoke(
    client: Callable[[float], LambdaClient], function: str, request: CallbackRequest
) -> CallbackOutcome:
    """Run the callback function and wait for its outcome.

    Never raises: the object is stored by now, and whatever went wrong is a failed callback.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client(request.budget_seconds + OVERHEAD_SECONDS).invoke(
            FunctionName=function, Payload=request.to_json().encode()
        )
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            return _failed(request, "callback function failed")
        return CallbackOutcome.from_json(payload)
    except (BotoCoreError, ClientError, ValueError) as error:
        return _failed(request, f"callback function not reached: {type(error).__name__}")


def _failed(request: CallbackRequest, reason: str) -> CallbackOutcome:
    attempt = CallbackAttempt(url=request.urls[0], status=502, error=reason, milliseconds=0)
    return CallbackOutcome(accepted=False, body=b"", attempts=(attempt,))
