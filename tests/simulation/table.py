"""The ledger's table: moto's DynamoDB, called in this process."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

from moto.moto_server.werkzeug_app import create_backend_app

# Where no other table of the tests is.
_REGION = "ap-south-1"
_NUMBERS = itertools.count()


class Table:
    """A table of its own for each simulation; `writes` counts what AWS would bill."""

    def __init__(self) -> None:
        self.name = f"ledger-{next(_NUMBERS)}"
        keys = {"pk": "HASH", "sk": "RANGE"}
        self.carry_out(
            "CreateTable",
            {
                "TableName": self.name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in keys
                ],
                "KeySchema": [
                    {"AttributeName": name, "KeyType": kind} for name, kind in keys.items()
                ],
            },
        )
        self.writes = 0

    def carry_out(self, operation: str, request: dict[str, Any]) -> tuple[int, bytes]:
        """One request: (status, body)."""
        self.writes = getattr(self, "writes", 0) + (operation in ("PutItem", "UpdateItem"))
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20270101/{_REGION}/dynamodb/aws4",
        }
        answer = _backend().post("/", data=json.dumps(request), headers=headers)
        return answer.status_code, answer.data

    def item(self, upload_id: str) -> dict[str, Any]:
        """An upload's item, in DynamoDB's notation; empty if there is none."""
        key = {"pk": {"S": f"upload#{upload_id}"}, "sk": {"S": "intent"}}
        _, body = self.carry_out("GetItem", {"TableName": self.name, "Key": key})
        found: dict[str, Any] = json.loads(body).get("Item", {})
        return found


@cache
def _backend() -> Any:
    return create_backend_app("dynamodb").test_client()
