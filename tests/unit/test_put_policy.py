from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from upgate import limits
from upgate.errors import (
    CallbackBodyMissingError,
    InvalidArgumentError,
    InvalidPolicyError,
    ScopeMissingError,
    TokenExpiredError,
)
from upgate.tokens import put_policy
from upgate.tokens.put_policy import FORM_BODY, JSON_BODY, PutPolicy, Scope

CALLBACK = {"callbackUrl": "https://app.example/cb", "callbackBody": "key=$(key)"}

# (name on the wire, attribute, a good value, what else the policy needs for it)
TEXTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("endUser", "end_user", "u1", {}),
    ("saveKey", "save_key", "$(etag)$(ext)", {}),
    ("mimeLimit", "mime_limit", "image/*", {}),
    ("returnUrl", "return_url", "https://app.example/done", {}),
    ("returnBody", "return_body", '{"k":$(key)}', {}),
    ("callbackUrl", "callback_url", "https://a.example;https://b.example", CALLBACK),
    ("callbackHost", "callback_host", "app.example", CALLBACK),
    ("callbackBody", "callback_body", "k=$(key)", {}),
    ("callbackBodyType", "callback_body_type", JSON_BODY, CALLBACK),
    ("asyncOps", "async_ops", "avthumb/mp3", {}),
    ("persistentOps", "persistent_ops", "avthumb/mp3", {}),
    ("persistentNotifyUrl", "persistent_notify_url", "https://app.example/n", {}),
    ("persistentPipeline", "persistent_pipeline", "p1", {}),
    ("commit", "commit", "strict", CALLBACK),
]
INTEGERS: list[tuple[str, str, int]] = [
    ("deadline", "deadline", 1893456000),
    ("fsizeMin", "fsize_min", 1),
    ("fsizeLimit", "fsize_limit", 2**40),
    ("detectMime", "detect_mime", -1),
    ("fileType", "file_type", 4),
    ("persistentType", "persistent_type", 1),
]
FLAGS: list[tuple[str, str]] = [
    ("isPrefixalScope", "is_prefixal_scope"),
    ("insertOnly", "insert_only"),
    ("callbackFetchKey", "callback_fetch_key"),
]
ALL_NAMES = [
    "scope",
    "forceSaveKey",
    "keylimit",
    *(name for name, *_ in TEXTS),
    *(name for name, *_ in INTEGERS),
    *(name for name, _ in FLAGS),
]


def _parse(**fields: Any) -> PutPolicy:
    return put_policy.parse(json.dumps({"scope": "bkt", **fields}).encode())


def _parse_raw(member: str) -> PutPolicy:
    return put_policy.parse(f'{{"scope":"bkt",{member}}}'.encode())


# Scope.


@pytest.mark.parametrize(
    ("scope", "bucket", "key"),
    [
        ("b", "b", None),
        ("b:", "b", ""),
        ("b:k", "b", "k"),
        ("b:k:with:colons", "b", "k:with:colons"),
        ("b:/k", "b", "/k"),
        ("b:你好?&=\r\n", "b", "你好?&=\r\n"),
    ],
)
def test_scope_is_split_at_the_first_colon(scope: str, bucket: str, key: str | None) -> None:
    assert _parse(scope=scope).scope == Scope(bucket, key)


@pytest.mark.parametrize("text", [b"{}", b'{"scope":null}', b'{"scope":""}', b'{"scope":":k"}'])
def test_a_policy_without_a_bucket_is_told_so(text: bytes) -> None:
    with pytest.raises(ScopeMissingError):
        put_policy.parse(text)


@pytest.mark.parametrize(
    ("fields", "inserts_only"),
    [
        ({"scope": "b"}, True),
        ({"scope": "b:k"}, False),
        ({"scope": "b:"}, False),
        ({"scope": "b:k", "insertOnly": 1}, True),
        ({"scope": "b:k", "insertOnly": 0}, False),
        ({"scope": "b:k", "insertOnly": 2}, True),
        ({"scope": "b:k", "isPrefixalScope": 1}, True),
        ({"scope": "b:k", "isPrefixalScope": 0}, False),
    ],
)
def test_only_a_scope_with_a_key_overwrites(fields: dict[str, Any], inserts_only: bool) -> None:
    assert _parse(**fields).inserts_only is inserts_only


# Fields and their types.


def test_a_policy_with_a_bucket_alone_has_the_documented_defaults() -> None:
    assert _parse() == PutPolicy(
        scope=Scope("bkt"), detect_mime=0, file_type=0, callback_body_type=FORM_BODY
    )


@pytest.mark.parametrize(("name", "attribute", "value", "needs"), TEXTS)
def test_a_text_is_read(name: str, attribute: str, value: str, needs: dict[str, Any]) -> None:
    assert getattr(_parse(**needs | {name: value}), attribute) == value


@pytest.mark.parametrize(("name", "attribute", "value"), INTEGERS)
def test_an_integer_is_read(name: str, attribute: str, value: int) -> None:
    assert getattr(_parse(**{name: value}), attribute) == value


