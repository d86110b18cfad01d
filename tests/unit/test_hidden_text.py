from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upgate import encoding
from upgate.tokens import hidden_text
from upgate.tokens.keys import KeyPair

PAIR = KeyPair("testak", "testsk")
OTHER = KeyPair("testak", "another")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=128)


@given(TEXTS)
def test_a_text_is_read_by_whoever_has_the_pair(text: str) -> None:
    hidden = hidden_text.hide("a", text, PAIR)
    assert hidden.isascii()
    assert hidden_text.reveal("a", hidden, [OTHER, PAIR]) == text
    assert hidden_text.reveal("a", hidden, [OTHER]) is None
    assert hidden_text.reveal("b", hidden, [PAIR]) is None
    assert hidden_text.reveal("a", hidden, []) is None


def test_the_same_text_never_looks_the_same() -> None:
    looks = {hidden_text.hide("a", "user-1", PAIR) for _ in range(50)}
    assert len(looks) == 50
    assert not any(b"user-1" in encoding.decode(look) for look in looks)


def test_each_block_has_a_stream_of_its_own() -> None:
    """Zeros show the stream itself: 32 bytes of it must not come again in the next block."""
    hidden = encoding.decode(hidden_text.hide("a", "\0" * 96, PAIR))[12:-12]
    assert len({hidden[start : start + 32] for start in (0, 32, 64)}) == 3


def test_a_changed_text_is_no_text() -> None:
    raw = bytearray(encoding.decode(hidden_text.hide("a", "user-1", PAIR)))
    for index in range(len(raw)):
        changed = bytearray(raw)
        changed[index] ^= 1
        assert hidden_text.reveal("a", encoding.encode(bytes(changed)), [PAIR]) is None


@pytest.mark.parametrize("hidden", ["", "x", "*", "AAAA", "é"])
def test_what_another_tool_wrote_is_no_text(hidden: str) -> None:
    assert hidden_text.reveal("a", hidden, [PAIR]) is None
