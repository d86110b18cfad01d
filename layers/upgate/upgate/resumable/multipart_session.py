"""`uploadId`: one v2 upload, in the client's hands (protocol.md 4)."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

from upgate import limits
from upgate.errors import NoSuchUploadError
from upgate.tokens import signed_state
from upgate.tokens.keys import KeyPair

_KIND = "uploadId"
_LAYOUT = struct.Struct(">16sQ")


@dataclass(frozen=True, slots=True)
class MultipartSession:
    """A v2 upload: a random id that names its objects, and when it began (Unix seconds)."""

    session_id: str
    created_at: int

    @property
    def expires_at(self) -> int:
        """Unix seconds."""
        return self.created_at + limits.RESUMABLE_LIFETIME_SECONDS

    def to_text(self, bucket: str, key: str | None, pair: KeyPair) -> str:
        """The uploadId as the client gets it: 54 characters."""
        payload = _LAYOUT.pack(bytes.fromhex(self.session_id), self.created_at)
        return signed_state.seal(_KIND, _bound(bucket, key), payload, pair)


def begin(now_seconds: float) -> MultipartSession:
    """Begin an upload."""
    return MultipartSession(secrets.token_hex(16), int(now_seconds))


def parse(
    text: str, bucket: str, key: str | None, pair: KeyPair, now_seconds: float
) -> MultipartSession:
    """Read an uploadId that was given out for this bucket, key (None: no key) and access key.

    Raises:
        NoSuchUploadError: forged, given out to somebody else, or expired: nothing tells which.
    """
    try:
        payload = signed_state.unseal(_KIND, _bound(bucket, key), text, pair)
        session_id, created_at = _LAYOUT.unpack(payload)
    except (ValueError, struct.error):
        raise NoSuchUploadError from None
    session = MultipartSession(session_id.hex(), created_at)
    if session.expires_at <= now_seconds:
        raise NoSuchUploadError
    return session


def _bound(bucket: str, key: str | None) -> tuple[str, ...]:
    return (bucket,) if key is None else (bucket, key)
