"""The HTTP API's JWT authorizer.

AWS: "Control access to HTTP APIs with JWT authorizers". Signatures by RSA keys only, found by the
token's `kid` through the issuer's discovery document and kept for two hours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import jwt

from upgate_cli.local.authorizer import Caller, DeniedError
from upgate_cli.local.event import Request
from upgate_cli.local.security import JwtScheme

KEYS_SECONDS = 2 * 3600.0
FETCH_SECONDS = 5.0

_ALGORITHMS = ("RS256", "RS384", "RS512")
_FAULTS = (
    *(jwt.PyJWTError, KeyError, TypeError, ValueError),
    *(aiohttp.ClientError, TimeoutError),  # an issuer that cannot be asked vouches for nobody
)
# The audience is checked here (`client_id` may stand in for it); AWS looks at neither sub nor jti.
_OPTIONS: Any = {
    "require": ["exp", "iss"],
    "verify_aud": False,
    "verify_sub": False,
    "verify_jti": False,
}


class JwtAuthorizer:
    """Lets in who has a token of the issuer, for the audience, in its time."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        scheme: JwtScheme,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._scheme = scheme
        self._clock = clock
        self._keys: jwt.PyJWKSet | None = None
        self._keys_until = 0.0

    async def __call__(self, request: Request, /) -> Caller:
        """The token's claims, as text, and its scopes where the route asks for any."""
        token = _bearer(request)
        if not token:
            raise DeniedError(401, "Unauthorized", "Bearer")
        try:
            claims = await self._verify(token)
        except _FAULTS as error:
            raise DeniedError(401, "Unauthorized", _challenge("invalid_token")) from error
        scopes = _scopes(claims)
        if self._scheme.scopes and not self._scheme.scopes & set(scopes):
            raise DeniedError(403, "Forbidden", _challenge("insufficient_scope"))
        texts = {name: _claim_text(value) for name, value in claims.items()}
        return {"jwt": {"claims": texts, "scopes": scopes if self._scheme.scopes else None}}

    async def _verify(self, token: str) -> dict[str, Any]:
        keys = await self._issuer_keys()
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=_ALGORITHMS, issuer=self._scheme.issuer, options=_OPTIONS
        )
        audience = claims.get("aud", claims.get("client_id"))
        names = audience if isinstance(audience, list) else [audience]
        if not self._scheme.audience.intersection(names):
            raise jwt.InvalidAudienceError("for somebody else")
        return claims

    async def _issuer_keys(self) -> jwt.PyJWKSet:
        if self._keys is None or self._clock() >= self._keys_until:
            base = self._scheme.issuer.rstrip("/")
            async with asyncio.timeout(FETCH_SECONDS):
                discovered = await self._fetch(f"{base}/.well-known/openid-configuration")
                self._keys = jwt.PyJWKSet.from_dict(await self._fetch(discovered["jwks_uri"]))
            self._keys_until = self._clock() + KEYS_SECONDS
        return self._keys

    async def _fetch(self, url: str) -> dict[str, Any]:
        async with self._http.get(url, allow_redirects=False, raise_for_status=True) as answer:
            document = await answer.json(content_type=None)
        if not isinstance(document, dict):
            raise TypeError("not a JSON object")
        return document


def _bearer(request: Request) -> str:
    """The token of the Authorization header: alone, or behind the word Bearer."""
    value = next((text for name, text in request.headers if name.lower() == "authorization"), "")
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else value.strip()


def _challenge(error: str) -> str:
    return f'Bearer scope="" error="{error}"'


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """`scope` is a text with blanks between, `scp` that or a list."""
    found = claims.get("scope", claims.get("scp", ""))
    return [str(item) for item in (found if isinstance(found, list) else str(found).split())]


def _claim_text(value: Any) -> str:
    """A claim as the gateway hands it over: everything is text, a list is `[a b]`."""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{' '.join(map(_claim_text, value))}]"
        case dict():
            members = (f"{name}:{_claim_text(value[name])}" for name in sorted(value))
            return f"map[{' '.join(members)}]"
    return str(value)