@pytest.mark.parametrize(("name", "attribute"), FLAGS)
@pytest.mark.parametrize(("value", "expected"), [(1, True), (0, False), (-1, True)])
def test_a_flag_is_an_integer_that_is_not_zero(
    name: str, attribute: str, value: int, expected: bool
) -> None:
    assert getattr(_parse(**{name: value}), attribute) is expected


@pytest.mark.parametrize("value", [True, False])
def test_force_save_key_is_a_boolean(value: bool) -> None:
    assert _parse(forceSaveKey=value, saveKey="k").force_save_key is value


def test_keylimit_is_a_list_of_keys() -> None:
    assert _parse(keylimit=["a", "", "你"]).keylimit == ("a", "", "你")


@pytest.mark.parametrize("name", [name for name, *_ in TEXTS] + ["scope"])
@pytest.mark.parametrize("literal", ["1", "true", "1.5", "{}", '["a"]'])
def test_anything_but_a_text_for_a_text_is_refused(name: str, literal: str) -> None:
    with pytest.raises(InvalidPolicyError):
        put_policy.parse(f'{{"scope":"bkt","{name}":{literal}}}'.encode())


@pytest.mark.parametrize("name", [name for name, *_ in INTEGERS] + [name for name, _ in FLAGS])
@pytest.mark.parametrize("literal", ['"1"', '""', "true", "false", "1.0", "1e3", "{}", "[1]"])
def test_anything_but_an_integer_for_an_integer_is_refused(name: str, literal: str) -> None:
    with pytest.raises(InvalidPolicyError):
        _parse_raw(f'"{name}":{literal}')


@pytest.mark.parametrize("literal", ["1", "0", '"true"', "{}", "[]"])
def test_anything_but_a_boolean_for_force_save_key_is_refused(literal: str) -> None:
    with pytest.raises(InvalidPolicyError):
        _parse_raw(f'"saveKey":"k","forceSaveKey":{literal}')


@pytest.mark.parametrize("literal", ['"a"', "{}", "1", "[1]", '["a",null]', '[["a"]]'])
def test_anything_but_a_list_of_texts_for_keylimit_is_refused(literal: str) -> None:
    with pytest.raises(InvalidPolicyError):
        _parse_raw(f'"keylimit":{literal}')


def test_a_wrong_type_is_named_and_its_value_is_not() -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        _parse(deadline="top secret")
    assert caught.value.message == "invalid put policy encoding: deadline must be an integer"


@pytest.mark.parametrize("name", [name for name in ALL_NAMES if name != "scope"])
def test_null_is_not_set(name: str) -> None:
    assert _parse(**{name: None}) == _parse()


@pytest.mark.parametrize(
    "name",
    ["return_body", "exclusive", "transform", "uphosts", "customer", "Deadline", "__class__"],
)
@pytest.mark.parametrize("literal", ['"x"', "1", '{"a":[null]}', "1e400", '"\\ud800"'])
def test_an_unknown_field_is_ignored_whatever_it_holds(name: str, literal: str) -> None:
    assert _parse_raw(f'"{name}":{literal}') == _parse()


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0])
def test_an_integer_within_64_bits_is_read(number: int) -> None:
    assert _parse(deadline=number).deadline == number


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_an_integer_beyond_64_bits_is_refused(number: int) -> None:
    with pytest.raises(InvalidPolicyError):
        _parse(deadline=number)


@pytest.mark.parametrize(
    "member",
    ['"endUser":"\\ud800"', '"keylimit":["\\udfff"]', '"returnBody":"a\\ud83d"'],
)
def test_a_lone_surrogate_is_refused(member: str) -> None:
    with pytest.raises(InvalidPolicyError):
        _parse_raw(member)


def test_a_surrogate_pair_is_one_character() -> None:
    assert _parse_raw('"endUser":"\\ud83d\\ude00"').end_user == "😀"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b'"scope"',
        b"null",
        b"1",
        b'{"scope":"b"',
        b'{"scope":"b"}x',
        b'{"scope":"b","x":NaN}',
        b'{"scope":"b","deadline":Infinity}',
        b'{"scope":"b\xff"}',
        b'\xef\xbb\xbf{"scope":"b"}',
        '{"scope":"b"}'.encode("utf-16"),
        b'{"scope":"b","x":' + b"[" * 100_000,
        b'{"scope":"b","x":' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_not_a_json_object_is_not_a_policy(text: bytes) -> None:
    with pytest.raises(InvalidPolicyError):
        put_policy.parse(text)


# Rules between fields.


@pytest.mark.parametrize("body", [{}, {"callbackBody": ""}, {"callbackBody": None}])
def test_a_callback_url_without_a_body_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(CallbackBodyMissingError):
        _parse(callbackUrl="https://app.example", **body)


def test_a_callback_body_without_a_url_is_accepted() -> None:
    assert _parse(callbackBody="k=$(key)").callback_url is None


