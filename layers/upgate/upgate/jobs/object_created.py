"""What S3 says of a new object, in a message of the events' queue.

Only parsing: a message that is none of S3's raises, and ends in the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from upgate.jobs.ops_message import OpsMessageError


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """S3 has a new object. Events may come twice, late and out of order (aws.md 3)."""

    s3_bucket: str
    s3_name: str
    version: str | None = None
    """None where the bucket keeps no versions."""


def decode(text: str) -> tuple[ObjectCreated, ...]:
    """Read one message: S3 may put several events into one, or a mere test.

    Raises:
        OpsMessageError: none of S3's.
    """
    try:
        document = json.loads(text)
        if document.get("Event") == "s3:TestEvent":
            return ()
        return tuple(
            _object_created(record)
            for record in document["Records"]
            if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:")
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsMessageError("a message of unknown shape") from error


def _object_created(record: Mapping[str, Any]) -> ObjectCreated:
    """Keys are encoded as in forms: a space is a plus sign."""
    s3 = record["s3"]
    made = s3["object"]
    return ObjectCreated(s3["bucket"]["name"], unquote_plus(made["key"]), made.get("versionId"))
