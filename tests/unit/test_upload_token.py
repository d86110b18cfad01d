from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiniu import Auth

from upgate import encoding, limits
from upgate.errors import BadTokenError, InvalidPolicyError, TokenMissingError
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyPair, KeyRing


class Vector(TypedDict):
    origin: str
    access_key: str
    secret_key: str
    policy: str
    signature: str


_FILE = Path(__file__).parents[1] / "vectors" / "tokens.json"
VECTORS: list[Vector] = json.loads(_FILE.read_text())

NEW, OLD = KeyPair("new-ak", "new-sk"), KeyPair("old-ak", "old-sk")
RING = KeyRing((NEW, OLD))
POLICY = b'{"scope":"bkt:a/b.jpg","deadline":1893456000}'
TOKEN = upload_token.sign(POLICY, NEW)
ACCESS_KEY, SIGNATURE, ENCODED = TOKEN.split(":")


def _signed_over(encoded: str) -> str:
    return f"new-ak:{NEW.sign(encoded.encode())}:{encoded}"


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["origin"] for vector in VECTORS])
def test_vector_gives_the_published_token(vector: Vector) -> None:
    pair = KeyPair(vector["access_key"], vector["secret_key"])
    encoded = encoding.encode(vector["policy"].encode())
    token = upload_token.sign(vector["policy"].encode(), pair)
    assert token == f"{vector['access_key']}:{vector['signature']}:{encoded}"


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["origin"] for vector in VECTORS])
def test_vector_is_verified(vector: Vector) -> None:
    pair = KeyPair(vector["access_key"], vector["secret_key"])
    encoded = encoding.encode(vector["policy"].encode())
    token = f"{vector['access_key']}:{vector['signature']}:{encoded}"
    verified = upload_token.verify(token, KeyRing((pair,)))
    assert verified.policy == vector["policy"].encode()


def test_the_whole_token_of_the_php_suite_is_verified() -> None:
    """protocol.md 1.1: PHP AuthTest, the token as it is printed there."""
    token = (
        "abcdefghklmnopq:yyeexeUkPOROoTGvwBjJ0F0VLEo="
        ":eyJlbmRVc2VyIjoieSIsInNjb3BlIjoiMToyIiwiZGVhZGxpbmUiOjEyMzQ1NzE0OTB9"
    )
    ring = KeyRing((KeyPair("abcdefghklmnopq", "1234567890"),))
    policy = put_policy.parse(upload_token.verify(token, ring).policy)
    assert (policy.scope.bucket, policy.scope.key, policy.end_user) == ("1", "2", "y")


def test_a_token_of_the_official_sdk_is_verified() -> None:
    token = Auth("new-ak", "new-sk").upload_token("bkt", "a/b.jpg", 3600, {"returnBody": "{}"})
    policy = put_policy.parse(upload_token.verify(token, RING).policy)
    assert (policy.scope.key, policy.return_body) == ("a/b.jpg", "{}")


@pytest.mark.parametrize("pair", [NEW, OLD], ids=["newest", "second"])
def test_every_pair_of_the_ring_verifies_and_is_told(pair: KeyPair) -> None:
    assert upload_token.verify(upload_token.sign(POLICY, pair), RING).key_pair is pair


def test_a_policy_is_verified_as_it_was_sent_and_never_serialised_again() -> None:
    policy = b'{ "deadline" : 1893456000,\n"scope":"b\\u006bt" }'
    assert upload_token.verify(upload_token.sign(policy, NEW), RING).policy == policy


def test_padding_may_be_missing_from_the_signature() -> None:
    assert upload_token.verify(f"{ACCESS_KEY}:{SIGNATURE.rstrip('=')}:{ENCODED}", RING)


def test_padding_may_be_missing_from_a_policy_signed_so() -> None:
    encoded = encoding.encode(b'{"scope":"bucket"}').rstrip("=")
    assert upload_token.verify(_signed_over(encoded), RING).policy == b'{"scope":"bucket"}'


def test_padding_taken_from_a_policy_after_signing_is_refused() -> None:
    encoded = encoding.encode(b'{"scope":"bucket"} ')
    assert encoded.endswith("=")
    signed = _signed_over(encoded)
    with pytest.raises(BadTokenError):
        upload_token.verify(signed.rstrip("="), RING)


def test_an_empty_token_is_missing() -> None:
    with pytest.raises(TokenMissingError):
        upload_token.verify("", RING)


