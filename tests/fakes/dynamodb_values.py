"""DynamoDB's values, as they are on the wire: {"S": "text"}, {"N": "1"}, {"SS": ["a", "b"]}."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

type Value = Mapping[str, Any]
type Item = dict[str, Value]

_SETS = ("SS", "NS", "BS")
_ORDERED = ("S", "N", "B")
_DIGITS = 38
_COLLECTION_BYTES = 3  # of every list and map, besides one for each member


class InvalidRequestError(Exception):
    """A ValidationException."""


class UnsupportedError(Exception):
    """DynamoDB could do it, this one cannot."""


def check(value: Value) -> None:
    """Refuse what is no value of DynamoDB."""
    if len(value) != 1:
        raise InvalidRequestError("a value has exactly one type")
    ((kind, content),) = value.items()
    if kind == "M":
        for member in content.values():
            check(member)
    elif kind == "L":
        for member in content:
            check(member)
    elif kind in _SETS:
        if not content or len({str(member) for member in content}) < len(content):
            raise InvalidRequestError("a set is not empty, and has no member twice")
    elif kind not in (*_ORDERED, "BOOL", "NULL"):
        raise InvalidRequestError(f"no such type: {kind}")
    for number in {"N": [content], "NS": content}.get(kind, ()):
        _number(number)


def check_set(value: Value) -> None:
    """Refuse what is no set."""
    if not value.keys() & set(_SETS):
        raise InvalidRequestError("DELETE takes sets")


def size_bytes(item: Mapping[str, Value]) -> int:
    """What an item counts: its names and its values."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def size_of(value: Value | None) -> Value | None:
    """The function `size`: of a text in bytes, of a set, list or map in members."""
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind == "S":
        return {"N": str(len(content.encode()))}
    if kind == "B":
        return {"N": str(len(base64.b64decode(content)))}
    if kind in (*_SETS, "L", "M"):
        return {"N": str(len(content))}
    raise InvalidRequestError(f"size of {kind}")


def compare(comparator: str, left: Value | None, right: Value | None) -> bool:
    """Nothing is equal to nothing, smaller or greater than it; other types are unequal."""
    if comparator == "<>":
        return not compare("=", left, right)
    if left is None or right is None:
        return False
    ((kind, _),) = left.items()
    if right.keys() != left.keys():
        return False
    a, b = _plain(left), _plain(right)
    if comparator == "=":
        return bool(a == b)
    if kind not in _ORDERED:
        raise InvalidRequestError(f"{comparator} of {kind}")
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[comparator])


def begins_with(value: Value | None, start: Value | None) -> bool:
    """Of two texts."""
    if start is None or "S" not in start:
        raise InvalidRequestError("begins_with takes texts")
    return value is not None and "S" in value and value["S"].startswith(start["S"])


def contains(value: Value | None, wanted: Value | None) -> bool:
    """A part of a text, or a member of a set or list."""
    if value is None or wanted is None:
        return False
    ((kind, content),) = value.items()
    ((wanted_kind, searched),) = wanted.items()
    if kind == "S":
        return wanted_kind == "S" and searched in content
    if kind in _SETS:
        return wanted_kind == kind[0] and _plain(wanted) in _plain(value)
    return kind == "L" and any(compare("=", member, wanted) for member in content)


def added(value: Value | None, more: Value) -> Value:
    """The clause ADD: a number to a number, members to a set; nothing is 0, or empty."""
    ((kind, content),) = more.items()
    if value is None:
        return more if kind != "N" else {"N": _text(_number(content))}
    if kind not in value:
        raise InvalidRequestError("ADD of another type")
    if kind == "N":
        return sum_of(value, more, Decimal(1))
    return {kind: [*value[kind], *(member for member in content if member not in value[kind])]}


def without(value: Value, less: Value) -> Value | None:
    """The clause DELETE: what is left of a set, None where that is nothing."""
    check_set(less)
    ((kind, content),) = less.items()
    if kind not in value:
        raise InvalidRequestError("DELETE of another type")
    rest = [member for member in value[kind] if member not in content]
    return {kind: rest} if rest else None


def sum_of(left: Value, right: Value, factor: Decimal) -> Value:
    """`left` and `factor` times `right`."""
    if "N" not in left or "N" not in right:
        raise InvalidRequestError("a sum of what are no numbers")
    return {"N": _text(_number(left["N"]) + factor * _number(right["N"]))}


def joined(first: Value, second: Value) -> Value:
    """The function `list_append`."""
    if "L" not in first or "L" not in second:
        raise InvalidRequestError("list_append takes lists")
    return {"L": [*first["L"], *second["L"]]}


def _number(text: object) -> Decimal:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        raise InvalidRequestError(f"no number: {text}") from None
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > _DIGITS:
        raise InvalidRequestError(f"no number, or with more than {_DIGITS} digits: {text}")
    return number


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def _plain(value: Value) -> Any:
    """What Python compares as DynamoDB does."""
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "S":
        return content.encode()  # by bytes, and not by code points
    if kind == "B":
        return base64.b64decode(content)
    if kind in _SETS:
        return frozenset(_plain({kind[0]: member}) for member in content)
    if kind == "L":
        return [(*member.keys(), _plain(member)) for member in content]
    if kind == "M":
        return {name: (*member.keys(), _plain(member)) for name, member in content.items()}
    return content


def _bytes(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(_number(content).normalize().as_tuple().digits) // 2 + 2
    if kind == "B":
        return len(base64.b64decode(content))
    if kind in _SETS:
        return sum(_bytes({kind[0]: member}) for member in content)
    if kind == "L":
        return _COLLECTION_BYTES + sum(1 + _bytes(member) for member in content)
    if kind == "M":
        return _COLLECTION_BYTES + len(content) + size_bytes(content)
    return 1
