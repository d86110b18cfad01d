"""Bucket settings in the ledger table: pk `styles#<bucket>`, sk `styles`, a JSON document."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.downloads import styles
from upgate.downloads.styles import BucketSettings
from upgate.dynamo_item import encode, text
from upgate.errors import StorageFailedError
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CACHE_SECONDS = 30


class StyleStore:
    """Reads through a cache; a change is seen everywhere after `cache_seconds`."""

    def __init__(
        self,
        client: Callable[[], DynamoDBClient],
        table: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        cache_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
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
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table, Key=encode(_key(bucket)), ConsistentRead=True
            )
        if "Item" not in found:
            return BucketSettings()
        try:
            return styles.decode(text(found["Item"], "document"))
        except (ValueError, KeyError, TypeError) as error:
            raise StorageFailedError from error

    def write(self, bucket: str, settings: BucketSettings) -> None:
        """Replace the settings of a bucket.

        Raises:
            InvalidArgumentError: as `styles.check`.
            StorageFailedError.
        """
        styles.check(settings)
        with storage.failures():
            self._client().put_item(
                TableName=self._table,
                Item=encode({**_key(bucket), "document": styles.encode(settings)}),
            )
        self._cached.pop(bucket, None)


def _key(bucket: str) -> dict[str, str]:
    return {"pk": f"styles#{bucket}", "sk": "styles"}
