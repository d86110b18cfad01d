from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import qiniu

from upgate.callbacks.callback_signature import sign_qiniu
from upgate.errors import BadTokenError, TokenExpiredError, TokenMissingError
from upgate.tokens import request_authorization
from upgate.tokens.keys import KeyPair, KeyRing
from upgate.tokens.request_authorization import SignedRequest

PAIR = KeyPair("testak", "testsk")
KEYS = KeyRing((PAIR,))
FORM = "application/x-www-form-urlencoded"
BODY = b"bucket=demo&key=a%20b.mp4&fops=avthumb%2Fmp3"
NOW = 1_795_262_400.0  # 2026-11-21T12:00:00Z


def request(
    authorization: str,
    path: str = "/pfop/",
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
) -> SignedRequest:
    given = {"authorization": authorization, "content-type": FORM, **(headers or {})}
    return SignedRequest("POST", "api.example.com", path, "", given, body)


def qbox(path: str = "/pfop/", body: bytes = BODY, pair: KeyPair = PAIR) -> str:
    return f"QBox {pair.access_key}:{pair.sign(path.encode() + b'\n' + body)}"


def qiniu_header(headers: Mapping[str, str]) -> str:
    return sign_qiniu(
        PAIR, "POST", "http://api.example.com/pfop/", "api.example.com", FORM, BODY, headers
    )


def verify(signed: SignedRequest) -> str:
    return request_authorization.verify(signed, KEYS, NOW).access_key


def test_qbox_of_the_sdk_is_verified() -> None:
    auth = qiniu.Auth("testak", "testsk")
    token = auth.token_of_request("http://api.example.com/pfop/", BODY.decode(), FORM)
    assert verify(request(f"QBox {token}")) == "testak"


def test_qbox_that_does_not_cover_the_body_is_refused() -> None:
    """Whoever has such a header could send any body with it: another batch."""
    with pytest.raises(BadTokenError):
        verify(request(qbox(body=b"")))


def test_qbox_over_a_path_without_a_body_is_verified() -> None:
    assert verify(replace(request(qbox(body=b"")), body=b"")) == "testak"


def test_qbox_covers_no_body_but_a_form() -> None:
    json_headers = {"authorization": qbox(body=b""), "content-type": "application/json"}
    with pytest.raises(BadTokenError):
        verify(replace(request(qbox(body=b"")), headers=json_headers))


def test_qiniu_form_is_verified() -> None:
    assert verify(request(qiniu_header({}))) == "testak"


def test_signed_date_of_now_is_verified() -> None:
    date = {"X-Qiniu-Date": "20261121T120000Z"}
    assert verify(request(qiniu_header(date), headers={"x-qiniu-date": date["X-Qiniu-Date"]}))


@pytest.mark.parametrize("date", ["20261121T114500Z", "20261121T121500Z"])
def test_signed_date_fifteen_minutes_off_is_verified(date: str) -> None:
    assert verify(request(qiniu_header({"X-Qiniu-Date": date}), headers={"x-qiniu-date": date}))


@pytest.mark.parametrize("date", ["20261121T114459Z", "20261121T121501Z"])
def test_signed_date_a_second_further_off_is_refused(date: str) -> None:
    signed = request(qiniu_header({"X-Qiniu-Date": date}), headers={"x-qiniu-date": date})
    with pytest.raises(TokenExpiredError):
        verify(signed)


@pytest.mark.parametrize("sent", ["/style/b/name/YQ==/style/Yg==", "/style/b/name/YQ%3D%3D"])
def test_path_is_verified_as_the_client_wrote_it(sent: str) -> None:
    decoded = sent.replace("%3D", "=")
    assert verify(request(qbox(sent, b""), decoded, b""))


@pytest.mark.parametrize(
    "authorization",
    [
        "UpToken testak:AAAA",
        "QBox testak",
        "QBox testak:",
        "QBox other:AAAA",
        f"QBox testak:{'A' * 27}=",
        qbox("/other/"),
        qbox(pair=KeyPair("testak", "other")),
        qbox(body=BODY + b"x"),
    ],
)
def test_anything_else_is_a_bad_token(authorization: str) -> None:
    with pytest.raises(BadTokenError):
        verify(request(authorization))


def test_missing_header_is_told_apart() -> None:
    with pytest.raises(TokenMissingError):
        verify(request(""))


def by_host(signed_host: str) -> SignedRequest:
    """As a gateway on a port sees it, whatever host the signature is over."""
    header = sign_qiniu(PAIR, "POST", "http://h/pfop/", signed_host, FORM, BODY, {})
    given = {"authorization": header, "content-type": FORM}
    return SignedRequest("POST", "127.0.0.1:8787", "/pfop/", "", given, BODY, "127.0.0.1:8787")


@pytest.mark.parametrize("signed_host", ["127.0.0.1:8787", "127.0.0.1:8787:8787"])
def test_a_port_may_be_signed_twice(signed_host: str) -> None:
    """Node's bucket manager does so on every port but 80."""
    assert verify(by_host(signed_host)) == "testak"


@pytest.mark.parametrize(
    "signed_host",
    ["127.0.0.1", "127.0.0.1:8788", "127.0.0.1:8787:8788", "127.0.0.1:8787:8787:8787"],
)
def test_another_host_is_refused(signed_host: str) -> None:
    with pytest.raises(BadTokenError):
        verify(by_host(signed_host))


def test_the_stacks_own_authority_may_be_signed() -> None:
    """Java's jobs sign host and port, and send the host alone."""
    header = sign_qiniu(PAIR, "POST", "http://h/pfop/", "127.0.0.1:8787", FORM, BODY, {})
    given = {"authorization": header, "content-type": FORM}
    sent = SignedRequest("POST", "127.0.0.1", "/pfop/", "", given, BODY, "127.0.0.1:8787")
    assert verify(sent) == "testak"
    elsewhere = SignedRequest("POST", "127.0.0.1", "/pfop/", "", given, BODY, "up.example.com")
    with pytest.raises(BadTokenError):
        verify(elsewhere)
