"""What waits in the operations' queues: messages of the gateway's own.

Only parsing: a message that is none of these raises, and ends in the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


class OpsMessageError(ValueError):
    """A message of a shape that nothing here sends."""


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


type OpsMessage = RunJob | Notify | MakeResult

_KINDS: Mapping[str, type[OpsMessage]] = {
    kind.__name__: kind for kind in (RunJob, Notify, MakeResult)
}


def encode(message: OpsMessage) -> str:
    """The text of a message."""
    values = {name: getattr(message, name) for name in message.__slots__}
    return json.dumps({"upgate": type(message).__name__, **values}, separators=(",", ":"))


def decode(text: str) -> OpsMessage:
    """Read one message.

    Raises:
        OpsMessageError: none of these.
    """
    try:
        document = json.loads(text)
        kind = _KINDS[document.pop("upgate")]
        return kind(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsMessageError("a message of unknown shape") from error
