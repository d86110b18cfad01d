"""Access keys and secret keys: an ordered ring, so that a rotation needs no downtime."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from upgate import encoding


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One access key with its secret; the secret never shows in a repr, so never in a log."""

    access_key: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        # An empty secret would let anyone sign; a colon would end the access key in a token.
        if not self.access_key or not self.secret_key or ":" in self.access_key:
            raise ValueError("a key pair needs a secret key, and an access key without a colon")

    def sign(self, data: bytes) -> str:
        """HMAC-SHA1 in URL-safe base64: the one signature of the protocol (protocol.md 1.1)."""
        return encoding.encode(hmac.digest(self.secret_key.encode(), data, "sha1"))

    def is_signature(self, data: bytes, signature: str) -> bool:
        """Whether `signature` is this pair's over `data`, in constant time.

        The padding may be missing (protocol.md 0); nothing else may differ.
        """
        expected, received = self.sign(data).encode(), signature.encode()
        return hmac.compare_digest(expected, received) | hmac.compare_digest(
            expected.rstrip(b"="), received
        )


class KeyRing:
    """Key pairs, newest first: the newest signs, every one verifies."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: tuple[KeyPair, ...]) -> None:
        if not pairs:
            raise ValueError("a key ring needs at least one key pair")
        if len({pair.access_key for pair in pairs}) != len(pairs):
            raise ValueError("an access key stands twice in the key ring")
        self._pairs: Mapping[str, KeyPair] = {pair.access_key: pair for pair in pairs}

    def __iter__(self) -> Iterator[KeyPair]:
        return iter(self._pairs.values())

    @property
    def newest(self) -> KeyPair:
        """The pair that signs."""
        return next(iter(self))

    def find(self, access_key: str) -> KeyPair | None:
        """The pair of an access key, or None."""
        return self._pairs.get(access_key)
