"""An upload's one item in the ledger table (pk `upload#<id>`, sk `intent`): read, and updated.

Intent and delivery share it, so that a callback upload costs two writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from upgate.deliveries.table_items import TableItems
from upgate.dynamo_item import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def item_key(upload_id: str) -> dict[str, Any]:
    """The key of an upload's one item."""
    return encode({"pk": f"upload#{upload_id}", "sk": "intent"})


class UploadItems:
    """The items of all uploads; whatever fails in between is a StorageFailedError."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        self._items = TableItems(client, table)

    def read(self, upload_id: str) -> Mapping[str, Any]:
        """An upload's item as it is now; empty where there is none."""
        return self._items.read(item_key(upload_id))

    def update(
        self,
        upload_id: str,
        update: str,
        values: Mapping[str, Any],
        *,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """One UpdateItem; see `TableItems.update`."""
        return self._items.update(
            item_key(upload_id), update, values, condition=condition, names=names
        )
