from __future__ import annotations

import pytest

from upgate.tokens.keys import KeyPair, KeyRing

OLD, NEW = KeyPair("old", "secret-1"), KeyPair("new", "secret-2")


@pytest.mark.parametrize(
    ("pair", "text", "signature"),
    [
        # protocol.md 1.1: PHP tests AuthTest
        (KeyPair("abcdefghklmnopq", "1234567890"), b"test", "mSNBTR7uS2crJsyFr2Amwv1LaYg="),
        # protocol.md 1.1: GO auth tests
        (KeyPair("ak", "sk"), b"hello", "NDN8cM0rwosxhHJ6QAcI7ialr0g="),
    ],
)
def test_vector_gives_the_published_signature(pair: KeyPair, text: bytes, signature: str) -> None:
    assert pair.sign(text) == signature


def test_a_signature_is_accepted_without_its_padding() -> None:
    assert OLD.is_signature(b"hello", OLD.sign(b"hello").rstrip("="))


@pytest.mark.parametrize("change", ["=", " ", "\n", "A"])
def test_a_signature_with_anything_appended_is_refused(change: str) -> None:
    assert not OLD.is_signature(b"hello", OLD.sign(b"hello") + change)


def test_a_signature_of_another_pair_is_refused() -> None:
    assert not OLD.is_signature(b"hello", NEW.sign(b"hello"))


def test_a_signature_of_other_data_is_refused() -> None:
    assert not OLD.is_signature(b"hellp", OLD.sign(b"hello"))


@pytest.mark.parametrize("signature", ["", "=", "é" * 14])
def test_no_signature_at_all_is_refused(signature: str) -> None:
    assert not OLD.is_signature(b"hello", signature)


def test_the_secret_is_in_no_repr() -> None:
    assert "secret" not in repr(OLD).replace("secret_key", "")


@pytest.mark.parametrize(("access_key", "secret_key"), [("", "s"), ("a", ""), ("a:b", "s")])
def test_a_pair_that_could_sign_for_anyone_or_no_one_is_refused(
    access_key: str, secret_key: str
) -> None:
    with pytest.raises(ValueError, match="key pair"):
        KeyPair(access_key, secret_key)


def test_the_first_pair_of_a_ring_signs() -> None:
    assert KeyRing((NEW, OLD)).newest is NEW


def test_every_pair_of_a_ring_is_found() -> None:
    ring = KeyRing((NEW, OLD))
    assert [ring.find("new"), ring.find("old")] == [NEW, OLD]


@pytest.mark.parametrize("access_key", ["", "NEW", "new ", "other"])
def test_another_access_key_is_not_found(access_key: str) -> None:
    assert KeyRing((NEW, OLD)).find(access_key) is None


def test_an_empty_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        KeyRing(())


def test_an_access_key_twice_in_a_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        KeyRing((NEW, KeyPair("new", "secret-3")))