@pytest.mark.parametrize(
    "fields", [CALLBACK | {"returnBody": "{}"}, CALLBACK | {"returnUrl": "https://app.example"}]
)
def test_pairs_that_seed_002_forbids_are_tolerated_in_a_token(fields: dict[str, Any]) -> None:
    assert _parse(**fields).callback_url == CALLBACK["callbackUrl"]


@pytest.mark.parametrize("fields", [{}, {"saveKey": ""}, {"saveKey": None}])
def test_force_save_key_without_a_save_key_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        _parse(forceSaveKey=True, **fields)


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_detect_mime_in_range_is_read(value: int) -> None:
    assert _parse(detectMime=value).detect_mime == value


@pytest.mark.parametrize(
    "fields",
    [
        {"detectMime": -2},
        {"detectMime": 2},
        {"fileType": -1},
        {"fileType": 5},
        {"keylimit": ["k"] * (limits.KEYLIMIT_KEYS + 1)},
        CALLBACK | {"callbackBodyType": "text/plain"},
        CALLBACK | {"callbackBodyType": "application/json; charset=utf-8"},
    ],
)
def test_a_value_out_of_range_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        _parse(**fields)


def test_keylimit_at_the_limit_is_read() -> None:
    assert len(_parse(keylimit=["k"] * limits.KEYLIMIT_KEYS).keylimit) == limits.KEYLIMIT_KEYS


@pytest.mark.parametrize("file_type", [2, 3])
@pytest.mark.parametrize("name", ["persistentOps", "asyncOps"])
def test_operations_on_what_is_archived_are_refused(file_type: int, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        _parse(fileType=file_type, **{name: "avthumb/mp3"})


@pytest.mark.parametrize("file_type", [0, 1, 4])
def test_operations_on_what_can_be_read_are_accepted(file_type: int) -> None:
    assert _parse(fileType=file_type, persistentOps="avthumb/mp3").operations == "avthumb/mp3"


@pytest.mark.parametrize(
    ("fields", "operations"),
    [
        ({}, None),
        ({"asyncOps": "", "persistentOps": ""}, None),
        ({"asyncOps": "a;b"}, "a;b"),
        ({"persistentOps": "c"}, "c"),
        ({"asyncOps": "a;b", "persistentOps": "c"}, "a;b;c"),
    ],
)
def test_async_ops_and_persistent_ops_are_one_list(
    fields: dict[str, Any], operations: str | None
) -> None:
    assert _parse(**fields).operations == operations


# Deadline.


def test_a_token_one_second_before_its_deadline_is_good() -> None:
    put_policy.check_deadline(_parse(deadline=1000), 999.0, required=True)


@pytest.mark.parametrize(("now", "age"), [(1000.0, 0), (1000.9, 0), (1001.0, 1), (26201.0, 25201)])
def test_a_token_at_its_deadline_or_after_is_expired_and_says_since_when(
    now: float, age: int
) -> None:
    """`token expired 25201 seconds ago`: Kodo's text (protocol.md 10.1)."""
    with pytest.raises(TokenExpiredError) as caught:
        put_policy.check_deadline(_parse(deadline=1000), now, required=False)
    assert caught.value.message == f"token expired {age} seconds ago"


@pytest.mark.parametrize("deadline", [0, -1, -(2**63)])
def test_a_deadline_long_past_is_expired(deadline: int) -> None:
    with pytest.raises(TokenExpiredError):
        put_policy.check_deadline(_parse(deadline=deadline), 1000.0, required=False)


def test_a_policy_without_deadline_does_not_expire() -> None:
    put_policy.check_deadline(_parse(), 1e12, required=False)


def test_a_policy_without_deadline_is_refused_where_the_stack_asks_for_one() -> None:
    with pytest.raises(InvalidPolicyError):
        put_policy.check_deadline(_parse(), 0.0, required=True)


@pytest.mark.parametrize("name", ALL_NAMES)
@pytest.mark.parametrize("value", ["", 0, 1, True, 1.5, None, {}, [], "x", ["x"], -(2**63)])
def test_no_value_of_any_field_is_an_unknown_fault(name: str, value: object) -> None:
    with contextlib.suppress(InvalidPolicyError, InvalidArgumentError):
        _parse(**{name: value})


# commit, the gateway's own.


@pytest.mark.parametrize("fields", [{}, {"commit": None}, {"commit": "kodo"}])
def test_commit_is_kodos_unless_it_is_strict(fields: dict[str, Any]) -> None:
    assert not _parse(**fields).commits_strictly


def test_commit_strict_with_a_callback_is_strict() -> None:
    assert _parse(commit="strict", **CALLBACK).commits_strictly


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"commit": "strict"}, "callbackUrl"),
        ({"commit": "strict", "callbackFetchKey": 1, **CALLBACK}, "callbackFetchKey"),
        ({"commit": "Strict", **CALLBACK}, "commit must be"),
    ],
)
def test_commit_that_cannot_be_kept_is_refused(fields: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidArgumentError, match=word):
        _parse(**fields)
