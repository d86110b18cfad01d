"""Running the glue function for one share of an assembly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.errors import StorageFailedError
from upgate.resumable.glue_share import GlueShare

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The front door hangs up after 30 seconds; a share is planned for ten.
_READ_TIMEOUT_SECONDS = 28.0


def invoke(
    client: Callable[[float], LambdaClient], function: str, share: GlueShare
) -> dict[int, str]:
    """Wait for a share; S3's ETags by part number.

    Several threads may do so at once: a client of one attempt keeps no connection between calls.

    Raises:
        StorageFailedError: not all of it was sent.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client(_READ_TIMEOUT_SECONDS).invoke(
            FunctionName=function, Payload=json.dumps(share.to_object()).encode()
        )
        payload = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError, ValueError) as error:
        raise StorageFailedError from error
    if "FunctionError" in answer:
        raise StorageFailedError
    return {part["number"]: part["etag"] for part in payload["parts"]}
