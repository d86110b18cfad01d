"""Jobs in the ledger table: pk `job#<id>`, sk `job` for the job and `cmd#<nn>` for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.dynamo_item import Value, encode, number, text
from upgate.jobs.job import Code, Item, Job
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MISSING = "attribute_not_exists(pk)"


class JobStore:
    """Reads and writes jobs; whatever fails in between is a StorageFailedError."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        self._client = client
        self._table = table

    def create(self, job: Job) -> None:
        """Write a job unless it is there: an event that comes twice changes nothing.

        The job itself comes last, so that one which can be read has all its commands.
        """
        expires_at = job.created_at + limits.JOB_LIFETIME_SECONDS
        for item in job.items:
            texts: dict[str, Value] = {"cmd": item.text, "failure": item.error}
            self._put(_key(job.job_id, item.number), texts, expires_at, code=item.code)
        values: dict[str, Value] = {
            "reqid": job.reqid,
            "bucket": job.bucket,
            "object_key": job.key,
            "etag": job.etag,
            "created_at": job.created_at,
            "access_key": job.access_key,
            "notify_url": job.notify_url,
            "pipeline": job.pipeline,
            "kind": job.kind,
            "forced": int(job.force),
        }
        self._put(_key(job.job_id), values, expires_at, code=job.notify_code)

    def read(self, job_id: str) -> Job | None:
        """A job with its commands, None if there is none."""
        found: list[Mapping[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            with storage.failures():
                page = self._client().query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": f"job#{job_id}"}},
                    ConsistentRead=True,
                    **start,
                )
            found += page.get("Items", [])
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        by_name = {text(item, "sk"): item for item in found}
        job = by_name.pop("job", None)
        if job is None:
            return None
        return _job(job_id, job, tuple(_item(name, by_name[name]) for name in sorted(by_name)))

    def start(self, job_id: str, item: Item) -> None:
        """A command is being run, once more."""
        self._update(
            _key(job_id, item.number), {"code": int(Code.PROCESSING)}, " ADD attempts :one"
        )

    def pause(self, job_id: str, item: Item) -> None:
        """A command was begun and not run: this was no attempt."""
        self._update(
            _key(job_id, item.number), {"code": int(Code.PROCESSING)}, " ADD attempts :one", -1
        )

    def finish(self, job_id: str, item: Item) -> None:
        """A command is over: its code, and what came of it."""
        values: dict[str, Value] = {
            "code": int(item.code),
            "failure": item.error[: limits.FOP_ERROR_CHARACTERS],
            "etag": item.etag,
            "result_key": item.key,
            "was_stored": int(item.was_stored),
        }
        self._update(_key(job_id, item.number), values)

    def record_notification(self, job_id: str, code: Code) -> None:
        """How the notification ended, DONE or NOTIFY_FAILED."""
        self._update(_key(job_id), {"code": int(code)})

    def _put(
        self, key: Mapping[str, str], values: Mapping[str, Value], expires_at: int, *, code: Code
    ) -> None:
        from botocore.exceptions import ClientError

        with storage.failures():
            try:
                self._client().put_item(
                    TableName=self._table,
                    Item=encode({**key, **values, "code": int(code), "expires_at": expires_at}),
                    ConditionExpression=_MISSING,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise

    def _update(
        self, key: Mapping[str, str], values: Mapping[str, Value], also: str = "", one: int = 1
    ) -> None:
        bound = encode({f":{name}": value for name, value in values.items()})
        if also:
            bound |= encode({":one": one})
        with storage.failures():
            self._client().update_item(
                TableName=self._table,
                Key=encode(key),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values) + also,
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=bound,
            )


def _key(job_id: str, number: int | None = None) -> dict[str, str]:
    return {"pk": f"job#{job_id}", "sk": "job" if number is None else f"cmd#{number:02d}"}


def _job(job_id: str, item: Mapping[str, Any], items: tuple[Item, ...]) -> Job:
    return Job(
        job_id=job_id,
        reqid=text(item, "reqid"),
        bucket=text(item, "bucket"),
        key=text(item, "object_key"),
        etag=text(item, "etag"),
        created_at=number(item, "created_at"),
        access_key=text(item, "access_key"),
        notify_url=text(item, "notify_url") or None,
        pipeline=text(item, "pipeline") or None,
        kind=number(item, "kind"),
        force=bool(number(item, "forced")),
        notify_code=Code(number(item, "code")),
        items=items,
    )


def _item(name: str, item: Mapping[str, Any]) -> Item:
    return Item(
        number=int(name.removeprefix("cmd#")),
        text=text(item, "cmd"),
        code=Code(number(item, "code")),
        error=text(item, "failure"),
        etag=text(item, "etag"),
        key=text(item, "result_key"),
        was_stored=bool(number(item, "was_stored")),
        attempts=number(item, "attempts"),
    )
