"""Asking the avinfo function for `$(avinfo)`; it alone of what an upload waits for has ffmpeg."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

from upgate.variables.media_edges import MediaEdges
from upgate.variables.templates import Json
from upgate_aws.log import logger

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SECONDS = 8.0


def invoke(
    client: Callable[[float], LambdaClient], function: str, stream: BinaryIO, size_bytes: int
) -> Json:
    """The variable's value, None for what is neither audio nor video.

    Never raises: an upload does not fail for the want of it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    event = MediaEdges.of(stream, size_bytes).to_object()
    try:
        answer = client(_SECONDS).invoke(FunctionName=function, Payload=json.dumps(event).encode())
        value = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError, ValueError) as error:
        logger.warning("avinfo not reached", error=type(error).__name__)
        return None
    if "FunctionError" in answer:
        logger.warning("avinfo failed")
        return None
    return cast("Json", value)
