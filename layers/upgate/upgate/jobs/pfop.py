"""`POST /pfop/`: commands on an object that is there already (protocol.md 9.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from upgate import limits
from upgate.deliveries.ledger import DynamoLedger
from upgate.errors import InvalidArgumentError, NoSuchBucketError, NoSuchEntryError
from upgate.fops import fop
from upgate.jobs import job, upload_job
from upgate.jobs.job import Job
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_message import RunJob
from upgate.jobs.ops_queue import OpsQueue
from upgate.objects import storage
from upgate.objects.source_object import SourceObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PfopRequest:
    """The fields of the form."""

    bucket: str
    key: str
    fops: str
    notify_url: str | None
    force: bool
    pipeline: str | None
    kind: int


def parse(body: bytes) -> PfopRequest:
    """Read the form.

    Raises:
        InvalidArgumentError: not a form, a field missing, twice or out of its range.
    """
    try:
        fields = parse_qs(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=32
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the body is not a form") from error
    if twice := next((name for name, values in fields.items() if len(values) > 1), None):
        raise InvalidArgumentError(f"{twice[:40]} is given twice")
    values = {name: found[0] for name, found in fields.items()}
    for name in ("bucket", "key", "fops"):
        if name not in values or (not values[name] and name != "key"):
            raise InvalidArgumentError(f"{name} must be given")
    if len(values["fops"].encode()) > limits.RENDERED_BYTES:
        raise InvalidArgumentError(f"fops has more than {limits.RENDERED_BYTES} bytes")
    fop.split_job(values["fops"])
    notify_url = values.get("notifyURL") or None
    if notify_url and len(notify_url) > limits.NOTIFY_URL_BYTES:
        raise InvalidArgumentError(f"notifyURL has more than {limits.NOTIFY_URL_BYTES} bytes")
    return PfopRequest(
        bucket=values["bucket"],
        key=values["key"],
        fops=values["fops"],
        notify_url=notify_url,
        force=_one_of(values, "force") == 1,
        pipeline=values.get("pipeline") or None,
        kind=_one_of(values, "type"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PfopPorts:
    """The outside world of jobs as they are asked for and asked about."""

    buckets: Mapping[str, str]
    find: Callable[[str, str], SourceObject | None]
    jobs: JobStore
    ledger: DynamoLedger
    queue: OpsQueue


def start(
    request: PfopRequest, ports: PfopPorts, access_key: str, reqid: str, now_seconds: float
) -> str:
    """Write the job down and queue it; returns its persistentId.

    Raises:
        NoSuchBucketError, NoSuchEntryError, StorageFailedError.
    """
    if request.bucket not in ports.buckets:
        raise NoSuchBucketError
    source = ports.find(ports.buckets[request.bucket], storage.object_name(request.key))
    if source is None:
        raise NoSuchEntryError
    started = Job(
        job_id=job.new_pfop_id(),
        reqid=reqid,
        bucket=request.bucket,
        key=request.key,
        etag=source.etag,
        created_at=int(now_seconds),
        access_key=access_key,
        notify_url=request.notify_url,
        pipeline=request.pipeline,
        kind=request.kind,
        force=request.force,
        items=upload_job.items_of(request.fops),
    )
    ports.jobs.create(started)
    ports.queue.send(RunJob(started.job_id))
    return started.job_id


def find_job(job_id: str, ports: PfopPorts) -> Job | None:
    """A job by its persistentId, also one whose event has not come yet.

    Raises:
        InvalidArgumentError: an id of more than limits.JOB_ID_BYTES.
        StorageFailedError.
    """
    if len(job_id.encode("utf-8", "replace")) > limits.JOB_ID_BYTES:
        raise InvalidArgumentError(f"id has more than {limits.JOB_ID_BYTES} bytes")
    found = ports.jobs.read(job_id)
    upload_id = job.upload_id_of(job_id)
    if found is not None or upload_id is None:
        return found
    intent = ports.ledger.read_intent(upload_id)
    waiting = upload_job.of(intent) if intent else None
    return upload_job.aged(waiting) if waiting else None


def _one_of(values: Mapping[str, str], name: str) -> int:
    text = values.get(name) or "0"
    if text not in ("0", "1"):
        raise InvalidArgumentError(f"{name} must be 0 or 1")
    return int(text)
