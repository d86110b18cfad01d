"""Bucket settings in the ledger table: pk `styles#<bucket>`, sk `styles`, a JSON document."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from upgate.downloads import styles
from upgate.downloads.styles import BucketSettings
from upgate.dynamo_item import encode, text
from upgate.errors import StorageFailedError
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CACHE_SECONDS = 30
# How long a change is tried again while others change the same bucket: each time one of them gets
# through, so that a crowd is served; the gateway's own patience is longer.
CHANGE_SECONDS = 6.0
_PAUSE_SECONDS = 0.2

type Change = Callable[[BucketSettings], BucketSettings]


class StyleStore:
    """Reads through a cache; a change is seen everywhere after `cache_seconds`."""

    def __init__(
        self,
        client: Callable[[], DynamoDBClient],
        table: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        cache_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep
        self._cache_seconds = cache_seconds
        self._cached: dict[str, tuple[float, BucketSettings]] = {}

    def get(self, bucket: str) -> BucketSettings:
        """The settings of a bucket, those of a new one where none were written.

        Raises:
            StorageFailedError: they cannot be read; nothing may be assumed of the bucket then.
        """
        read_at, settings = self._cached.get(bucket, (None, None))
        if read_at is None or settings is None or self._clock() - read_at > self._cache_seconds:
            settings = self.read(bucket)
            self._cached[bucket] = (self._clock(), settings)
        return settings

    def read(self, bucket: str) -> BucketSettings:
        """The settings as they are now; raises as `get` does."""
        return _decoded(self._document(bucket))

    def change(self, bucket: str, change: Change) -> BucketSettings:
        """Change the settings of a bucket, whoever else does so at the same time; gives them.

        Each change is made of what stands there when it is written: none undoes another one.
        `change` may be called more than once.

        Raises:
            InvalidArgumentError: as `styles.check`, and whatever `change` raises.
            StorageFailedError: the table failed, or for CHANGE_SECONDS somebody was always sooner.
        """
        ends_at = self._clock() + CHANGE_SECONDS
        written: str | None = None
        for pause in _pauses():
            before = self._document(bucket)
            settings = _decoded(before)
            if before is not None and before == written:
                return settings  # by the attempt before, whose answer was lost
            after = change(settings)
            if after == settings:
                return settings
            styles.check(after)
            written = styles.encode(after)
            if self._replace(bucket, before, written):
                return after
            if self._clock() + pause > ends_at:
                break
            self._sleep(pause)
        raise StorageFailedError

    def _document(self, bucket: str) -> str | None:
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table, Key=encode(_key(bucket)), ConsistentRead=True
            )
        return text(found["Item"], "document") if "Item" in found else None

    def _replace(self, bucket: str, before: str | None, after: str) -> bool:
        """Write a document in the place of just this one; whether it still stood there."""
        from botocore.exceptions import ClientError

        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before is not None:
            condition = {
                "ConditionExpression": "document = :before",
                "ExpressionAttributeValues": encode({":before": before}),
            }
        with storage.failures():
            try:
                self._client().put_item(
                    TableName=self._table,
                    Item=encode({**_key(bucket), "document": after}),
                    **condition,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                    return False
                raise
        self._cached.pop(bucket, None)
        return True


def _decoded(document: str | None) -> BucketSettings:
    if document is None:
        return BucketSettings()
    try:
        return styles.decode(document)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageFailedError from error


def _pauses() -> Iterator[float]:
    """Seconds before each further attempt: random, so that a crowd spreads out, and growing."""
    longest = _PAUSE_SECONDS / 16
    while True:
        yield random.uniform(0, longest)  # noqa: S311 - nothing secret about it
        longest = min(2 * longest, _PAUSE_SECONDS)


def _key(bucket: str) -> dict[str, str]:
    return {"pk": f"styles#{bucket}", "sk": "styles"}
