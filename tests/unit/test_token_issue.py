from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from tests.fakes.quota_days import FakeDays
from tests.unit.sample_facts import sample_variables
from upgate import limits
from upgate.errors import (
    InvalidArgumentError,
    InvalidPresetError,
    KeyScopeMismatchError,
    NotFoundError,
    QuotaExceededError,
    UnauthenticatedError,
)
from upgate.issuing import token_issue
from upgate.issuing.token_issue import TokenPorts, TokenRequest, TokenSettings
from upgate.objects.object_key import check, choose
from upgate.tokens import put_policy, upload_token
from upgate.tokens.daily_quota import DailyQuota
from upgate.tokens.keys import KeyPair, KeyRing
from upgate.tokens.put_policy import PutPolicy, Scope
from upgate.uploads.quota import Quotas, Usage
from upgate.variables.templates import Json

RING = KeyRing((KeyPair("new", "s1"), KeyPair("old", "s2")))
SETTINGS = TokenSettings(default_bucket="photos", lifetime_seconds=3600)
REQUEST = TokenRequest(preset="p", end_user="u1", upload_url="https://up.example")
NOW = 1_800_000_000.9
UNUSED = Usage()


class Presets:
    """Presets in memory; the documents are given as Python values."""

    def __init__(self, **documents: dict[str, Any]) -> None:
        self._texts = {name: json.dumps(document) for name, document in documents.items()}

    def get(self, name: str) -> str | None:
        return self._texts.get(name)


def _issue(request: TokenRequest = REQUEST, **preset: Any) -> dict[str, Json]:
    store = Presets(p={"bucket": "photos", **preset})
    return token_issue.issue(request, SETTINGS, ports(store), NOW)


def ports(presets: Presets, usage: Usage = UNUSED) -> TokenPorts:
    quotas = Quotas(FakeDays(usage), UTC)
    return TokenPorts(keys=RING, presets=presets, quotas=quotas)


def _policy(answer: dict[str, Json]) -> PutPolicy:
    verified = upload_token.verify(str(answer["token"]), RING)
    assert verified.key_pair is RING.newest
    return put_policy.parse(verified.policy)


# The answer.


def test_the_answer_is_all_that_an_app_needs() -> None:
    answer = _issue()
    token = answer["token"]
    assert answer == {
        "token": token,
        "uptoken": token,
        "expires_at": 1_800_003_600,
        "upload_url": "https://up.example",
    }


def test_the_token_is_of_the_preset_and_the_client() -> None:
    policy = _policy(_issue(policy={"fsizeLimit": 9, "returnBody": '{"k":$(key)}'}))
    assert policy == PutPolicy(
        scope=Scope("photos"),
        deadline=1_800_003_600,
        end_user="u1",
        fsize_limit=9,
        return_body='{"k":$(key)}',
    )


def test_the_lifetime_of_the_preset_wins() -> None:
    answer = _issue(lifetimeSeconds=60)
    assert answer["expires_at"] == _policy(answer).deadline == 1_800_000_060


def test_a_fixed_key_is_told_and_is_the_scope() -> None:
    answer = _issue(key="avatars/$(endUser).jpg")
    assert (answer["key"], _policy(answer).scope) == (
        "avatars/u1.jpg",
        Scope("photos", "avatars/u1.jpg"),
    )


def test_a_prefix_is_the_scope_and_no_key() -> None:
    answer = _issue(keyPrefix="u/$(endUser)/")
    policy = _policy(answer)
    assert (policy.scope, policy.is_prefixal_scope) == (Scope("photos", "u/u1/"), True)
    assert "key" not in answer


def test_a_uuid_in_a_key_is_another_for_each_token() -> None:
    assert _issue(key="$(uuid)")["key"] != _issue(key="$(uuid)")["key"]


@pytest.mark.parametrize("end_user", ["你好", 'a"b\\c', "a:b", "$(uuid)", "u" * 1000])
def test_any_subject_gives_a_token_whose_policy_can_be_decoded(end_user: str) -> None:
    answer = _issue(replace(REQUEST, end_user=end_user))
    policy = json.loads(upload_token.verify(str(answer["token"]), RING).policy)
    assert policy["endUser"] == end_user


def test_a_field_of_tomorrow_is_signed_as_it_is() -> None:
    answer = _issue(policy={"new": ["\ud800", 1.5]})
    policy = json.loads(upload_token.verify(str(answer["token"]), RING).policy)
    assert policy["new"] == ["\ud800", 1.5]


# End users keep apart.


