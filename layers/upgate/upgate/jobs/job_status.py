"""What `GET /status/get/prefop` answers and a notification carries (protocol.md 9.2 and 9.3)."""

from __future__ import annotations

from datetime import datetime, tzinfo

from upgate.jobs.job import Code, Item, Job
from upgate.variables.templates import Json

_DESCRIPTIONS = {
    Code.DONE: "The fop was completed successfully",
    Code.WAITING: "The fop is waiting for execution",
    Code.PROCESSING: "The fop is executing now",
    Code.FAILED: "The fop is failed",
    Code.NOTIFY_FAILED: "Callback failed",
}


def document(job: Job, time_zone: tzinfo) -> dict[str, Json]:
    """The status of a job, in Kodo's names and order."""
    return {
        "id": job.job_id,
        "code": int(job.code),
        "desc": _DESCRIPTIONS[job.code],
        "creationDate": datetime.fromtimestamp(job.created_at, time_zone).isoformat(),
        "inputKey": job.key,
        "inputBucket": job.bucket,
        "pipeline": job.pipeline or "0.default",
        "reqid": job.reqid,
        "type": job.kind,
        "items": [_item(item) for item in job.items],
    }


def _item(item: Item) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "cmd": item.text,
        "code": int(item.code),
        "desc": _DESCRIPTIONS[item.code],
    }
    if item.error:
        shown["error"] = item.error
    if item.code is Code.DONE:
        shown |= {"hash": item.etag, "key": item.key}
    return shown | {"returnOld": int(item.was_stored)}
