from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.sample_facts import ETAG, sample_variables
from upgate import encoding, limits
from upgate.errors import (
    BadTokenError,
    CallbackFailedError,
    FileTooLargeError,
    InvalidArgumentError,
    InvalidPolicyError,
    MimeTypeForbiddenError,
    NoSuchBucketError,
    ObjectExistsError,
    StorageFailedError,
    TokenExpiredError,
    TokenMissingError,
    UpgateError,
)
from upgate.intake.upload_request import UploadRequest
from upgate.tokens import put_policy
from upgate.tokens.put_policy import PutPolicy
from upgate.uploads import reply

URL = "https://app.example/done"
NO_KEY, WITH_KEY = UploadRequest("token"), UploadRequest("token", key="a/b.jpg")


def _policy(**fields: Any) -> PutPolicy:
    return put_policy.parse(json.dumps({"scope": "b", **fields}).encode())


def _body(policy: PutPolicy, **facts: Any) -> bytes:
    return reply.body_for(policy, sample_variables(**facts))


def _location(request: UploadRequest, body: bytes = b"{}", **fields: Any) -> str:
    policy = _policy(**{"returnUrl": URL, **fields})
    return reply.success(policy, request, "a/b=&.jpg", body, 301).headers["Location"]


# The gateway's own body (protocol.md 2.3).


def test_the_default_body_is_hash_and_key() -> None:
    assert _body(_policy()) == f'{{"hash":"{ETAG}","key":"a/b.jpg"}}'.encode()


def test_the_default_body_names_the_job_and_then_the_custom_variables() -> None:
    body = _body(
        _policy(persistentOps="avthumb/mp3"),
        persistent_id="up.1",
        custom_variables={"x:name": "github logo", "x:b": "2"},
    )
    assert (
        body
        == (
            f'{{"hash":"{ETAG}","key":"a/b.jpg","persistentId":"up.1",'
            '"x:name":"github logo","x:b":"2"}'
        ).encode()
    )


def test_custom_variables_are_echoed_and_not_filled_in() -> None:
    """protocol.md 2.3: `"x:mimeType":"$(mimeType)"` (ISS:qiniu/js-sdk#161)."""
    body = _body(_policy(), custom_variables={"x:mimeType": "$(mimeType)"})
    assert json.loads(body)["x:mimeType"] == "$(mimeType)"


@pytest.mark.parametrize("key", ["", "你好?&=\r\n", 'a\\b\\c"hello'])
def test_any_key_comes_back_out_of_the_default_body(key: str) -> None:
    assert json.loads(_body(_policy(), key=key))["key"] == key


@pytest.mark.parametrize("return_body", ["", None])
def test_an_empty_return_body_means_the_default_one(return_body: str | None) -> None:
    assert json.loads(_body(_policy(returnBody=return_body)))["hash"] == ETAG


def test_return_body_takes_the_place_of_all_of_it() -> None:
    policy = _policy(returnBody='{"k":$(key),"x":$(x:a)}', persistentOps="avthumb/mp3")
    body = _body(policy, persistent_id="up.1", custom_variables={"x:a": "1", "x:b": "2"})
    assert body == b'{"k":"a/b.jpg","x":"1"}'


def test_a_return_body_of_one_blank_is_a_body() -> None:
    """protocol.md 2.3: PY test_uploader.py:566."""
    assert _body(_policy(returnBody=" ")) == b" "


def test_a_return_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        _body(_policy(returnBody="$(x:a)"), custom_variables={"x:a": "a" * limits.RENDERED_BYTES})


# Success.


def test_without_return_url_the_body_is_the_answer() -> None:
    response = reply.success(_policy(), NO_KEY, "k", b'{"a":1}', 301)
    assert (response.status, response.body, response.content_type, response.headers) == (
        200,
        b'{"a":1}',
        "application/json",
        {},
    )


@pytest.mark.parametrize("status", [301, 303])
def test_a_redirect_has_the_status_of_the_stack(status: int) -> None:
    policy = _policy(returnUrl=URL)
    assert reply.success(policy, NO_KEY, "k", b"{}", status).status == status


def test_upload_ret_is_the_body_in_url_safe_base64() -> None:
    body = '{"name":"图片>>??"}'.encode()
    location = _location(WITH_KEY, body)
    (upload_ret,) = parse_qs(urlsplit(location).query)["upload_ret"]
    assert encoding.decode(upload_ret) == body


def test_the_redirect_is_written_as_seed_002_has_it() -> None:
    assert _location(WITH_KEY, b"{}", returnBody="{}") == f"{URL}?upload_ret=e30="


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://app.example", "https://app.example?upload_ret=e30="),
        ("https://app.example/?", "https://app.example/?upload_ret=e30="),
        ("http://app.example/d?a=1&b=%20", "http://app.example/d?a=1&b=%20&upload_ret=e30="),
        ("http://app.example/d#top", "http://app.example/d?upload_ret=e30=#top"),
        ("http://app.example/d?a=1#/x?y", "http://app.example/d?a=1&upload_ret=e30=#/x?y"),
        ("http://app.example:8080/%2F;p?q", "http://app.example:8080/%2F;p?q&upload_ret=e30="),
    ],
)
def test_the_query_is_added_to_what_the_url_has(url: str, location: str) -> None:
    assert _location(WITH_KEY, returnUrl=url) == location


def test_the_key_is_told_where_the_client_gave_none() -> None:
    """Seed 002: `query_string` has `key={FileID}` when the form had no key."""
    query = parse_qs(urlsplit(_location(NO_KEY)).query)
    assert query == {"upload_ret": ["e30="], "key": ["a/b=&.jpg"]}


