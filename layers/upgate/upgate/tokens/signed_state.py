"""What the gateway gives to a client and wants back unchanged: signed, readable by nobody's trust.

A ctx and an uploadId are such texts, so that a resumable upload needs no session table. What a text
is bound to (bucket, key, access key) is signed with it but not in it: whoever brings it has to
have the same, and short texts make short paths and mkfile bodies.
"""

from __future__ import annotations

import hmac

from upgate import encoding
from upgate.tokens.keys import KeyPair

# 128 bits of HMAC-SHA256 (RFC 2104, 5: not below half of the hash's length).
_MAC_BYTES = 16


def seal(kind: str, bound: tuple[str, ...], payload: bytes, pair: KeyPair) -> str:
    """Sign a payload; URL-safe, without comma or padding. `kind` keeps the uses apart."""
    return encoding.encode(_mac(kind, bound, payload, pair) + payload).rstrip("=")


def unseal(kind: str, bound: tuple[str, ...], text: str, pair: KeyPair) -> bytes:
    """The payload of a text that `seal` made with the very same kind, bindings and pair.

    Raises:
        ValueError: it is another text, whatever the reason.
    """
    sealed = encoding.decode(text)
    mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(kind, bound, payload, pair)):
        raise ValueError("not sealed here, or not for this")
    return payload


def _mac(kind: str, bound: tuple[str, ...], payload: bytes, pair: KeyPair) -> bytes:
    items = [text.encode() for text in ("upgate", kind, pair.access_key, *bound)]
    # With its length before each item, no two lists of items make the same message.
    message = b"".join(len(item).to_bytes(4) + item for item in (*items, payload))
    return hmac.digest(pair.secret_key.encode(), message, "sha256")[:_MAC_BYTES]
