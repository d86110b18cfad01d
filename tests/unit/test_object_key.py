from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.sample_facts import ETAG, sample_variables
from upgate import limits
from upgate.errors import (
    InvalidArgumentError,
    KeyNotListedError,
    KeyScopeMismatchError,
    KeyTooLongError,
)
from upgate.objects import object_key
from upgate.tokens import put_policy
from upgate.tokens.put_policy import PutPolicy


def _policy(scope: str = "b", **fields: Any) -> PutPolicy:
    return put_policy.parse(json.dumps({"scope": scope, **fields}).encode())


def _choose(policy: PutPolicy, client_key: str | None, **facts: Any) -> str:
    return object_key.choose(policy, client_key, sample_variables(key=None, **facts))


SAVE: dict[str, Any] = {"saveKey": "s/$(etag)$(ext)"}
FORCED: dict[str, Any] = {**SAVE, "forceSaveKey": True}
SAVED = f"s/{ETAG}.jpg"


@pytest.mark.parametrize(
    ("fields", "client_key", "key"),
    [
        ({}, None, ETAG),
        ({}, "k", "k"),
        ({}, "", ""),  # the empty key is a key
        (SAVE, None, SAVED),
        (SAVE, "k", "k"),
        (SAVE, "", ""),
        (FORCED, None, SAVED),
        (FORCED, "k", SAVED),
        (FORCED, "", SAVED),
        ({**SAVE, "forceSaveKey": False}, "k", "k"),
        ({"saveKey": ""}, None, ETAG),
        ({"saveKey": "$(x:never-sent)"}, None, ETAG),  # a saveKey that comes to nothing
        ({"saveKey": None}, None, ETAG),
    ],
)
def test_the_key_is_the_clients_then_save_key_then_the_etag(
    fields: dict[str, Any], client_key: str | None, key: str
) -> None:
    assert _choose(_policy(**fields), client_key) == key


@pytest.mark.parametrize("key", ["/a", "a//b", "b/..a", "你好?&=\r\n", 'a\\b\\c"hello', "$(etag)"])
def test_a_clients_key_is_taken_as_it_is(key: str) -> None:
    assert _choose(_policy(), key) == key


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("$(year)$(mon)$(day)$(hour)$(min)$(sec)$(fname)", "20240203040506sun flower.jpg"),  # S1
        ("$(x:name):$(etag)", f"$(etag):{ETAG}"),  # ISS:qiniu/php-sdk#210; the value is no template
        ("miniprogram/$(etag)${ext}", f"miniprogram/{ETAG}.jpg"),  # protocol.md 6.3
        ("$(endUser)/$(bucket)", "u1/photos"),
        ("$(key)$(uuid)$(imageInfo.width)k", "k"),  # not known, or not allowed, here
    ],
)
def test_save_key_is_filled_in_as_plain_text(template: str, key: str) -> None:
    variables = {"x:name": "$(etag)"}
    assert _choose(_policy(saveKey=template), None, custom_variables=variables) == key


# Scope (protocol.md 1.3, item 2).


@pytest.mark.parametrize(
    ("scope", "client_key"), [("b:k", "k"), ("b:", ""), ("b:a:b", "a:b"), ("b:你", "你")]
)
def test_the_key_of_the_scope_is_allowed(scope: str, client_key: str) -> None:
    assert _choose(_policy(scope), client_key) == client_key


@pytest.mark.parametrize(
    ("scope", "client_key"),
    [
        ("b:k", None),
        ("b:k", "K"),
        ("b:k", "k2"),
        ("b:k", ""),
        ("b:", "k"),
        ("b:", None),
        (f"b:{ETAG}", None),  # what the key would become does not help: none was given
    ],
)
def test_another_key_than_the_scopes_or_none_is_refused(scope: str, client_key: str | None) -> None:
    with pytest.raises(KeyScopeMismatchError):
        _choose(_policy(scope), client_key)


def test_a_save_key_that_gives_the_key_of_the_scope_is_allowed() -> None:
    assert _choose(_policy(f"b:{SAVED}", **SAVE), None) == SAVED


def test_a_save_key_that_gives_another_key_than_the_scopes_is_refused() -> None:
    with pytest.raises(KeyScopeMismatchError):
        _choose(_policy("b:k", **SAVE), None)


def test_a_forced_save_key_is_held_against_the_scope_and_not_the_clients_key() -> None:
    with pytest.raises(KeyScopeMismatchError):
        _choose(_policy("b:k", **FORCED), "k")


