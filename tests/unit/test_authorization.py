from __future__ import annotations

import json
from typing import Any

import pytest

from upgate.errors import (
    BadTokenError,
    CallbackBodyMissingError,
    InvalidPolicyError,
    NoSuchBucketError,
    ScopeMissingError,
    TokenExpiredError,
    TokenMissingError,
)
from upgate.tokens import upload_token
from upgate.tokens.authorization import Grant, authorize, upload_token_of
from upgate.tokens.keys import KeyPair, KeyRing

PAIR = KeyPair("ak", "sk")
BUCKETS = {"photos": "stack-uploads-1"}
NOW = 1_800_000_000.0


def _token(pair: KeyPair = PAIR, **policy: Any) -> str:
    fields = {"scope": "photos", "deadline": int(NOW) + 1, **policy}
    return upload_token.sign(json.dumps(fields).encode(), pair)


def _authorize(token: str, *, deadline_required: bool = False) -> Grant:
    return authorize(token, KeyRing((PAIR,)), BUCKETS, NOW, deadline_required=deadline_required)


@pytest.mark.parametrize(
    "header", ["UpToken ak:sign:policy", "uptoken ak:sign:policy", " UPTOKEN  ak:sign:policy "]
)
def test_the_token_is_taken_out_of_the_header(header: str) -> None:
    assert upload_token_of(header) == "ak:sign:policy"


@pytest.mark.parametrize("header", [None, "", " ", "UpToken", "UpToken "])
def test_no_token_is_missing(header: str | None) -> None:
    with pytest.raises(TokenMissingError):
        upload_token_of(header)


@pytest.mark.parametrize(
    "header",
    ["QBox ak:sign", "Qiniu ak:sign", "Bearer x", "ak:sign:policy", "UpToken a b", "UpTokena"],
)
def test_another_scheme_is_a_bad_token(header: str) -> None:
    with pytest.raises(BadTokenError):
        upload_token_of(header)


def test_a_good_token_grants_its_policy_in_its_bucket() -> None:
    grant = _authorize(_token(endUser="u1"))
    assert (grant.policy.end_user, grant.key_pair, grant.s3_bucket) == (
        "u1",
        PAIR,
        "stack-uploads-1",
    )


def test_no_token_is_told_so() -> None:
    with pytest.raises(TokenMissingError):
        _authorize("")


def test_a_wrong_signature_is_told_before_anything_in_the_policy() -> None:
    forged = _token(KeyPair("ak", "guess"), scope=1, deadline=0)
    with pytest.raises(BadTokenError):
        _authorize(forged)


def test_a_deadline_that_has_come_is_told_before_the_bucket() -> None:
    with pytest.raises(TokenExpiredError):
        _authorize(_token(deadline=int(NOW), scope="other"))


def test_a_token_without_deadline_is_good_by_default() -> None:
    assert _authorize(_token(deadline=None)).policy.deadline is None


def test_a_token_without_deadline_is_refused_where_the_stack_asks_for_one() -> None:
    with pytest.raises(InvalidPolicyError):
        _authorize(_token(deadline=None), deadline_required=True)


@pytest.mark.parametrize("scope", ["other", "Photos", "photos ", "stack-uploads-1", "other:k"])
def test_a_bucket_that_is_not_of_this_stack_is_told_so(scope: str) -> None:
    with pytest.raises(NoSuchBucketError):
        _authorize(_token(scope=scope))


def test_a_policy_without_scope_is_told_so() -> None:
    with pytest.raises(ScopeMissingError):
        _authorize(_token(scope=""))


def test_a_callback_without_body_is_refused_here() -> None:
    with pytest.raises(CallbackBodyMissingError):
        _authorize(_token(callbackUrl="https://app.example/cb"))
