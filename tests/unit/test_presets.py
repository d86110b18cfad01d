from __future__ import annotations

import json
from typing import Any

import pytest

from upgate import limits
from upgate.errors import InvalidPresetError
from upgate.issuing import presets
from upgate.issuing.presets import LIFETIME_SECONDS_MOST, Preset

CALLBACK = {"callbackUrl": "https://app.example/cb", "callbackBody": "key=$(key)"}


def _parse(**members: Any) -> Preset:
    return presets.parse(json.dumps({"bucket": "photos", **members}))


def test_a_bucket_alone_is_a_preset() -> None:
    assert _parse() == Preset(bucket="photos", policy={})


def test_all_members_are_read() -> None:
    preset = _parse(
        keyPrefix="u/$(endUser)/",
        lifetimeSeconds=600,
        policy={"fsizeLimit": 1024, "mimeLimit": "image/*", **CALLBACK},
    )
    assert preset == Preset(
        bucket="photos",
        key_prefix="u/$(endUser)/",
        lifetime_seconds=600,
        policy={"fsizeLimit": 1024, "mimeLimit": "image/*", **CALLBACK},
    )


def test_null_is_not_set() -> None:
    assert _parse(key=None, keyPrefix=None, lifetimeSeconds=None, policy=None) == _parse()


@pytest.mark.parametrize(
    "text", ["", "no", "[]", '"photos"', "null", '{"bucket":NaN}', "[" * 100_000, "{}{}"]
)
def test_what_is_not_a_json_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidPresetError):
        presets.parse(text)


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"Bucket": "b"}, "Bucket"),
        ({"endUser": "u"}, "endUser"),
        ({"bucket": None}, "bucket"),
        ({"bucket": ""}, "bucket"),
        ({"bucket": 1}, "bucket"),
        ({"bucket": "photos:k"}, "bucket"),
        ({"key": 1}, "key"),
        ({"keyPrefix": ["a"]}, "keyPrefix"),
        ({"key": "a", "keyPrefix": "b"}, "choose one"),
        ({"key": "", "keyPrefix": ""}, "choose one"),
        ({"lifetimeSeconds": 0}, "lifetimeSeconds"),
        ({"lifetimeSeconds": -1}, "lifetimeSeconds"),
        ({"lifetimeSeconds": LIFETIME_SECONDS_MOST + 1}, "lifetimeSeconds"),
        ({"lifetimeSeconds": "60"}, "lifetimeSeconds"),
        ({"lifetimeSeconds": 60.0}, "lifetimeSeconds"),
        ({"lifetimeSeconds": True}, "lifetimeSeconds"),
        ({"policy": []}, "policy"),
        ({"policy": ""}, "policy"),
        ({"policy": False}, "policy"),
        ({"policy": "{}"}, "policy"),
    ],
)
def test_a_wrong_member_is_refused_and_named(members: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidPresetError) as caught:
        _parse(**members)
    assert word in caught.value.message


@pytest.mark.parametrize("lifetime", [1, LIFETIME_SECONDS_MOST])
def test_a_lifetime_within_the_limits_is_read(lifetime: int) -> None:
    assert _parse(lifetimeSeconds=lifetime).lifetime_seconds == lifetime


# A user's day.


def test_a_quota_is_kept_as_it_is() -> None:
    quota = {"uploadsPerDay": 20, "bytesPerDay": 50_000_000}
    assert _parse(quota=quota).quota == quota


@pytest.mark.parametrize(
    ("quota", "word"),
    [
        ([], "quota"),
        ("20", "quota"),
        ({}, "uploadsPerDay or bytesPerDay"),
        ({"uploadsPerDay": 0}, "uploadsPerDay"),
        ({"uploadsPerDay": limits.QUOTA_UPLOADS + 1}, "uploadsPerDay"),
        ({"bytesPerDay": -1}, "bytesPerDay"),
        ({"bytesPerDay": "5 MB"}, "bytesPerDay"),
        ({"uploadsPerHour": 1}, "uploadsPerHour"),
        ({"uploadsPerDay": 1, "name": "other"}, "name"),
    ],
)
def test_a_wrong_quota_is_refused_and_named(quota: object, word: str) -> None:
    with pytest.raises(InvalidPresetError) as caught:
        _parse(quota=quota)
    assert word in caught.value.message


