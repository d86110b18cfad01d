from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upgate import encoding

# RFC 4648, 10; the last two hold the characters in which the two alphabets differ.
RFC_4648 = [
    (b"", ""),
    (b"f", "Zg=="),
    (b"fo", "Zm8="),
    (b"foo", "Zm9v"),
    (b"foob", "Zm9vYg=="),
    (b"fooba", "Zm9vYmE="),
    (b"foobar", "Zm9vYmFy"),
    (b"\xfb\xef\xff", "--__"),
    (b"\xff\xff\xfe", "___-"),
]


@pytest.mark.parametrize(("data", "text"), RFC_4648)
def test_rfc_4648_vector_is_encoded_with_padding(data: bytes, text: str) -> None:
    assert encoding.encode(data) == text


@pytest.mark.parametrize(("data", "text"), RFC_4648)
def test_rfc_4648_vector_is_decoded(data: bytes, text: str) -> None:
    assert encoding.decode(text) == data


@pytest.mark.parametrize(("data", "text"), RFC_4648)
def test_missing_padding_is_accepted(data: bytes, text: str) -> None:
    assert encoding.decode(text.rstrip("=")) == data


@pytest.mark.parametrize(
    "text",
    [
        "Zg=",  # half of the padding
        "Zg===",
        "Zm9v=",  # padding where none belongs
        "Zm9v====",
        "=",
        "==",
        "====",
        "Z",  # six bits are no byte
        "Zm9vY",
        "Zh==",  # stray bits in the last character
        "Zm9=",
        "Zm9v\n",
        " Zm9v",
        "Zm 9v",
        "Zm9v+/==",  # the other alphabet
        "+/+/",
        "Zg==Zg==",
        "Zm9vZé==",
        "Ｚm9v",  # a full-width letter
        "Zm9v\0",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        encoding.decode(text)


def test_text_is_decoded_as_utf_8() -> None:
    assert encoding.decode_text("5L2g5aW9") == "你好"


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        encoding.decode_text(encoding.encode(b"\xff"))


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.binary())
def test_what_was_encoded_decodes_to_itself(data: bytes) -> None:
    assert encoding.decode(encoding.encode(data)) == data


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.text(alphabet=st.sampled_from("AQZaz09-_=+/\n é"), max_size=12))
def test_any_text_is_refused_or_the_canonical_one(text: str) -> None:
    try:
        data = encoding.decode(text)
    except ValueError:
        return
    assert text in (encoding.encode(data), encoding.encode(data).rstrip("="))


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.binary(min_size=1), st.data())
def test_one_character_changed_is_refused_or_decodes_differently(
    data: bytes, draw: st.DataObject
) -> None:
    text = encoding.encode(data)
    at = draw.draw(st.integers(0, len(text) - 1))
    other = draw.draw(st.characters(exclude_characters=text[at]))
    try:
        mutated = encoding.decode(text[:at] + other + text[at + 1 :])
    except ValueError:
        return
    assert mutated != data
