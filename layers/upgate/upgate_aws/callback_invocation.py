"""Calling the callback function from another one, and what to make of its silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.callbacks.callback import CallbackOutcome, CallbackRequest

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
            return CallbackOutcome.of_failure(request, "callback function failed", 502)
        return CallbackOutcome.from_json(payload)
    except (BotoCoreError, ClientError, ValueError) as error:
        reason = f"callback function not reached: {type(error).__name__}"
        return CallbackOutcome.of_failure(request, reason, 502)
