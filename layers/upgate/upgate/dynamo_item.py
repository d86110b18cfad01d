"""DynamoDB's own notation of an item, and back: texts and whole numbers, as the ledger has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

type Value = str | int | None


def encode(values: Mapping[str, Value]) -> dict[str, Any]:
    """Attributes for a request; what is None is left out."""
    return {
        name: {"S": value} if isinstance(value, str) else {"N": str(value)}
        for name, value in values.items()
        if value is not None
    }


def text(item: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text attribute, `default` where it is not there."""
    found: str = item.get(name, {}).get("S", default)
    return found


def number(item: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A number attribute, `default` where it is not there."""
    return int(item.get(name, {}).get("N", default))
