"""IAM's decision on one request, for what the template's policies are made of and nothing else.

The emulator knows no `dynamodb:LeadingKeys`, so it lets every key pass. Rules: IAM User Guide,
"Policy evaluation logic" and "Multivalued context keys" (of an absent key ForAllValues is true).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

type Statement = Mapping[str, Any]
type Context = Mapping[str, tuple[str, ...]]


def allows(statements: Iterable[Statement], action: str, resource: str, context: Context) -> bool:
    """Whether a statement allows it and none denies it; what no statement names is denied."""
    effects = {
        statement["Effect"]
        for statement in statements
        if any(_is_like(action.lower(), item.lower()) for item in _list(statement["Action"]))
        and any(_is_like(resource, item) for item in _list(statement["Resource"]))
        and all(
            _holds(operator, context.get(key), _list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    }
    return effects == {"Allow"}


def _holds(operator: str, found: tuple[str, ...] | None, wanted: list[str]) -> bool:
    if operator != "ForAllValues:StringLike":
        raise ValueError(f"no rule for the condition operator {operator}")
    return all(any(_is_like(value, pattern) for pattern in wanted) for value in found or ())


def _is_like(value: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
