"""`ctx`: the state of one block of a v1 upload, in the client's hands (protocol.md 3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from upgate import encoding, limits
from upgate.errors import InvalidContextError
from upgate.resumable import work_names
from upgate.resumable.piece import Piece
from upgate.tokens import signed_state
from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import Scope

_KIND = "ctx"
_LAYOUT = struct.Struct(">12sII20sIQ")
_ONE_BLOCK = b"\x16"  # the first byte of an etag up to 4 MiB (protocol.md 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockContext:
    """A block so far: `offset` of `block_bytes` are there, with this SHA-1 and CRC-32."""

    block_id: bytes
    block_bytes: int
    offset: int
    sha1: bytes
    crc32: int
    created_at: int

    @property
    def expires_at(self) -> int:
        """Unix seconds; the stored bytes live a day longer (the work bucket's lifecycle)."""
        return self.created_at + limits.RESUMABLE_LIFETIME_SECONDS

    @property
    def piece(self) -> Piece:
        """The object that holds the block so far."""
        name = work_names.block(self.block_id, self.offset, self.sha1)
        return Piece(name, self.offset, encoding.encode(_ONE_BLOCK + self.sha1), self.crc32)

    def to_text(self, scope: Scope, pair: KeyPair) -> str:
        """The ctx as the client gets it: 91 characters, whatever the scope."""
        payload = _LAYOUT.pack(
            self.block_id, self.block_bytes, self.offset, self.sha1, self.crc32, self.created_at
        )
        return signed_state.seal(_KIND, _bound(scope), payload, pair)


def parse(text: str, scope: Scope, pair: KeyPair, now_seconds: float) -> BlockContext:
    """Read a ctx that was given out under this scope and access key.

    Raises:
        InvalidContextError: forged, given out to somebody else, or expired: nothing tells which.
    """
    try:
        payload = signed_state.unseal(_KIND, _bound(scope), text, pair)
        block_id, block_bytes, offset, sha1, crc32, created_at = _LAYOUT.unpack(payload)
    except (ValueError, struct.error):
        raise InvalidContextError from None
    context = BlockContext(
        block_id=block_id,
        block_bytes=block_bytes,
        offset=offset,
        sha1=sha1,
        crc32=crc32,
        created_at=created_at,
    )
    if context.expires_at <= now_seconds:
        raise InvalidContextError
    return context


def _bound(scope: Scope) -> tuple[str, ...]:
    return (scope.bucket,) if scope.key is None else (scope.bucket, scope.key)
