"""Results in the ledger: who makes one, and where it is (DESIGN "asyncOps": computed once).

pk `result#<etag>#<digest>`, sk `result`. `state` is queued, running, done or failed, and
`valid_until` says how long that may be believed: a lease, or the life of the stored object.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.dynamo_item import Value, encode, number, text
from upgate.fops.result_name import ResultName
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """A result that can be read: its key (protocol.md 9.1), etag, type and size."""

    key: str
    etag: str
    mime_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows of a result; `result` when it is done, `error` when it failed."""

    state: str
    result: Result | None = None
    error: str = ""


class ResultStore:
    """`clock` gives Unix seconds; a failure of the table is a StorageFailedError."""

    def __init__(
        self,
        client: Callable[[], DynamoDBClient],
        table: str,
        lifetime_days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table = table
        # A day less than the lifecycle leaves the objects: none is promised that is gone.
        self._lifetime_seconds = max(lifetime_days - 1, 1) * 86_400
        self._clock = clock

    def find(self, name: ResultName) -> Standing | None:
        """How a result stands, None where nothing is known that still counts."""
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table, Key=encode(_key(name)), ConsistentRead=True
            )
        item = found.get("Item")
        if item is None or number(item, "valid_until") < self._clock():
            return None
        return _standing(name, item)

    def queue(self, name: ResultName) -> bool:
        """Take down that a result is asked for; False if it is under way or there already."""
        return self._claim(name, QUEUED, limits.RESULT_QUEUED_SECONDS, "")

    def claim(self, name: ResultName, lease_seconds: float, *, force: bool = False) -> bool:
        """Become the one who makes the result; False if somebody else is, or it is there.

        The lease must outlive the work: who dies leaves the result to others only after it.
        """
        also = " OR #state IN (:queued, :failed)" + (" OR #state = :done" if force else "")
        return self._claim(name, RUNNING, lease_seconds, also)

    def finish(self, name: ResultName, result: Result) -> None:
        """The result can be read now."""
        self._write(
            name,
            {
                "state": DONE,
                "result_etag": result.etag,
                "mime_type": result.mime_type,
                "size": result.size_bytes,
            },
            self._lifetime_seconds,
        )

    def fail(self, name: ResultName, error: str) -> None:
        """The commands cannot work on this source; remembered for a while, for URLs."""
        values = {"state": FAILED, "failure": error[: limits.FOP_ERROR_CHARACTERS]}
        self._write(name, values, limits.RESULT_FAILED_SECONDS)

    def release(self, name: ResultName) -> None:
        """Something passing went wrong: whoever comes next may try."""
        self._write(name, {"state": QUEUED}, 0)

    def _claim(self, name: ResultName, state: str, seconds: float, also: str) -> bool:
        from botocore.exceptions import ClientError

        states = {":queued": QUEUED, ":failed": FAILED, ":done": DONE}
        used = {token: value for token, value in states.items() if token in also}
        condition = f"attribute_not_exists(pk) OR valid_until < :now{also}"
        named = {"ExpressionAttributeNames": {"#state": "state"}} if also else {}
        with storage.failures():
            try:
                self._client().put_item(
                    TableName=self._table,
                    Item=self._item(name, {"state": state}, seconds),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=encode({":now": int(self._clock()), **used}),
                    **named,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    def _write(self, name: ResultName, values: Mapping[str, Value], seconds: float) -> None:
        with storage.failures():
            self._client().put_item(TableName=self._table, Item=self._item(name, values, seconds))

    def _item(
        self, name: ResultName, values: Mapping[str, Value], seconds: float
    ) -> dict[str, Any]:
        until = int(self._clock() + seconds)
        times: dict[str, Value] = {"valid_until": until, "expires_at": until + 86_400}
        return encode({**_key(name), **values, **times})


def _key(name: ResultName) -> dict[str, str]:
    return {"pk": f"result#{name.ledger_id}", "sk": "result"}


def _standing(name: ResultName, item: Mapping[str, Any]) -> Standing:
    state = text(item, "state")
    if state != DONE:
        return Standing(state, error=text(item, "failure"))
    return Standing(
        state,
        Result(name.key, text(item, "result_etag"), text(item, "mime_type"), number(item, "size")),
    )
