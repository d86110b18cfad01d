"""The tests' DynamoDB against moto's, by any requests, and by what DynamoDB's documents say."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.moto_server.werkzeug_app import create_backend_app

from tests.fakes.dynamodb import FakeDynamoDb

INVALID, UNSUPPORTED = "ValidationException", "UnsupportedByTheFake"
CONDITION_FAILED = "ConditionalCheckFailedException"
NUMBERS = count()
# Where no other table of the tests is.
REGION = "ap-south-1"
KEYS = {"pk": "HASH", "sk": "RANGE"}


class Moto:
    """moto's DynamoDB, called in this process."""

    def __init__(self, table: str) -> None:
        status, body = self.carry_out(
            "CreateTable",
            {
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in KEYS],
                "KeySchema": [{"AttributeName": n, "KeyType": kind} for n, kind in KEYS.items()],
            },
        )
        assert status == 200, body

    def carry_out(self, operation: str, request: dict[str, Any]) -> tuple[int, bytes]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20270101/{REGION}/dynamodb/aws4",
        }
        answer = _backend().post("/", data=json.dumps(request), headers=headers)
        return answer.status_code, answer.data


@cache
def _backend() -> Any:
    return create_backend_app("dynamodb").test_client()


def outcome(backend: FakeDynamoDb | Moto, operation: str, request: dict[str, Any]) -> Any:
    """What a client gets to see: the answer, or the error's code."""
    status, body = backend.carry_out(operation, request)
    document = json.loads(body)
    if status != 200:
        return document["__type"].rpartition("#")[2]
    document.pop("ConsumedCapacity", None)
    return canonical(document)


def canonical(value: Any) -> Any:
    """Sets have no order."""
    if isinstance(value, dict):
        return {
            name: sorted(member) if name in ("SS", "NS") else canonical(member)
            for name, member in value.items()
        }
    return [canonical(member) for member in value] if isinstance(value, list) else value


