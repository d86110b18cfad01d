"""A little OpenID Connect issuer on loopback: discovery, one RSA key, and the tokens it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply

AUDIENCE = "upgate-app"
KEY_ID = "key-1"


class OidcIssuer:
    """Signs tokens for `AUDIENCE`; `requests` counts how often it was asked for anything."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""
        self.requests = 0

    def __call__(self, request: Received) -> Reply:
        self.requests += 1
        documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [self._public_key()]},
        }
        if request.path not in documents:
            return Reply(404)
        return Reply(200, json.dumps(documents[request.path]).encode())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token says; a change to None leaves the claim out."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "user-7",
            "iat": now - 10,
            "nbf": now - 10,
            "exp": now + 600,
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def token(
        self, *, key: rsa.RSAPrivateKey | None = None, kid: str = KEY_ID, **changes: Any
    ) -> str:
        """A token with the issuer's signature, or by another key."""
        return jwt.encode(self.claims(**changes), key or self.key, "RS256", {"kid": kid})

    def unsigned_token(self) -> str:
        """`alg: none`, with nothing where the signature would be."""
        return f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': KEY_ID})}.{_part(self.claims())}."

    def confused_token(self) -> str:
        """HS256 with the public key as the secret, which everybody has (RFC 8725, 2.1)."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': KEY_ID})}.{_part(self.claims())}"
        return f"{signed}.{_base64(hmac.digest(public, signed.encode(), hashlib.sha256))}"

    def _public_key(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KEY_ID,
            "n": _base64(numbers.n.to_bytes(256)),
            "e": _base64(numbers.e.to_bytes(3)),
        }


@contextmanager
def running() -> Iterator[OidcIssuer]:
    """Serve until the block ends."""
    issuer = OidcIssuer()
    with loopback.serve(issuer) as origin:
        issuer.url = origin
        yield issuer


def _part(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
