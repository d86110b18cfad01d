"""What waits in the operations' queue: S3's events, and messages of the gateway's own.

Only parsing: a message that is none of these raises, and ends in the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus


class OpsMessageError(ValueError):
    """A message of a shape that nothing here sends."""


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """S3 has a new object. Events may come twice, late and out of order (aws.md 3)."""

    s3_bucket: str
    s3_name: str
    version: str | None = None
    """None where the bucket keeps no versions."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """Run what is open of a job."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the business server of a job that is over; `attempt` counts from 0."""

    job_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class MakeResult:
    """Make a result that a download asked for, and save it where its signed saveas says."""

    bucket: str
    key: str
    fop: str


type OpsMessage = ObjectCreated | RunJob | Notify | MakeResult
type OwnMessage = RunJob | Notify | MakeResult

_OWN: Mapping[str, type[OwnMessage]] = {
    kind.__name__: kind for kind in (RunJob, Notify, MakeResult)
}


def encode(message: OwnMessage) -> str:
    """The text of a message of our own."""
    values = {name: getattr(message, name) for name in message.__slots__}
    return json.dumps({"upgate": type(message).__name__, **values}, separators=(",", ":"))


def decode(text: str) -> tuple[OpsMessage, ...]:
    """Read one message of the queue: S3 may put several events into one, or a mere test.

    Raises:
        OpsMessageError: none of these.
    """
    try:
        document = json.loads(text)
        if document.get("Event") == "s3:TestEvent":
            return ()
        if "Records" in document:
            return tuple(
                _object_created(record)
                for record in document["Records"]
                if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:")
            )
        kind = _OWN[document.pop("upgate")]
        return (kind(**document),)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsMessageError("a message of unknown shape") from error


def _object_created(record: Mapping[str, Any]) -> ObjectCreated:
    """Keys are encoded as in forms: a space is a plus sign."""
    s3 = record["s3"]
    made = s3["object"]
    return ObjectCreated(s3["bucket"]["name"], unquote_plus(made["key"]), made.get("versionId"))
