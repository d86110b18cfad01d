from __future__ import annotations

import re

import pytest

from upgate.tokens import signed_state
from upgate.tokens.keys import KeyPair

PAIR = KeyPair("testak", "testsk")
SEALED = signed_state.seal("kind", ("a", "bc"), b"payload", PAIR)


def test_sealed_text_opens_to_its_payload() -> None:
    assert signed_state.unseal("kind", ("a", "bc"), SEALED, PAIR) == b"payload"


def test_sealed_text_is_one_segment_of_a_path_and_one_item_of_a_list() -> None:
    texts = [signed_state.seal("k", (), bytes([number]) * 9, PAIR) for number in range(256)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", text) for text in texts)


@pytest.mark.parametrize(
    ("kind", "bound", "pair"),
    [
        ("other", ("a", "bc"), PAIR),
        ("kind", ("ab", "c"), PAIR),
        ("kind", ("a", "bc", ""), PAIR),
        ("kind", ("a",), PAIR),
        ("kind", ("a", "bc"), KeyPair("testak", "other")),
        ("kind", ("a", "bc"), KeyPair("other", "testsk")),
    ],
)
def test_other_kind_binding_or_pair_does_not_open(
    kind: str, bound: tuple[str, ...], pair: KeyPair
) -> None:
    with pytest.raises(ValueError, match="not sealed"):
        signed_state.unseal(kind, bound, SEALED, pair)


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_every_character_counts(place: int) -> None:
    other = "A" if SEALED[place] != "A" else "B"
    with pytest.raises(ValueError, match="not"):
        signed_state.unseal("kind", ("a", "bc"), SEALED[:place] + other + SEALED[place + 1 :], PAIR)


@pytest.mark.parametrize("text", ["", "A", "AAAA", SEALED[:-1], SEALED + "A", "é", SEALED + "\n"])
def test_other_texts_do_not_open(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        signed_state.unseal("kind", ("a", "bc"), text, PAIR)
