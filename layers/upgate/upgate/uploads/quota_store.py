"""Days of users in the ledger table: pk `quota#<name>#<user>`, sk the date.

An item remembers the uploads that it counted last, one in each of `_SLOTS` attributes by the
upload's own id: so one write tells a repetition from a new upload, and the item stays below 1 KB,
which is what DynamoDB counts as one write. A repetition whose place another upload has taken
meanwhile is counted again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from upgate.deliveries.table_items import TableItems
from upgate.dynamo_item import encode, number, text
from upgate.tokens.daily_quota import DailyQuota
from upgate.uploads.quota import Charge, Usage, UserDay

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SLOTS = 32
_KEPT_SECONDS = 24 * 3600  # after the day


class DynamoQuotas:
    """A `QuotaStore` in one DynamoDB table."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        """`client` is asked for when the first token has a quota: most have none."""
        self._items = TableItems(client, table)

    def charge(self, day: UserDay, quota: DailyQuota, charge: Charge) -> bool:
        """Count an upload, unless it does not fit or is counted."""
        slot = _slot(charge)
        values: dict[str, str | int] = {
            ":id": charge.short_id,
            ":one": 1,
            ":size": charge.size_bytes,
            ":expires": round(day.ends_at) + _KEPT_SECONDS,
        }
        condition = [f"(attribute_not_exists({slot}) OR {slot} <> :id)"]
        if quota.uploads is not None:
            condition.append("(attribute_not_exists(uploads_used) OR uploads_used < :uploads)")
            values[":uploads"] = quota.uploads
        if quota.size_bytes is not None:
            condition.append("(attribute_not_exists(bytes_used) OR bytes_used <= :room)")
            values[":room"] = quota.size_bytes - charge.size_bytes
        return self._items.update(
            _item_key(day),
            f"SET {slot} = :id, expires_at = :expires ADD uploads_used :one, bytes_used :size",
            encode(values),
            condition=" AND ".join(condition),
        )

    def usage(self, day: UserDay) -> Usage:
        """How much of a day is used up."""
        item = self._items.read(_item_key(day))
        return Usage(
            uploads=number(item, "uploads_used"),
            size_bytes=number(item, "bytes_used"),
            recent=frozenset(text(item, f"s{slot}") for slot in range(_SLOTS)) - {""},
        )

    def give_back(self, day: UserDay, charge: Charge) -> None:
        """Take an upload out of the count, and out of memory: its repetition is a new one."""
        slot = _slot(charge)
        values: dict[str, str | int] = {
            ":id": charge.short_id,
            ":minus": -1,
            ":size": -charge.size_bytes,
        }
        self._items.update(
            _item_key(day),
            f"REMOVE {slot} ADD uploads_used :minus, bytes_used :size",
            encode(values),
            condition=f"{slot} = :id",
        )


def _item_key(day: UserDay) -> dict[str, Any]:
    return encode({"pk": f"quota#{day.name}#{day.user}", "sk": day.date})


def _slot(charge: Charge) -> str:
    return f"s{int(charge.short_id[:8], 16) % _SLOTS}"
