"""Asking the callback function for a file that a command names by URL."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.callbacks import remote_file
from upgate.callbacks.callback import CallbackMessageError
from upgate.callbacks.remote_file import FetchedFile
from upgate.errors import RemoteFileError, StorageFailedError
from upgate_aws.callback_invocation import OVERHEAD_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

BUDGET_SECONDS = 8.0


def fetch(client: Callable[[float], LambdaClient], function: str, url: str) -> bytes:
    """The bytes behind a URL.

    Raises:
        RemoteFileError: the address is not allowed, or gave no file.
        StorageFailedError: the callback function was not reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    event = remote_file.request_object(url, BUDGET_SECONDS)
    try:
        answer = client(BUDGET_SECONDS + OVERHEAD_SECONDS).invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StorageFailedError
        fetched = FetchedFile.from_object(payload)
    except (BotoCoreError, ClientError, CallbackMessageError, ValueError) as error:
        raise StorageFailedError from error
    if fetched.error:  # the callback function's log has it
        raise RemoteFileError
    return fetched.body
