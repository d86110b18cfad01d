"""A DynamoDB table for what the gateway asks of it; each request is carried out as one.

moto takes 5 to 10 ms for a request, and lets others in between a condition and its write.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.fakes import dynamodb_values as values
from tests.fakes.dynamodb_expressions import (
    Condition,
    Placeholders,
    parse_condition,
    parse_projection,
    parse_update,
)
from tests.fakes.dynamodb_values import InvalidRequestError, Item, UnsupportedError
from tests.fakes.loopback import Received, Reply

ITEM_BYTES = 400 * 1024
PAGE_BYTES = 1024 * 1024
KEY = ("pk", "sk")
_KEY_BYTES = (2048, 1024)
_PARTITION = re.compile(r"\s*pk\s*=\s*(:[A-Za-z0-9_]+)(?:\s+AND\s+(.+))?\s*", re.IGNORECASE)
_EXPRESSIONS = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_CONDITION = {"TableName", "ConditionExpression", "ReturnValues", *_EXPRESSIONS}
_LOOK = {"TableName", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}
_SEARCH = {*_LOOK, *_EXPRESSIONS, "FilterExpression", "Limit", "ExclusiveStartKey"}
# What a request of each operation may have here.
_MEMBERS = {
    "GetItem": {"Key", *_LOOK},
    "PutItem": {"Item", *_CONDITION},
    "UpdateItem": {"Key", "UpdateExpression", *_CONDITION},
    "DeleteItem": {"Key", *_CONDITION},
    "Query": {"KeyConditionExpression", *_SEARCH},
    "Scan": _SEARCH,
}

type Answer = dict[str, Any]
type Key = tuple[str, str]


class _RefusedError(Exception):
    """Any error but a ValidationException; named as AWS names it."""


class FakeDynamoDb:
    """One table, `pk` and `sk` its keys, both texts."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._items: dict[Key, Item] = {}
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget all items."""
        with self._lock:
            self._items.clear()

    def items(self) -> list[Item]:
        """All of them, to look into."""
        with self._lock:
            return list(self._items.values())

    def __call__(self, request: Received) -> Reply:
        """Over HTTP."""
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        status, body = self.carry_out(operation, json.loads(request.body))
        return Reply(status, body, {"Content-Type": "application/x-amz-json-1.0"})

    def carry_out(self, operation: str, request: Mapping[str, Any]) -> tuple[int, bytes]:
        """One request: (status, body)."""
        try:
            if unknown := request.keys() - _MEMBERS.get(operation, set()):
                raise UnsupportedError(f"{operation} with {sorted(unknown)}")
            if request["TableName"] != self.table:
                raise _RefusedError("ResourceNotFoundException")
            with self._lock:
                answer = self._OPERATIONS[operation](self, request)
        except InvalidRequestError as error:
            return _error("ValidationException", str(error))
        except UnsupportedError as error:
            return _error("UnsupportedByTheFake", str(error))
        except _RefusedError as error:
            return _error(str(error), "refused")
        return 200, json.dumps(answer).encode()

    def _get(self, request: Mapping[str, Any]) -> Answer:
        placeholders = Placeholders(request)
        project = _projection(request, placeholders)
        placeholders.check_all_used()
        found = self._items.get(_key(request["Key"]))
        return {} if found is None else {"Item": project(found)}

    def _put(self, request: Mapping[str, Any]) -> Answer:
        item = dict(request["Item"])
        for value in item.values():
            values.check(value)
        key = _key({name: item[name] for name in KEY if name in item})
        _check_size(item, "Item size has exceeded the maximum allowed size")
        before = self._admit(request, key)
        self._items[key] = item
        return _returned(request, before, item, "ALL_OLD")

    def _update(self, request: Mapping[str, Any]) -> Answer:
        key, placeholders = _key(request["Key"]), Placeholders(request)
        changes = parse_update(request["UpdateExpression"], placeholders)
        if any(name in KEY for name, _ in changes):
            raise InvalidRequestError("an attribute of the key cannot be updated")
        found = self._admit(request, key, placeholders)
        before: Item = found if found is not None else dict(request["Key"])
        after = copy.copy(before)
        for _, change in changes:
            change(before, after)
        _check_size(after, "Item size to update has exceeded the maximum allowed size")
        self._items[key] = after
        return _returned(request, found, after, "ALL_OLD", "ALL_NEW")

    def _delete(self, request: Mapping[str, Any]) -> Answer:
        key = _key(request["Key"])
        before = self._admit(request, key)
        self._items.pop(key, None)
        return _returned(request, before, None, "ALL_OLD")

    def _query(self, request: Mapping[str, Any]) -> Answer:
        placeholders = Placeholders(request)
        found = _PARTITION.fullmatch(request["KeyConditionExpression"])
        if found is None:
            raise UnsupportedError(request["KeyConditionExpression"])
        wanted = placeholders.value(found[1])
        is_meant = _condition(found[2], placeholders)
        partition = (
            key for key, item in self._items.items() if item["pk"] == wanted and is_meant(item)
        )
        return self._page(request, placeholders, partition)

    def _scan(self, request: Mapping[str, Any]) -> Answer:
        return self._page(request, Placeholders(request), self._items)

    def _page(
        self, request: Mapping[str, Any], placeholders: Placeholders, keys: Iterable[Key]
    ) -> Answer:
        is_wanted = _condition(request.get("FilterExpression"), placeholders)
        project = _projection(request, placeholders)
        placeholders.check_all_used()
        start = _key(request["ExclusiveStartKey"]) if "ExclusiveStartKey" in request else ("", "")
        answer: Answer = {"Items": [], "Count": 0, "ScannedCount": 0}
        size = 0
        for key in sorted(key for key in keys if key > start):
            item = self._items[key]
            answer["ScannedCount"] += 1
            size += values.size_bytes(item)
            if is_wanted(item):
                answer["Items"].append(project(item))
            if answer["ScannedCount"] == request.get("Limit") or size > PAGE_BYTES:
                answer["LastEvaluatedKey"] = {name: item[name] for name in KEY}
                break
        answer["Count"] = len(answer["Items"])
        return answer

    def _admit(
        self, request: Mapping[str, Any], key: Key, placeholders: Placeholders | None = None
    ) -> Item | None:
        """The item as it is, if the request's condition holds for it."""
        placeholders = placeholders or Placeholders(request)
        holds = _condition(request.get("ConditionExpression"), placeholders)
        placeholders.check_all_used()
        found = self._items.get(key)
        if not holds(found or {}):
            raise _RefusedError("ConditionalCheckFailedException")
        return found

    _OPERATIONS: Mapping[str, Callable[..., Answer]] = {
        "GetItem": _get,
        "PutItem": _put,
        "UpdateItem": _update,
        "DeleteItem": _delete,
        "Query": _query,
        "Scan": _scan,
    }


