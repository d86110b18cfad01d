"""The ledger's client as a function's role has it: what its policies deny fails, and is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.fakes import iam_policy
from tests.fakes.iam_policy import Statement
from upgate_aws.thin_clients import ThinDynamoDb

TABLE = {"Fn::GetAtt": ["LedgerTable", "Arn"]}
_TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_RESOURCES: dict[str, Any] = yaml_parse(_TEMPLATE.read_text())["Resources"]
# By folder; two more functions run the code of asyncops with fewer rights, and cannot stand for it.
_SAME_CODE = ("HeavyOpsFunction", "UrlOpsFunction")
_FUNCTIONS = {
    resource["Properties"]["CodeUri"].split("/")[1]: resource["Properties"]
    for name, resource in _RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function" and name not in _SAME_CODE
}
# What the callback function may do besides in a stack that listens.
_LISTENING = _RESOURCES["CallbackListenPolicy"]["Properties"]
_FUNCTIONS["callback-listening"] = {"Policies": [_LISTENING["PolicyDocument"]]}
FUNCTIONS = tuple(_FUNCTIONS)


@cache
def statements(function: str) -> tuple[Statement, ...]:
    """A function's statements on the ledger's table, whose ARN is `table` here."""
    policies = _FUNCTIONS[function].get("Policies", ())
    return tuple(
        {**statement, "Resource": "table"}
        for policy in policies
        for statement in policy["Statement"]
        if statement["Resource"] == TABLE
    )


def may(function: str, operation: str, *partition_keys: str) -> bool:
    """Whether a function may do this to items of these partition keys; none for a Scan."""
    context = {"dynamodb:LeadingKeys": partition_keys} if partition_keys else {}
    return iam_policy.allows(statements(function), f"dynamodb:{operation}", "table", context)


class DeniedByPolicyError(Exception):
    """What the function tried, as the role's policies would have answered it."""


@dataclass(slots=True)
class LedgerGuard:
    """Collects what was denied: a handler makes a 599 of any exception, which says nothing."""

    denied: list[str] = field(default_factory=list)

    def watch(self, function: str, client: ThinDynamoDb) -> ThinDynamoDb:
        """`client` within the rights of a function."""
        call = client.call

        def guarded(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
            key = partition_key(arguments)
            if not may(function, operation, key):
                self.denied.append(f"{function}: {operation} of {key.partition('#')[0]}#")
                raise DeniedByPolicyError(self.denied[-1])
            return call(operation, arguments)

        client.call = guarded  # type: ignore[method-assign]
        return client


def partition_key(arguments: Mapping[str, Any]) -> str:
    """The partition key that a GetItem, PutItem, UpdateItem or Query names."""
    item = arguments.get("Key") or arguments.get("Item")
    found = item["pk"] if item else arguments["ExpressionAttributeValues"][":pk"]
    return str(found["S"])
