from __future__ import annotations

import dataclasses

import pytest

from upgate import encoding, limits
from upgate.errors import InvalidContextError
from upgate.resumable import block_context
from upgate.resumable.block_context import BlockContext
from upgate.tokens import signed_state
from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import Scope

PAIR = KeyPair("testak", "testsk")
SCOPE = Scope("demo")
BLOCK = BlockContext(
    block_id=bytes(range(12)),
    block_bytes=4 * 1024 * 1024,
    offset=5,
    sha1=bytes.fromhex("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),  # of `hello`
    crc32=0x3610A686,
    created_at=1_800_000_000,
)


def test_ctx_comes_back_as_it_was() -> None:
    text = BLOCK.to_text(SCOPE, PAIR)
    assert block_context.parse(text, SCOPE, PAIR, BLOCK.created_at) == BLOCK
    assert len(text) == 91


def test_piece_of_a_block_is_known_by_the_etag_of_its_bytes() -> None:
    assert BLOCK.piece.etag == "Fqr0xh3cxeii2r7eDztILNmuqUNN"  # protocol.md 5, `hello`
    assert BLOCK.piece.size_bytes == 5


def test_blocks_of_other_bytes_have_other_names() -> None:
    others = [{"offset": 6}, {"sha1": bytes(20)}, {"block_id": bytes(12)}]
    names = {dataclasses.replace(BLOCK, **other).piece.name for other in others}  # type: ignore[arg-type]
    assert len(names | {BLOCK.piece.name}) == 4


@pytest.mark.parametrize("scope", [Scope("other"), Scope("demo", ""), Scope("demo", "k")])
def test_ctx_of_another_scope_is_refused(scope: Scope) -> None:
    with pytest.raises(InvalidContextError):
        block_context.parse(BLOCK.to_text(SCOPE, PAIR), scope, PAIR, BLOCK.created_at)


def test_ctx_lives_seven_days_to_the_second() -> None:
    text, end = BLOCK.to_text(SCOPE, PAIR), BLOCK.created_at + 7 * 24 * 3600
    assert BLOCK.expires_at == end
    assert block_context.parse(text, SCOPE, PAIR, end - 1) == BLOCK
    with pytest.raises(InvalidContextError):
        block_context.parse(text, SCOPE, PAIR, end)
    assert limits.RESUMABLE_LIFETIME_SECONDS == 604_800


@pytest.mark.parametrize("payload", [b"", bytes(51), bytes(53)])
def test_sealed_text_of_another_shape_is_refused(payload: bytes) -> None:
    text = signed_state.seal("ctx", ("demo",), payload, PAIR)
    with pytest.raises(InvalidContextError):
        block_context.parse(text, SCOPE, PAIR, 0)


def test_upload_id_is_no_ctx() -> None:
    text = signed_state.seal("uploadId", ("demo",), bytes(52), PAIR)
    assert encoding.decode(text)
    with pytest.raises(InvalidContextError):
        block_context.parse(text, SCOPE, PAIR, 0)