@pytest.mark.parametrize("client_key", ["u1/", "u1/a", "u1/..u2/a"])
def test_a_key_under_the_prefix_is_allowed(client_key: str) -> None:
    assert _choose(_policy("b:u1/", isPrefixalScope=1), client_key) == client_key


@pytest.mark.parametrize("client_key", ["u1", "u2/a", "U1/a", "", None])
def test_a_key_outside_the_prefix_is_refused(client_key: str | None) -> None:
    with pytest.raises(KeyScopeMismatchError):
        _choose(_policy("b:u1/", isPrefixalScope=1), client_key)


def test_without_a_key_an_etag_under_the_prefix_is_allowed() -> None:
    assert _choose(_policy("b:F", isPrefixalScope=1), None) == ETAG


@pytest.mark.parametrize("scope", ["b", "b:"])
def test_a_prefix_that_is_empty_allows_every_key(scope: str) -> None:
    assert _choose(_policy(scope, isPrefixalScope=1), "any") == "any"


# keylimit.


@pytest.mark.parametrize("client_key", ["a", "b/c", ""])
def test_a_listed_key_is_allowed(client_key: str) -> None:
    assert _choose(_policy(keylimit=["a", "b/c", ""]), client_key) == client_key


@pytest.mark.parametrize("client_key", ["A", "b", "a ", None])
def test_a_key_that_is_not_listed_is_refused(client_key: str | None) -> None:
    with pytest.raises(KeyNotListedError):
        _choose(_policy(keylimit=["a", "b/c", ""]), client_key)


def test_an_empty_list_limits_nothing() -> None:
    assert _choose(_policy(keylimit=[]), "k") == "k"


def test_a_forced_save_key_has_to_be_listed() -> None:
    with pytest.raises(KeyNotListedError):
        _choose(_policy(keylimit=["k"], **FORCED), "k")


# Length and characters.


@pytest.mark.parametrize("key", ["k" * limits.KEY_BYTES, "图" * (limits.KEY_BYTES // 3)])
def test_a_key_of_750_bytes_is_allowed(key: str) -> None:
    assert len(key.encode()) == 750
    assert _choose(_policy(), key) == key


@pytest.mark.parametrize("key", ["k" * 751, "图" * 250 + "k"])
def test_a_key_of_751_bytes_is_too_long(key: str) -> None:
    with pytest.raises(KeyTooLongError):
        _choose(_policy(), key)


def test_a_save_key_of_751_bytes_is_too_long() -> None:
    with pytest.raises(KeyTooLongError):
        _choose(_policy(saveKey="$(x:a)"), None, custom_variables={"x:a": "k" * 751})


@pytest.mark.parametrize("key", ["a\0b", "../v", "a/./b", f"{'A' * 27}=/{ETAG}"])
def test_a_key_that_is_none_is_refused_wherever_it_comes_from(key: str) -> None:
    for policy, client_key in (
        (_policy(), key),
        (_policy(f"b:{key}"), key),
        (_policy(saveKey="$(x:a)"), None),
        (_policy(saveKey="$(x:a)", forceSaveKey=True), "k"),
    ):
        with pytest.raises(InvalidArgumentError, match=r"^key "):
            _choose(policy, client_key, custom_variables={"x:a": key})
    with pytest.raises(InvalidArgumentError, match=r"^key "):
        object_key.check(_policy(), key)
    with pytest.raises(InvalidArgumentError, match=r"^key "):
        object_key.refuse_early(_policy(), key)


def test_a_file_s_name_does_not_leave_the_prefix_it_stands_under() -> None:
    policy = _policy("b:u1/", isPrefixalScope=1, saveKey="u1/$(fname)")
    with pytest.raises(InvalidArgumentError, match=r"^key "):
        _choose(policy, None, file_name="../u2/a.jpg")
    assert _choose(policy, None, file_name="u2/a.jpg") == "u1/u2/a.jpg"


@pytest.mark.parametrize(
    ("end_user", "segment"),
    [("u1", "u1"), ("u1/a", "u1%2Fa"), ("u1%2Fa", "u1%252Fa"), ("..", "%2E%2E")],
)
def test_a_user_can_stand_in_a_save_key_as_one_segment(end_user: str, segment: str) -> None:
    policy = _policy(saveKey="$(endUserSegment)/k")
    assert _choose(policy, None, end_user=end_user) == f"{segment}/k"


def test_a_key_from_elsewhere_is_held_against_the_same_rules() -> None:
    with pytest.raises(KeyScopeMismatchError):
        object_key.check(_policy("b:k"), "other")