@pytest.mark.parametrize("request_", [WITH_KEY, UploadRequest("token", key="")])
def test_the_key_is_not_told_where_the_client_gave_it(request_: UploadRequest) -> None:
    assert "key" not in parse_qs(urlsplit(_location(request_)).query)


def test_the_key_is_not_told_beside_a_return_body() -> None:
    assert "key" not in parse_qs(urlsplit(_location(NO_KEY, returnBody="{}")).query)


def test_an_empty_return_url_means_no_redirect() -> None:
    policy = _policy(returnUrl="")
    reply.check_return_url(policy.return_url)
    assert reply.success(policy, NO_KEY, "k", b"{}", 301).status == 200


# How long a Location may become.


def _body_of_location(length: int) -> PutPolicy:
    """A policy whose Location has this length (a multiple of four above the URL's own)."""
    encoded = length - len(f"{URL}?upload_ret=")
    return _policy(returnUrl=URL, returnBody="a" * (encoded // 4 * 3))


def test_a_redirect_within_the_limit_is_made() -> None:
    policy = _body_of_location(limits.LOCATION_BYTES)
    location = reply.success(policy, NO_KEY, "k", _body(policy), 301).headers["Location"]
    assert limits.LOCATION_BYTES - 4 < len(location) <= limits.LOCATION_BYTES


def test_a_redirect_beyond_the_limit_is_refused_while_nothing_is_stored() -> None:
    with pytest.raises(InvalidArgumentError):
        _body(_body_of_location(limits.LOCATION_BYTES + 4))


def test_a_long_body_without_redirect_is_no_fault() -> None:
    assert len(_body(_policy(returnBody="a" * limits.LOCATION_BYTES))) == limits.LOCATION_BYTES


# `accept` (protocol.md 2.1).


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("text/plain", "text/plain; charset=utf-8"), ("application/json", "application/json")],
)
def test_the_clients_choice_of_type_is_honoured(accept: str, content_type: str) -> None:
    response = reply.success(_policy(), UploadRequest("token", accept=accept), "k", b"{}", 301)
    assert response.content_type == content_type


@pytest.mark.parametrize(
    "accept", [None, "", "text/html", "text/plain\r\nX: 1", "*/*", "TEXT/HTML"]
)
def test_any_other_type_is_json(accept: str | None) -> None:
    assert reply.accepted_type(UploadRequest("token", accept=accept)) == "application/json"


# Failure.


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileTooLargeError(), "413"),
        (ObjectExistsError(), "614"),
        (MimeTypeForbiddenError("a/b"), "403"),
        (InvalidArgumentError("why & how?\r\nX: 1"), "400"),
        (StorageFailedError(), "599"),
    ],
)
def test_a_failure_is_told_by_redirect(error: UpgateError, code: str) -> None:
    response = reply.failure_redirect(_policy(returnUrl=f"{URL}?a=1"), error, 303)
    assert response is not None
    assert response.status == 303
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    assert query == {"a": ["1"], "code": [code], "error": [error.message]}


def test_no_message_breaks_out_of_the_header() -> None:
    error = InvalidArgumentError("a\r\nSet-Cookie: b")
    response = reply.failure_redirect(_policy(returnUrl=URL), error, 301)
    assert response is not None
    assert response.headers["Location"].isprintable()


@pytest.mark.parametrize(
    "error",
    [BadTokenError(), TokenExpiredError(), TokenMissingError(), InvalidPolicyError()],
)
def test_a_fault_of_the_token_is_never_redirected(error: UpgateError) -> None:
    assert reply.failure_redirect(_policy(returnUrl=URL), error, 301) is None


def test_without_return_url_nothing_is_redirected() -> None:
    assert reply.failure_redirect(_policy(), ObjectExistsError(), 301) is None


@pytest.mark.parametrize("error", [ObjectExistsError(), CallbackFailedError()])
def test_with_a_callback_nothing_is_redirected(error: UpgateError) -> None:
    policy = _policy(returnUrl=URL, callbackUrl="https://app.example/cb", callbackBody="a=1")
    assert reply.failure_redirect(policy, error, 301) is None


# What may be a returnUrl.

_BAD_URLS = [
    "/done",
    "app.example/done",
    "//app.example/done",
    "javascript:alert(1)",
    "ftp://app.example/",
    "http://",
    "http:///done",
    "http://:80/",
    "http://[::1",
    "https://app.example/a b",
    "https://app.example/\r\nSet-Cookie: a=b",
    "https://app.example/\n",
    "https://app.example/\t",
    "https://app.example/\0",
    "https://app.example/图",
    "\nhttps://app.example/",
    "https://app.example/" + "a" * limits.LOCATION_BYTES,
]


@pytest.mark.parametrize("url", [None, URL, "http://127.0.0.1:8787/?a#b", "HTTPS://App.Example"])
def test_an_absolute_web_address_may_be_a_return_url(url: str | None) -> None:
    reply.check_return_url(url)


@pytest.mark.parametrize("url", _BAD_URLS)
def test_anything_else_as_return_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError):
        reply.check_return_url(url)


@pytest.mark.parametrize("url", _BAD_URLS)
def test_a_failure_is_never_redirected_to_what_is_no_return_url(url: str) -> None:
    """The upload may have failed before the returnUrl was looked at, or because of it."""
    assert reply.failure_redirect(_policy(returnUrl=url), NoSuchBucketError(), 301) is None
