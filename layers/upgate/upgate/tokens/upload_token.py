"""The upload token: `AccessKey:Signature:Policy` (protocol.md 1.1).

The signature is checked over the third segment as received, before anything in it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from upgate import encoding, limits
from upgate.errors import BadTokenError, InvalidPolicyError, TokenMissingError
from upgate.tokens.keys import KeyPair


class KeyLookup(Protocol):
    """Where the pair of an access key comes from: a KeyRing, or one that refreshes itself."""

    def find(self, access_key: str) -> KeyPair | None:
        """The pair of an access key, or None."""
        ...


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token whose signature was found right: who signed, and the policy's JSON text."""

    key_pair: KeyPair
    policy: bytes


def sign(policy: bytes, pair: KeyPair) -> str:
    """Make the upload token of a policy's JSON text."""
    encoded = encoding.encode(policy)
    return f"{pair.access_key}:{pair.sign(encoded.encode())}:{encoded}"


def verify(token: str, keys: KeyLookup) -> VerifiedToken:
    """Check shape, access key and signature, then decode the policy.

    The five-segment form of sub-accounts is refused: this gateway has none.

    Raises:
        TokenMissingError: the token is empty.
        BadTokenError: wrong shape, unknown access key or wrong signature.
        InvalidPolicyError: rightly signed, but the policy is not URL-safe base64.
    """
    if not token:
        raise TokenMissingError
    if len(token) > limits.TOKEN_BYTES or not token.isascii():
        raise BadTokenError
    access_key, _, rest = token.partition(":")
    signature, colon, encoded = rest.partition(":")
    if not (access_key and signature and colon) or ":" in encoded:
        raise BadTokenError
    pair = keys.find(access_key)
    if pair is None or not pair.is_signature(encoded.encode(), signature):
        raise BadTokenError
    try:
        return VerifiedToken(pair, encoding.decode(encoded))
    except ValueError as error:
        raise InvalidPolicyError from error