@pytest.mark.parametrize(
    ("end_user", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("../u2", "..%2Fu2"),
        ("$(uuid)", "$(uuid)"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("a..b", "a..b"),
    ],
)
def test_a_subject_is_one_segment_of_the_key(end_user: str, segment: str) -> None:
    answer = _issue(replace(REQUEST, end_user=end_user), key="u/$(endUser)/k")
    assert answer["key"] == f"u/{segment}/k"
    for user in ("$(endUser)", "${ endUser }"):
        policy = _policy(
            _issue(replace(REQUEST, end_user=end_user), policy={"saveKey": f"u/{user}/$(x:k)"})
        )
        facts = sample_variables(key=None, end_user=end_user, custom_variables={"x:k": "k"})
        assert choose(policy, None, facts) == f"u/{segment}/k"
        assert policy.end_user == end_user


def test_other_variables_of_a_save_key_are_signed_as_they_are() -> None:
    template = "$(endUsers)/$(x:endUser)/$(etag)"
    assert _policy(_issue(policy={"saveKey": template})).save_key == template


@pytest.mark.parametrize(
    ("end_user", "key"), [("a", "u/a%2Fb/k"), ("a", "u/ab/k"), ("a%2Fb", "u/a%2Fb/k")]
)
def test_a_user_cannot_write_under_the_prefix_of_another(end_user: str, key: str) -> None:
    policy = _policy(_issue(replace(REQUEST, end_user=end_user), keyPrefix="u/$(endUser)/"))
    with pytest.raises(KeyScopeMismatchError):
        check(policy, key)


# Refusals.


@pytest.mark.parametrize("end_user", [None, ""])
def test_nobody_gets_no_token(end_user: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        _issue(replace(REQUEST, end_user=end_user))


def test_nobody_is_not_told_whether_there_is_such_a_preset() -> None:
    with pytest.raises(UnauthenticatedError):
        _issue(replace(REQUEST, end_user=None, preset="none"))


def test_a_preset_that_there_is_not_is_told_so() -> None:
    with pytest.raises(NotFoundError):
        _issue(replace(REQUEST, preset="other"))


def test_without_presets_there_is_no_default() -> None:
    with pytest.raises(NotFoundError, match="no such preset: default"):
        token_issue.issue(replace(REQUEST, preset="default"), SETTINGS, ports(Presets()), NOW)


def test_where_nobody_is_a_stranger_the_default_is_the_bucket_alone() -> None:
    request = replace(REQUEST, preset="default", is_open=True)
    policy = _policy(token_issue.issue(request, SETTINGS, ports(Presets()), NOW))
    assert (policy.scope, policy.inserts_only) == (Scope("photos"), True)


def test_a_default_that_the_operator_wrote_is_used() -> None:
    store = Presets(default={"bucket": "videos"})
    request = replace(REQUEST, preset="default")
    policy = _policy(token_issue.issue(request, SETTINGS, ports(store), NOW))
    assert policy.scope == Scope("videos")


def test_no_other_preset_is_there_unwritten() -> None:
    with pytest.raises(NotFoundError, match="no such preset: p"):
        token_issue.issue(replace(REQUEST, is_open=True), SETTINGS, ports(Presets()), NOW)


# A user's day.


def test_the_quota_goes_into_the_token_under_the_presets_name() -> None:
    policy = _policy(_issue(quota={"uploadsPerDay": 3, "bytesPerDay": 9}))
    assert policy.quota == DailyQuota(name="p", uploads=3, size_bytes=9)


def test_no_quota_asks_for_no_usage() -> None:
    store = Presets(p={"bucket": "photos"})
    answer = token_issue.issue(REQUEST, SETTINGS, ports(store, Usage(uploads=10**6)), NOW)
    assert _policy(answer).quota is None


@pytest.mark.parametrize(
    ("quota", "usage"),
    [
        ({"uploadsPerDay": 3}, Usage(uploads=3)),
        ({"bytesPerDay": 9}, Usage(size_bytes=9)),
        ({"uploadsPerDay": 3, "bytesPerDay": 9}, Usage(uploads=1, size_bytes=9)),
    ],
)
def test_a_day_that_is_used_up_gives_no_token(quota: dict[str, int], usage: Usage) -> None:
    store = Presets(p={"bucket": "photos", "quota": quota})
    with pytest.raises(QuotaExceededError):
        token_issue.issue(REQUEST, SETTINGS, ports(store, usage), NOW)


@pytest.mark.parametrize(
    ("quota", "usage"),
    [
        ({"uploadsPerDay": 3}, Usage(uploads=2, size_bytes=10**9)),
        ({"bytesPerDay": 9}, Usage(uploads=10**6, size_bytes=8)),
    ],
)
def test_a_day_with_room_for_one_more_gives_a_token(quota: dict[str, int], usage: Usage) -> None:
    store = Presets(p={"bucket": "photos", "quota": quota})
    assert token_issue.issue(REQUEST, SETTINGS, ports(store, usage), NOW)["token"]


def test_a_broken_preset_gives_no_token() -> None:
    with pytest.raises(InvalidPresetError):
        _issue(policy={"endUser": "root"})


def test_a_preset_whose_token_no_gateway_would_read_is_refused() -> None:
    with pytest.raises(InvalidPresetError):
        _issue(policy={"returnBody": "a" * limits.TOKEN_BYTES})


# The request's body.


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}"])
def test_a_body_that_names_no_preset_means_the_default(body: bytes) -> None:
    assert token_issue.parse_preset_name(body) == "default"


def test_a_body_names_a_preset() -> None:
    assert token_issue.parse_preset_name(b' {"preset": "avatar-2"} ') == "avatar-2"


@pytest.mark.parametrize(
    "body",
    [
        b"preset=avatar",
        b"[]",
        b"null",
        b'"avatar"',
        b'{"preset":null}',
        b'{"preset":1}',
        b'{"preset":""}',
        b'{"preset":"a/b"}',
        b'{"preset":"#"}',
        b'{"preset":"a","endUser":"root"}',
        b'{"policy":{"scope":"b"}}',
        b'{"preset":"a"',
        b"\xff",
        b"[" * 100_000,
        b'{"preset":"' + b"a" * 65 + b'"}',
    ],
)
def test_anything_else_in_the_body_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgumentError):
        token_issue.parse_preset_name(body)


def test_a_refusal_does_not_send_the_body_back() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        token_issue.parse_preset_name(b'{"' + b"a" * 10_000 + b'":1}')
    assert len(caught.value.message) < 200
