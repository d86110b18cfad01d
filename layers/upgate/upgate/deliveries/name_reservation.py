"""Who may come under an insert-only name while its object is held: uploads of one content only.

One item for each name: pk `reservation#<S3 bucket>/<S3 name>`, sk `reservation`, with the content's
etag and the uploads that wait. Two of different content are never both asked about. Nobody has to
give a name back: it is free again when all who wait for it are settled.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.table_items import TableItems
from upgate.dynamo_item import encode, number, text
from upgate.errors import DeliveryUnderWayError, ObjectExistsError
from upgate.objects import storage
from upgate.objects.storage import Destination

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Reservation:
    """As read; `version` is another after each write, `touched_at` in Unix seconds."""

    uploads: frozenset[str]
    version: str
    touched_at: int


class NameReservations:
    """Reservations in the ledger's table; whatever fails in between is a StorageFailedError."""

    def __init__(
        self, client: Callable[[], DynamoDBClient], table: str, deliveries: DeliveryStore
    ) -> None:
        self._items = TableItems(client, table)
        self._deliveries = deliveries

    def reserve(self, destination: Destination) -> None:
        """Wait for a name beside uploads of the same content.

        Raises:
            ObjectExistsError: another content waits for the name.
            DeliveryUnderWayError: too many ask for the name at once.
            StorageFailedError: the ledger failed.
        """
        for _ in range(_ATTEMPTS):
            if self._join(destination):
                return
            found = self._read(destination)
            if found is not None and not self._is_over(found):
                raise ObjectExistsError
            if found is not None and self._replace(destination, found.version):
                return
        raise DeliveryUnderWayError

    def release(self, destination: Destination) -> None:
        """Take an upload that was refused off the list at once; raises StorageFailedError."""
        self._items.update(
            _key(destination),
            "SET version = :version DELETE uploads :id",
            encode({":version": secrets.token_hex(8), ":one": destination.upload_id})
            | {":id": {"SS": [destination.upload_id]}},
            condition="contains(uploads, :one)",
        )

    def _join(self, destination: Destination) -> bool:
        return self._items.update(
            _key(destination),
            f"SET {_ASSIGNMENTS} ADD uploads :id",
            _values(destination)
            | encode({":most": limits.STRICT_NAME_HOLDERS, ":one": destination.upload_id}),
            condition="attribute_not_exists(uploads) OR (etag = :etag"
            " AND (size(uploads) < :most OR contains(uploads, :one)))",
        )

    def _replace(self, destination: Destination, version: str) -> bool:
        return self._items.update(
            _key(destination),
            f"SET {_ASSIGNMENTS}, uploads = :id",
            _values(destination) | encode({":read": version}),
            condition="version = :read",
        )

    def _is_over(self, found: _Reservation) -> bool:
        """Whether nobody waits any more. Who came just now may not have an intent yet."""
        now = time.time()
        if now - found.touched_at < limits.UNREPORTED_SECONDS:
            return False
        deliveries = [self._deliveries.read(upload_id) for upload_id in sorted(found.uploads)]
        return all(
            delivery is None
            or delivery.held is None
            or delivery.is_settled
            or delivery.held.ends_at < now
            for delivery in deliveries
        )

    def _read(self, destination: Destination) -> _Reservation | None:
        item = self._items.read(_key(destination))
        if not item:
            return None
        uploads = frozenset(item.get("uploads", {}).get("SS", ()))
        return _Reservation(uploads, text(item, "version"), number(item, "touched_at"))


_ASSIGNMENTS = (
    "etag = :etag, version = :version, touched_at = :touched_at, expires_at = :expires_at"
)


def _key(destination: Destination) -> dict[str, Any]:
    name = f"{destination.bucket}/{storage.object_name(destination.key)}"
    return encode({"pk": f"reservation#{name}", "sk": "reservation"})


def _values(destination: Destination) -> dict[str, Any]:
    now = int(time.time())
    values = encode(
        {
            ":etag": destination.etag,
            ":version": secrets.token_hex(8),
            ":touched_at": now,
            ":expires_at": now + limits.STRICT_HOLD_SECONDS + 24 * 3600,
        }
    )
    return values | {":id": {"SS": [destination.upload_id]}}