# What the policy may say.


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ({"scope": "photos"}, "scope"),
        ({"deadline": 1893456000}, "deadline"),
        ({"endUser": "root"}, "endUser"),
        ({"isPrefixalScope": 1}, "isPrefixalScope"),
        ({"quota": {"name": "p", "uploadsPerDay": 1}}, "quota"),
        ({"endUser": None}, "endUser"),  # not even unset
        (CALLBACK | {"returnUrl": "https://app.example"}, "exclude each other"),
        (CALLBACK | {"returnBody": "{}"}, "exclude each other"),
        ({"callbackBody": "a=1", "returnBody": "{}"}, "exclude each other"),
        ({"callbackUrl": "https://app.example"}, "callbackBody"),
        (CALLBACK | {"callbackUrl": "/cb"}, "callbackUrl"),
        (CALLBACK | {"callbackUrl": "https://a.example;/cb"}, "callbackUrl"),
        (CALLBACK | {"callbackUrl": "$(x:url)"}, "callbackUrl"),
        ({"returnUrl": "/done"}, "returnUrl"),
        ({"returnUrl": "http://"}, "returnUrl"),
        ({"returnUrl": "https://app.example/\r\nX: 1"}, "returnUrl"),
        ({"returnUrl": "javascript:alert(1)"}, "returnUrl"),
        ({"fsizeLimit": "1024"}, "fsizeLimit"),
        ({"forceSaveKey": True}, "forceSaveKey"),
        ({"detectMime": 2}, "detectMime"),
        ({"keylimit": ["k"] * (limits.KEYLIMIT_KEYS + 1)}, "keylimit"),
    ],
)
def test_a_policy_that_could_never_work_is_refused_when_it_is_written(
    policy: dict[str, Any], word: str
) -> None:
    with pytest.raises(InvalidPresetError) as caught:
        _parse(policy=policy)
    assert word in caught.value.message


@pytest.mark.parametrize(
    "policy",
    [
        CALLBACK,
        CALLBACK | {"callbackUrl": "https://a.example; https://b.example/$(bucket)"},
        {"returnUrl": "https://app.example", "returnBody": "{}"},
        {"saveKey": "$(etag)", "forceSaveKey": True},
        {"somethingOfTomorrow": {"a": [1]}},
    ],
)
def test_a_policy_that_works_is_kept_as_it_is(policy: dict[str, Any]) -> None:
    assert _parse(policy=policy).policy == policy


# What the key may say: it is what keeps end users apart.


@pytest.mark.parametrize(
    "template", ["avatars/$(endUser)", "${endUser}-${uuid}.jpg", "fixed", "a/$( endUser )"]
)
def test_a_key_may_name_what_is_known_when_the_token_is_made(template: str) -> None:
    assert _parse(key=template).key == template


@pytest.mark.parametrize("member", ["key", "keyPrefix"])
@pytest.mark.parametrize("name", ["fname", "enduser", "etag", "x:a", "", "endUser.x"])
def test_a_key_may_name_nothing_else(member: str, name: str) -> None:
    with pytest.raises(InvalidPresetError):
        _parse(**{member: f"u/$({name})/$(endUser)/"})


@pytest.mark.parametrize("prefix", ["u/$(endUser)/", "${endUser}/a", "$(uuid)", "shared", ""])
def test_a_prefix_may_end_the_end_user_with_a_slash(prefix: str) -> None:
    assert _parse(keyPrefix=prefix).key_prefix == prefix


@pytest.mark.parametrize(
    "prefix",
    ["u/$(endUser)", "${endUser}-", "$( endUser )", "$(endUser)$(uuid)/", "$(endUser)/${endUser}"],
)
def test_a_prefix_that_could_be_the_beginning_of_another_users_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidPresetError):
        _parse(keyPrefix=prefix)


@pytest.mark.parametrize("name", ["default", "a", "A-1_b.c", "0", "a" * 64])
def test_a_proper_name_is_one(name: str) -> None:
    assert presets.NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "-a", ".a", "a/b", "a b", "a\n", "é", "a" * 65, "a#b"])
def test_an_improper_name_is_none(name: str) -> None:
    assert not presets.NAME.fullmatch(name)
