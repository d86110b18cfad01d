"""What happened to an upload, as a document and as lines for a human."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from upgate.deliveries.delivery import Delivery, DeliveryAttempt, DeliveryState
from upgate.deliveries.ledger import UploadIntent
from upgate.jobs.job import Code, Item, Job
from upgate_cli.output import printable

_CODES = {
    Code.DONE: "done",
    Code.WAITING: "waiting",
    Code.PROCESSING: "processing",
    Code.FAILED: "failed",
    Code.NOTIFY_FAILED: "done, notification failed",
}


class ObjectState(StrEnum):
    """What lies under an upload's key now."""

    STORED = "stored"
    REPLACED = "replaced by another upload"
    MISSING = "not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """An upload with what it owed, or a job that was asked for by itself."""

    intent: UploadIntent | None = None
    object: ObjectState | None = None
    delivery: Delivery | None = None
    job: Job | None = None

    def document(self) -> dict[str, Any]:
        """For --json: times are ISO 8601 in UTC."""
        upload: dict[str, Any] = {}
        if self.intent:
            upload = {
                "upload_id": self.intent.upload_id,
                "reqid": self.intent.reqid,
                "bucket": self.intent.bucket,
                "key": self.intent.key,
                "hash": self.intent.etag,
                "promised_at": _time(self.intent.created_at * 1000),
                "object": self.object,
            }
        return upload | {
            "commit": _commit(self.delivery) if self.delivery else None,
            "callback": _callback(self.delivery) if self.delivery else None,
            "job": _job(self.job) if self.job else None,
        }

    def lines(self) -> Iterator[str]:
        """For a terminal: what strangers wrote cannot steer it."""
        if self.intent:
            intent = self.intent
            yield f"upload {intent.upload_id}  request {intent.reqid}"
            name = printable(f"{intent.bucket}:{intent.key}")
            yield f"  {_time(intent.created_at * 1000)}  promised {name}  {intent.etag}"
            yield f"  object {self.object}"
        if self.delivery:
            for attempt in self.delivery.attempts:
                yield f"  {_time(attempt.started_at)}  callback {_told(attempt)}"
            yield f"  callback {self.delivery.state}"
            if commit := _commit(self.delivery):
                yield f"  commit strict: {commit}"
        if self.job:
            yield f"  job {self.job.job_id}  {_CODES[self.job.code]}"
            for item in self.job.items:
                yield f"    {printable(_told_item(item))}"


def _commit(delivery: Delivery) -> str | None:
    """What became of an object that was held for its callback; None for the default commit."""
    if delivery.held is None:
        return None
    if delivery.fate is not None:
        return delivery.fate
    return {
        DeliveryState.OWED: f"held until {_time(delivery.held.ends_at * 1000)}",
        DeliveryState.ACCEPTED: "accepted, not visible yet",
        DeliveryState.FAILED: "gone",
    }[delivery.state]


def _callback(delivery: Delivery) -> dict[str, Any]:
    return {
        "state": delivery.state,
        "redeliveries": delivery.rung,
        "attempts": [
            asdict(attempt) | {"started_at": _time(attempt.started_at)}
            for attempt in delivery.attempts
        ],
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.job_id,
        "reqid": job.reqid,
        "code": int(job.code),
        "items": [
            {
                "cmd": item.text,
                "code": int(item.code),
                "error": item.error,
                "key": item.key,
                "hash": item.etag,
            }
            for item in job.items
        ],
    }


def _told(attempt: DeliveryAttempt) -> str:
    status = attempt.status or "no answer"
    told = f"{attempt.host}  {status}  {attempt.milliseconds} ms  {attempt.error}"
    return printable(told.rstrip())


def _told_item(item: Item) -> str:
    return f"{item.text}  {_CODES[item.code]}  {item.error or item.key}".rstrip()


def _time(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
