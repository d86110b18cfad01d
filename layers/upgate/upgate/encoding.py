"""URL-safe base64 as the protocol uses it (protocol.md 0): RFC 4648 section 5, with padding."""

from __future__ import annotations

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z", re.ASCII)


def encode(data: bytes | bytearray | memoryview) -> str:
    """Encode with padding, as every official SDK does."""
    return base64.urlsafe_b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Decode strictly: padding may be missing, nothing else may re-encode differently.

    Raises:
        ValueError: another alphabet, wrong padding, or stray bits in the last character.
    """
    stripped = text.rstrip("=")
    if not _ALPHABET.match(text) or len(text) not in (len(stripped), -(-len(stripped) // 4) * 4):
        raise ValueError("not URL-safe base64")
    try:
        data = base64.urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))
    except binascii.Error as error:
        raise ValueError("not URL-safe base64") from error
    if encode(data).rstrip("=") != stripped:
        raise ValueError("not canonical base64: stray bits in the last character")
    return data


def decode_text(text: str) -> str:
    """Decode base64 that holds UTF-8 text; raises ValueError as `decode` does, or for bad UTF-8."""
    return decode(text).decode("utf-8")
