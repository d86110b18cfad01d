"""The local gateway's IAM authorization, held against botocore's own signer."""

from __future__ import annotations

import asyncio
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from upgate_cli.local import cloud
from upgate_cli.local.authorizer import DeniedError
from upgate_cli.local.event import Request
from upgate_cli.local.iam_authorizer import SKEW_SECONDS, IamAuthorizer

BODY = b'{"preset":"default"}'
GOOD = Credentials("test", "test")


def signed(
    credentials: Credentials = GOOD,
    *,
    service: str = "execute-api",
    region: str = cloud.REGION,
    target: str = "/token",
    headers: dict[str, str] | None = None,
) -> Request:
    request = AWSRequest("POST", f"http://here:8787{target}", headers, BODY)
    SigV4Auth(credentials, service, region).add_auth(request)
    pairs = (("Host", "here:8787"), *request.headers.items())
    return Request("POST", target, pairs, BODY, "127.0.0.1")


def is_let_in(request: Request, late: float = 0) -> bool:
    authorize = IamAuthorizer(clock=lambda: time.time() + late)
    try:
        asyncio.run(authorize(request))
    except DeniedError:
        return False
    return True


def altered(request: Request, name: str, old: str, new: str) -> Request:
    headers = [
        (header, value.replace(old, new) if header.lower() == name else value)
        for header, value in request.headers
    ]
    return Request(request.method, request.target, headers, request.body, request.address)


def test_caller_is_the_accounts_root() -> None:
    caller = asyncio.run(IamAuthorizer()(signed()))["iam"]
    assert (caller["userId"], caller["userArn"]) == (
        cloud.ACCOUNT,
        f"arn:aws:iam::{cloud.ACCOUNT}:root",
    )


def test_refusal_says_nothing_about_its_reason() -> None:
    with pytest.raises(DeniedError) as caught:
        asyncio.run(IamAuthorizer()(signed(Credentials("test", "wrong"))))
    denied = caught.value
    assert (denied.status, denied.message, denied.challenge) == (403, "Forbidden", None)


@pytest.mark.parametrize("target", ["/token", "/token?a=b&A=%2F", "/a//b%20c"])
def test_right_signature_is_let_in(target: str) -> None:
    assert is_let_in(signed(target=target))


def test_unsigned_header_may_be_added_on_the_way() -> None:
    request = signed()
    headers = (*request.headers, ("X-Forwarded-For", "203.0.113.7"))
    assert is_let_in(Request("POST", "/token", headers, BODY, "127.0.0.1"))


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/token", (("Host", "here"),), BODY, "127.0.0.1"),
        signed(Credentials("test", "wrong")),
        signed(Credentials("AKIDOTHER", "test")),
        signed(service="s3"),
        signed(region="eu-west-1"),
        altered(signed(), "authorization", "AWS4-HMAC-SHA256", "Bearer"),
        altered(signed(), "authorization", "host;", ""),
        altered(signed(), "x-amz-date", "T", "t"),
        altered(signed(), "host", "here", "there"),
        altered(signed(headers={"preset": "a"}), "preset", "a", "b"),
    ],
)
def test_anything_else_is_forbidden(request_: Request) -> None:
    assert not is_let_in(request_)


def test_another_body_is_forbidden() -> None:
    request = signed()
    assert not is_let_in(Request("POST", "/token", request.headers, b"{}", "127.0.0.1"))


def test_another_body_than_the_digest_that_was_signed_is_forbidden() -> None:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
    assert not is_let_in(signed(headers={"X-Amz-Content-SHA256": digest}))


@pytest.mark.parametrize(("late", "let_in"), [(SKEW_SECONDS - 5, True), (SKEW_SECONDS + 5, False)])
def test_signature_is_good_for_five_minutes(late: float, let_in: bool) -> None:
    assert is_let_in(signed(), late) is let_in
    assert is_let_in(signed(), -late) is let_in