LETTERS = st.sampled_from("abc")
KEY_CONDITION = "pk = :pk AND begins_with(sk, :start)"
# Of each type an attribute of its own, a placeholder's name, and values for both: moto fails, or
# answers anything, where DynamoDB refuses a comparison of types that do not go together.
TYPES: dict[str, tuple[str, st.SearchStrategy[dict[str, Any]]]] = {
    "x": (":x", st.builds(lambda text: {"S": text}, st.sampled_from(["", "a", "ab", "b", "é"]))),
    "#n": (":n", st.builds(lambda number: {"N": str(number)}, st.integers(-2, 3))),
    "ids": (":ids", st.builds(lambda names: {"SS": list(names)}, st.sets(LETTERS, min_size=1))),
    "told": (":told", st.builds(lambda texts: {"L": texts}, st.lists(st.just({"S": "a"})))),
}
NAMES = st.sampled_from([*TYPES])
COMPARED = st.sampled_from([("x", ":x"), ("#n", ":n"), ("#n", ":m")])
CONDITIONS = st.recursive(
    st.one_of(
        st.builds("attribute_exists({})".format, NAMES),
        st.builds("attribute_not_exists({})".format, NAMES),
        st.sampled_from(
            [
                "attribute_not_exists(pk)",
                "contains(ids, :x)",
                "contains(x, :x)",
                "begins_with(x, :x)",
                "attribute_exists(ids) AND size(ids) < :n",
                "ids = :ids",
                "told <> :told",
                "#n IN (:n, :m)",
            ]
        ),
        st.builds(
            lambda pair, comparator: f"{pair[0]} {comparator} {pair[1]}",
            COMPARED,
            st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
        ),
    ),
    lambda inner: st.one_of(
        st.builds("{} AND {}".format, inner, inner),
        st.builds("{} OR {}".format, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=5,
)
# What may be done to each attribute; two things to one are refused, by moto later than by DynamoDB.
ACTIONS = {
    "x": ["SET x = :x", "SET x = if_not_exists(x, :x)", "REMOVE x"],
    "#n": ["SET #n = :n", "SET #n = :n - :m", "SET #n = #n + :m", "REMOVE #n", "ADD #n :n"],
    "ids": ["SET ids = :ids", "REMOVE ids", "ADD ids :ids", "DELETE ids :ids"],
    "told": [
        "SET told = :told",
        "SET told = list_append(if_not_exists(told, :told), :told)",
        "REMOVE told",
    ],
    "spare": ["SET spare = x", "REMOVE spare", "ADD spare :m"],
}


def update_of(actions: dict[str, str]) -> str:
    """One expression of all actions, each clause once."""
    clauses: dict[str, list[str]] = {}
    for clause, _, action in (action.partition(" ") for action in actions.values()):
        clauses.setdefault(clause, []).append(action)
    return " ".join(f"{clause} {', '.join(parts)}" for clause, parts in clauses.items())


UPDATES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(actions) for name, actions in ACTIONS.items()}
).map(update_of)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An operation and its request, with the placeholders that it needs."""
    key = {"pk": {"S": draw(st.sampled_from("pq"))}, "sk": {"S": draw(st.sampled_from("st"))}}
    operation = draw(
        st.sampled_from(["GetItem", "DeleteItem", "Query", "Scan", *["PutItem", "UpdateItem"] * 3])
    )
    request: dict[str, Any] = {"Key": key}
    if operation in ("Query", "Scan"):
        request = {} if operation == "Scan" else {"KeyConditionExpression": KEY_CONDITION}
        if draw(st.booleans()):
            request["FilterExpression"] = draw(CONDITIONS)
    elif operation == "PutItem":
        kept = {name: draw(TYPES[name][1]) for name in sorted(draw(st.sets(NAMES)))}
        request = {"Item": key | {"name" if name == "#n" else name: kept[name] for name in kept}}
    elif operation == "UpdateItem":
        request["UpdateExpression"] = draw(UPDATES)
        request["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW"]))
    if operation in ("PutItem", "UpdateItem", "DeleteItem") and draw(st.booleans()):
        request["ConditionExpression"] = draw(CONDITIONS)
    text = " ".join(value for name, value in request.items() if name.endswith("Expression"))
    values = {token: draw(made) for token, made in TYPES.values() if re.search(rf"{token}\b", text)}
    if ":m" in text:
        values[":m"] = draw(TYPES["#n"][1])
    if operation == "Query":
        values |= {":pk": key["pk"], ":start": key["sk"]}
    if values:
        request["ExpressionAttributeValues"] = values
    if "#n" in text:
        request["ExpressionAttributeNames"] = {"#n": "name"}
    return operation, request


@settings(max_examples=200, deadline=None)
@given(st.lists(requests(), min_size=4, max_size=10))
def test_any_requests_have_the_outcome_that_they_have_at_moto(
    made: list[tuple[str, dict[str, Any]]],
) -> None:
    table = f"t{next(NUMBERS)}"
    fake, moto = FakeDynamoDb(table), Moto(table)
    for operation, request in made:
        named = {"TableName": table, **request}
        found = outcome(fake, operation, named)
        assert found == outcome(moto, operation, named)
        if found == "ValidationException":
            return  # of a new item moto has kept the key by now


KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
BOUND = {"ExpressionAttributeValues": {":a": {"S": "a"}}}


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("PutItem", {"Item": {**KEY, "x": {"S": "x" * (400 * 1024 - 7)}}}, None),
        ("PutItem", {"Item": {**KEY, "x": {"S": "x" * (400 * 1024 - 6)}}}, INVALID),
        ("PutItem", {"Item": {**KEY, "sk": {"S": ""}}}, INVALID),
        ("PutItem", {"Item": {**KEY, "sk": {"N": "1"}}}, INVALID),
        ("PutItem", {"Item": {"pk": {"S": "p"}}}, INVALID),
        ("PutItem", {"Item": {**KEY, "x": {"SS": []}}}, INVALID),
        ("PutItem", {"Item": {**KEY, "x": {"SS": ["a", "a"]}}}, INVALID),
        ("PutItem", {"Item": {**KEY, "x": {"N": "one"}}}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "x = :a", **BOUND}, CONDITION_FAILED),
        ("PutItem", {"Item": KEY, "ConditionExpression": "x <> :a", **BOUND}, None),
        ("PutItem", {"Item": KEY, "ConditionExpression": "x = :b", **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "#x = :a", **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "name = :a", **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "x = :a and", **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "((x = :a))", **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, **BOUND}, INVALID),
        ("PutItem", {"Item": KEY, "ConditionExpression": "a.b = :a", **BOUND}, UNSUPPORTED),
        ("PutItem", {"Item": KEY, "Expected": {}}, UNSUPPORTED),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET x = :a", **BOUND}, None),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET pk = :a", **BOUND}, INVALID),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET x = :a, x = :a", **BOUND}, INVALID),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET x = :a SET y = :a", **BOUND}, INVALID),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET x = y"}, INVALID),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "ADD x :a", **BOUND}, INVALID),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": ""}, INVALID),
        ("BatchGetItem", {}, UNSUPPORTED),
    ],
)
def test_request_is_carried_out_or_refused_as_the_documents_say(
    operation: str, request_: dict[str, Any], code: str | None
) -> None:
    fake = FakeDynamoDb("t")
    found = outcome(fake, operation, {"TableName": "t", **request_})
    assert found == ({} if code is None else code)


def test_refused_update_leaves_no_item() -> None:
    fake = FakeDynamoDb("t")
    update = {"TableName": "t", "Key": KEY, "UpdateExpression": "SET x = y"}
    assert outcome(fake, "UpdateItem", update) == "ValidationException"
    assert outcome(fake, "GetItem", {"TableName": "t", "Key": KEY}) == {}


def test_item_that_an_update_makes_too_large_stays_as_it_was() -> None:
    fake = FakeDynamoDb("t")
    update = {
        "TableName": "t",
        "Key": KEY,
        "UpdateExpression": "SET told = list_append(if_not_exists(told, :none), :more)",
        "ExpressionAttributeValues": {":none": {"L": []}, ":more": {"L": [{"S": "x" * 300_000}]}},
    }
    assert outcome(fake, "UpdateItem", update) == {}
    before = outcome(fake, "GetItem", {"TableName": "t", "Key": KEY})
    assert outcome(fake, "UpdateItem", update) == "ValidationException"
    assert outcome(fake, "GetItem", {"TableName": "t", "Key": KEY}) == before


def test_other_table_is_not_there() -> None:
    found = outcome(FakeDynamoDb("t"), "GetItem", {"TableName": "u", "Key": KEY})
    assert found == "ResourceNotFoundException"


def test_pages_of_a_query_follow_each_other() -> None:
    fake = FakeDynamoDb("t")
    keys = [{"pk": {"S": "p"}, "sk": {"S": name}} for name in "bac"]
    for key in keys:
        outcome(fake, "PutItem", {"TableName": "t", "Item": key})
    query = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "p"}},
        "Limit": 2,
    }
    first = outcome(fake, "Query", query)
    second = outcome(fake, "Query", query | {"ExclusiveStartKey": first["LastEvaluatedKey"]})
    assert first["Items"] + second["Items"] == [keys[1], keys[0], keys[2]]
    assert "LastEvaluatedKey" not in second


def test_of_many_writers_at_once_one_meets_the_condition() -> None:
    fake = FakeDynamoDb("t")
    put = {"TableName": "t", "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fake.carry_out("PutItem", put)[0], range(64)))
    assert sorted(found) == [200] + [400] * 63
