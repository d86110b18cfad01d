"""The local gateway's JWT authorizer against an issuer on loopback.

What is let in and what not: AWS, "Control access to HTTP APIs with JWT authorizers".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes import oidc_issuer
from tests.fakes.oidc_issuer import AUDIENCE, OidcIssuer
from upgate_cli.local import jwt_authorizer
from upgate_cli.local.authorizer import Caller, DeniedError
from upgate_cli.local.event import Request
from upgate_cli.local.jwt_authorizer import JwtAuthorizer
from upgate_cli.local.security import JwtScheme


@pytest.fixture(scope="module")
def issuer() -> Iterator[OidcIssuer]:
    with oidc_issuer.running() as running:
        yield running


def ask(
    issuer: OidcIssuer,
    *authorizations: str | None,
    scopes: frozenset[str] = frozenset(),
    url: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Caller:
    """What the authorizer says to the last of several requests."""

    async def talk() -> Caller:
        async with aiohttp.ClientSession() as http:
            scheme = JwtScheme(url or issuer.url, frozenset({AUDIENCE}), scopes)
            authorize = JwtAuthorizer(http, scheme, clock=clock)
            caller: Caller = {}
            for value in authorizations:
                headers = () if value is None else (("Authorization", value),)
                caller = await authorize(Request("POST", "/token", headers, b"", "127.0.0.1"))
            return caller

    return asyncio.run(talk())


def denied(issuer: OidcIssuer, authorization: str | None, **options: Any) -> DeniedError:
    with pytest.raises(DeniedError) as caught:
        ask(issuer, authorization, **options)
    return caught.value


def test_right_token_gives_its_claims_as_text(issuer: OidcIssuer) -> None:
    token = issuer.token(groups=["a", "b"], admin=True, address={"city": "x"}, exp=4102444800)
    claims = ask(issuer, f"Bearer {token}")["jwt"]["claims"]
    assert (claims["sub"], claims["exp"]) == ("user-7", "4102444800")
    assert (claims["groups"], claims["admin"]) == ("[a b]", "true")
    assert claims["address"] == "map[city:x]"


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer  {}", " Bearer {} "])
def test_token_may_stand_alone_or_behind_bearer(issuer: OidcIssuer, form: str) -> None:
    assert ask(issuer, form.format(issuer.token()))["jwt"]["scopes"] is None


@pytest.mark.parametrize("header", [None, "", "Bearer "])
def test_without_a_token_the_answer_asks_for_one(issuer: OidcIssuer, header: str | None) -> None:
    error = denied(issuer, header)
    assert (error.status, error.message, error.challenge) == (401, "Unauthorized", "Bearer")


SOON, LONG_AGO = 4102444800, 1000000000
ACCEPTED: list[dict[str, Any]] = [
    {},
    {"aud": ["other", AUDIENCE]},
    {"aud": None, "client_id": AUDIENCE},
    {"nbf": None, "iat": None},
    {"sub": None},
]
REFUSED: list[dict[str, Any]] = [
    {"aud": "other"},
    {"aud": ["other"]},
    {"aud": None},
    {"aud": "other", "client_id": AUDIENCE},  # client_id counts only where there is no aud
    {"aud": None, "client_id": "other"},
    {"iss": "https://issuer.example"},
    {"iss": None},
    {"exp": LONG_AGO},
    {"exp": None},
    {"exp": "tomorrow"},
    {"nbf": SOON},
    {"iat": SOON},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_claims_in_order_are_let_in(issuer: OidcIssuer, changes: dict[str, Any]) -> None:
    assert "jwt" in ask(issuer, f"Bearer {issuer.token(**changes)}")


@pytest.mark.parametrize("changes", REFUSED)
def test_claims_out_of_order_are_refused(issuer: OidcIssuer, changes: dict[str, Any]) -> None:
    error = denied(issuer, f"Bearer {issuer.token(**changes)}")
    assert (error.status, error.message) == (401, "Unauthorized")
    assert 'error="invalid_token"' in str(error.challenge)


def _by_another_key(issuer: OidcIssuer) -> str:
    return issuer.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _with_another_payload(issuer: OidcIssuer) -> str:
    head, _, signature = issuer.token().split(".")
    return ".".join((head, issuer.token(sub="root").split(".")[1], signature))


@pytest.mark.parametrize(
    "forge",
    [
        _by_another_key,
        _with_another_payload,
        OidcIssuer.unsigned_token,
        OidcIssuer.confused_token,
        lambda issuer: issuer.token(kid="unknown"),
        lambda issuer: issuer.token() + ".x",
        lambda _: "not.a.token",
        lambda _: "nonsense",
    ],
)
def test_forged_token_is_refused(issuer: OidcIssuer, forge: Callable[[OidcIssuer], str]) -> None:
    assert denied(issuer, f"Bearer {forge(issuer)}").status == 401


@pytest.mark.parametrize("changes", [{"scope": "a upload"}, {"scp": ["upload"]}, {"scp": "upload"}])
def test_token_with_a_scope_of_the_route_is_let_in(
    issuer: OidcIssuer, changes: dict[str, Any]
) -> None:
    token = issuer.token(**changes)
    assert "upload" in ask(issuer, token, scopes=frozenset({"upload"}))["jwt"]["scopes"]


@pytest.mark.parametrize("changes", [{}, {"scope": "uploads"}])
def test_token_without_a_scope_of_the_route_is_forbidden(
    issuer: OidcIssuer, changes: dict[str, Any]
) -> None:
    error = denied(issuer, issuer.token(**changes), scopes=frozenset({"upload"}))
    assert (error.status, error.message) == (403, "Forbidden")


def test_keys_are_fetched_once_in_two_hours(issuer: OidcIssuer) -> None:
    before = issuer.requests
    ask(issuer, issuer.token(), issuer.token())
    assert issuer.requests - before == 2  # discovery and keys


def test_keys_are_fetched_again_after_two_hours(issuer: OidcIssuer) -> None:
    times = iter((0.0, jwt_authorizer.KEYS_SECONDS, jwt_authorizer.KEYS_SECONDS))
    before = issuer.requests
    ask(issuer, issuer.token(), issuer.token(), clock=lambda: next(times))
    assert issuer.requests - before == 4


def test_issuer_that_cannot_be_asked_vouches_for_nobody(issuer: OidcIssuer) -> None:
    assert denied(issuer, issuer.token(), url="http://127.0.0.1:1").status == 401