@pytest.mark.parametrize(
    "token",
    [
        "new-ak",
        "new-ak:",
        f"new-ak:{SIGNATURE}",
        ":",
        "::",
        f":{SIGNATURE}:{ENCODED}",
        f"new-ak::{ENCODED}",
        f"new-ak:{SIGNATURE}:",
        f"{TOKEN}:",
        f"{TOKEN}:x",
        f":app:{TOKEN}",  # the five segments of a sub-account
        f" {TOKEN}",
        f"{TOKEN} ",
        f"{TOKEN}\n",
        f"{TOKEN}=",
        f"{ACCESS_KEY}:{SIGNATURE}=:{ENCODED}",
        TOKEN.replace("new-ak", "new-aк"),  # a Cyrillic letter
        TOKEN.replace("new-ak", "old-ak"),
        TOKEN.replace("new-ak", "other"),
        TOKEN.replace("new-ak", "NEW-AK"),
        f"UpToken {TOKEN}",
        f"new-ak:{SIGNATURE}:\udc80",  # no UTF-8 has it
        f"new-ak:\udc80:{ENCODED}",
        _signed_over("e30=:e30="),
    ],
)
def test_a_token_of_another_shape_or_key_is_bad(token: str) -> None:
    with pytest.raises(BadTokenError):
        upload_token.verify(token, RING)


def test_a_changed_policy_is_bad() -> None:
    encoded = encoding.encode(POLICY.replace(b"a/b", b"a/c"))
    with pytest.raises(BadTokenError):
        upload_token.verify(f"{ACCESS_KEY}:{SIGNATURE}:{encoded}", RING)


def test_the_same_policy_with_another_spacing_is_bad() -> None:
    encoded = encoding.encode(POLICY.replace(b":", b": "))
    with pytest.raises(BadTokenError):
        upload_token.verify(f"{ACCESS_KEY}:{SIGNATURE}:{encoded}", RING)


def test_a_signature_over_the_decoded_policy_is_bad() -> None:
    with pytest.raises(BadTokenError):
        upload_token.verify(f"{ACCESS_KEY}:{NEW.sign(POLICY)}:{ENCODED}", RING)


@pytest.mark.parametrize("encoded", ["!!!", "Zh==", encoding.encode(b"not json")])
def test_a_broken_policy_under_a_wrong_signature_is_a_bad_token(encoded: str) -> None:
    with pytest.raises(BadTokenError):
        upload_token.verify(f"{ACCESS_KEY}:{SIGNATURE}:{encoded}", RING)


@pytest.mark.parametrize("encoded", ["!!!", "Zh==", "Zm9v+/=="])
def test_a_rightly_signed_policy_that_is_not_base64_is_a_policy_fault(encoded: str) -> None:
    with pytest.raises(InvalidPolicyError):
        upload_token.verify(_signed_over(encoded), RING)


def _token_of_length(length: int) -> str:
    head = len(f"new-ak:{SIGNATURE}:")
    return _signed_over("A" * (length - head))


def test_a_token_at_the_limit_is_read() -> None:
    token = _token_of_length(limits.TOKEN_BYTES)
    assert len(token) == limits.TOKEN_BYTES
    assert upload_token.verify(token, RING).key_pair is NEW


def test_a_token_one_byte_over_the_limit_is_bad() -> None:
    with pytest.raises(BadTokenError):
        upload_token.verify(_token_of_length(limits.TOKEN_BYTES + 1), RING)


@pytest.mark.parametrize(
    "token", [f"other:{SIGNATURE}:{ENCODED}", f"new-ak:{OLD.sign(ENCODED.encode())}:{ENCODED}", "x"]
)
def test_unknown_key_wrong_signature_and_wrong_shape_read_the_same(token: str) -> None:
    with pytest.raises(BadTokenError) as caught:
        upload_token.verify(token, RING)
    assert caught.value.message == "bad token"


def test_no_refusal_shows_the_token() -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        upload_token.verify(_signed_over("!secret!"), RING)
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.integers(0, len(TOKEN) * 7 - 1))
def test_any_bit_flipped_is_refused(bit: int) -> None:
    changed = bytearray(TOKEN.encode())
    changed[bit // 7] ^= 1 << bit % 7
    with pytest.raises(BadTokenError):
        upload_token.verify(changed.decode("ascii"), RING)