def _key(key: Mapping[str, Any]) -> Key:
    """The key's texts, by which Scan and Query are in order here."""
    if key.keys() != set(KEY):
        raise InvalidRequestError("the provided key element does not match the schema")
    pk, sk = (key[name].get("S") for name in KEY)
    for text, most in zip((pk, sk), _KEY_BYTES, strict=True):
        if not isinstance(text, str) or not 0 < len(text.encode()) <= most:
            raise InvalidRequestError("a key is a text, not empty and not too long")
    return pk, sk


def _condition(text: str | None, placeholders: Placeholders) -> Condition:
    return (lambda _: True) if text is None else parse_condition(text, placeholders)


def _projection(request: Mapping[str, Any], placeholders: Placeholders) -> Callable[[Item], Item]:
    if "ProjectionExpression" not in request:
        return dict
    names = parse_projection(request["ProjectionExpression"], placeholders)
    return lambda item: {name: item[name] for name in names if name in item}


def _returned(
    request: Mapping[str, Any], before: Item | None, after: Item | None, *possible: str
) -> Answer:
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", *possible):
        raise UnsupportedError(f"ReturnValues {wanted}")
    found = {"ALL_OLD": before, "ALL_NEW": after}.get(wanted)
    return {} if found is None else {"Attributes": found}


def _check_size(item: Item, message: str) -> None:
    if values.size_bytes(item) > ITEM_BYTES:
        raise InvalidRequestError(message)


def _error(code: str, message: str) -> tuple[int, bytes]:
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
    return 400, json.dumps(document).encode()
