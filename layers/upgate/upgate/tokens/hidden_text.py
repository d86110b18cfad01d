"""A short text that stands in public and that only a holder of the key pairs can read.

An object's metadata goes to everybody who downloads it, and `endUser` is who somebody is. Encrypted
by HMAC-SHA256 in counter mode and authenticated by another HMAC, encrypt-then-MAC, each with a key
of its own: Python has no cipher, and a library for one would cost every upload its import.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable

from upgate import encoding
from upgate.tokens.keys import KeyPair

_NONCE_BYTES = 12
_MAC_BYTES = 12


def hide(kind: str, text: str, pair: KeyPair) -> str:
    """Encrypt a text; never the same twice. `kind` keeps the uses apart."""
    nonce = os.urandom(_NONCE_BYTES)
    hidden = nonce + _cipher(kind, nonce, text.encode(), pair)
    return encoding.encode(hidden + _mac(kind, hidden, pair)).rstrip("=")


def reveal(kind: str, hidden: str, pairs: Iterable[KeyPair]) -> str | None:
    """The text, by whichever pair hid it; None where it was none of these, or was changed."""
    try:
        raw = encoding.decode(hidden)
    except ValueError:
        return None
    sealed, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    for pair in pairs:
        if hmac.compare_digest(mac, _mac(kind, sealed, pair)):
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return _cipher(kind, nonce, text, pair).decode()
    return None


def _cipher(kind: str, nonce: bytes, text: bytes, pair: KeyPair) -> bytes:
    """Encrypt or decrypt: the same operation in counter mode (NIST SP 800-38A, 6.5)."""
    key = _key(f"{kind}/cipher", pair)
    blocks = range(-(-len(text) // 32))
    stream = b"".join(hmac.digest(key, nonce + block.to_bytes(4), "sha256") for block in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _mac(kind: str, sealed: bytes, pair: KeyPair) -> bytes:
    return hmac.digest(_key(f"{kind}/mac", pair), sealed, "sha256")[:_MAC_BYTES]


def _key(purpose: str, pair: KeyPair) -> bytes:
    return hmac.digest(pair.secret_key.encode(), f"upgate/{purpose}".encode(), "sha256")
