"""The operator's side of presets: listed, written and removed in the ledger table."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from upgate.issuing import presets
from upgate_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_PREFIX = "preset#"
_SORT_KEY = "preset"


class PresetTable:
    """Presets by name, each its JSON text.

    `buckets` are the stack's, by their logical names; None where they are not known.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, buckets: Collection[str] | None = None
    ) -> None:
        self.buckets = buckets
        self._client = client
        self._table = table

    def names(self) -> list[str]:
        """All names, in order. It reads the whole ledger, which has no index by kind."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(pk, :prefix) and sk = :sort",
            ExpressionAttributeValues={":prefix": {"S": _PREFIX}, ":sort": {"S": _SORT_KEY}},
            ProjectionExpression="pk",
        )
        return sorted(
            item["pk"]["S"].removeprefix(_PREFIX) for page in pages for item in page["Items"]
        )

    def get(self, name: str) -> str | None:
        """A preset's text, or None."""
        found = self._client.get_item(TableName=self._table, Key=_key(name), ConsistentRead=True)
        return found["Item"]["document"]["S"] if "Item" in found else None

    def put(self, name: str, text: str) -> None:
        """Write a preset's text, which `upgate.issuing.presets.parse` has found right."""
        self._client.put_item(TableName=self._table, Item={**_key(name), "document": {"S": text}})

    def delete(self, name: str) -> bool:
        """Remove a preset; whether there was one."""
        removed = self._client.delete_item(
            TableName=self._table, Key=_key(name), ReturnValues="ALL_OLD"
        )
        return "Attributes" in removed


def _key(name: str) -> dict[str, AttributeValueTypeDef]:
    if not presets.NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} is no preset's name: letters, digits, '_', '.' and '-', 64 at most"
        )
    return {"pk": {"S": f"{_PREFIX}{name}"}, "sk": {"S": _SORT_KEY}}
