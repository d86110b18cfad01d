"""An upload's one item in the ledger table (pk `upload#<id>`, sk `intent`): read, and updated.

Intent and delivery share it, so that a callback upload costs two writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from upgate.dynamo_item import encode
from upgate.errors import StorageFailedError
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def item_key(upload_id: str) -> dict[str, Any]:
    """The key of an upload's one item."""
    return encode({"pk": f"upload#{upload_id}", "sk": "intent"})


class ItemFullError(StorageFailedError):
    """The item would be above 400 KB."""


class UploadItems:
    """The items of all uploads; whatever fails in between is a StorageFailedError."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        self._client = client
        self._table = table

    def read(self, upload_id: str) -> Mapping[str, Any]:
        """An upload's item as it is now; empty where there is none."""
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table, Key=item_key(upload_id), ConsistentRead=True
            )
        return found.get("Item", {})

    def update(
        self,
        upload_id: str,
        update: str,
        values: Mapping[str, Any],
        *,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """One UpdateItem; whether its condition held. `values` are in DynamoDB's notation.

        Raises:
            ItemFullError: nothing was written, for the item would be too large.
            StorageFailedError: anything else; it may be written.
        """
        from botocore.exceptions import ClientError

        options: dict[str, Any] = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
        }
        with storage.failures():
            try:
                self._client().update_item(
                    TableName=self._table,
                    Key=item_key(upload_id),
                    UpdateExpression=update,
                    ExpressionAttributeValues=dict(values),
                    **{name: option for name, option in options.items() if option is not None},
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    return False
                # The requests themselves are constant, and valid.
                if code == "ValidationException":
                    raise ItemFullError from error
                raise
        return True
