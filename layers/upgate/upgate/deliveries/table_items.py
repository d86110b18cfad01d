"""Items of the ledger's table: read as they are now, and updated under a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from upgate.errors import StorageFailedError
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ItemFullError(StorageFailedError):
    """The item would be above 400 KB."""


class TableItems:
    """Any item, by its key; whatever fails in between is a StorageFailedError."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        self._client = client
        self._table = table

    def read(self, key: Mapping[str, Any]) -> Mapping[str, Any]:
        """An item as it is now; empty where there is none."""
        with storage.failures():
            found = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return found.get("Item", {})

    def update(
        self,
        key: Mapping[str, Any],
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
                    Key=key,
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
