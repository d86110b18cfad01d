"""The ledger's table of a simulation, its writes counted."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import aws
from tests.fakes.dynamodb import FakeDynamoDb


class Table(FakeDynamoDb):
    """A table of its own for each simulation; `writes` counts what AWS would bill."""

    def __init__(self) -> None:
        super().__init__(aws.TABLE)
        self.writes = 0

    def carry_out(self, operation: str, request: Any) -> tuple[int, bytes]:
        """One request: (status, body)."""
        self.writes += operation in ("PutItem", "UpdateItem")
        return super().carry_out(operation, request)

    def item(self, upload_id: str) -> dict[str, Any]:
        """An upload's item, in DynamoDB's notation; empty if there is none."""
        key = {"pk": {"S": f"upload#{upload_id}"}, "sk": {"S": "intent"}}
        _, body = self.carry_out("GetItem", {"TableName": self.table, "Key": key})
        found: dict[str, Any] = json.loads(body).get("Item", {})
        return found
