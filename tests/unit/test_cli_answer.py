"""Reading a gateway's answers, and what to do about them (protocol.md 8, 10)."""

from __future__ import annotations

import json

import pytest
import requests

from upgate import encoding
from upgate_cli.errors import HopelessError
from upgate_cli.gateway import retries
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.complaint import refusal, unreachable

URL = "http://gateway"
FINAL = (501, 509, 573, 579, 608, 612, 614, 616, 618, 630, 631, 632, 640, 701)


def answer(status: int, document: object = None, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"x-reqid": "r", **names}, json.dumps(document).encode())


# What it says.


def test_a_standard_status_has_the_protocol_s_number_in_its_header() -> None:
    assert answer(409, x_upgate_code="614").code == 614


def test_another_header_is_no_number() -> None:
    assert answer(409, x_upgate_code="").code == 409


def test_a_body_that_is_no_json_is_a_string() -> None:
    assert Answer(200, {}, b" ").document == " "


def test_a_redirect_says_what_is_in_its_upload_ret() -> None:
    said = encoding.encode(b'{"key":"k"}')
    redirect = answer(301, location=f"https://app.example.com/?x=1&upload_ret={said}")
    assert (redirect.is_success, redirect.document) == (True, {"key": "k"})


def test_a_redirect_with_a_code_is_a_failure() -> None:
    redirect = answer(303, location="https://app.example.com/?code=614&error=file%20exists")
    assert (redirect.is_success, redirect.code, redirect.error) == (False, 614, "file exists")


def test_a_redirect_without_a_location_is_no_success() -> None:
    assert not answer(301).is_success


@pytest.mark.parametrize("status", [201, 204, 206])
def test_only_200_is_success(status: int) -> None:
    assert not answer(status).is_success


# What is sent again (protocol.md 10.2).


@pytest.mark.parametrize("status", [406, 500, 502, 503, 504, 571, 599, 996])
def test_what_may_pass_is_repeated(status: int) -> None:
    assert retries.is_worth_repeating(answer(status))


@pytest.mark.parametrize(
    "status",
    [200, 301, 400, 401, 403, 404, 405, 413, 414, 499, *FINAL],
)
def test_what_will_not_change_is_not(status: int) -> None:
    assert not retries.is_worth_repeating(answer(status))


def test_a_pause_that_the_front_door_asks_for_is_made() -> None:
    assert retries.is_worth_repeating(Answer(429, {}, b'{"message":"Too Many Requests"}'))


def test_a_quota_that_is_used_up_stays_so_until_tomorrow() -> None:
    assert not retries.is_worth_repeating(answer(429, {"error": "quota exceeded: 1 uploads a day"}))


def test_each_wait_is_about_twice_the_last() -> None:
    waits = list(retries.waits())
    assert len(waits) == retries.ATTEMPTS - 1
    assert all(0.2 * 2**n <= wait <= 0.4 * 2**n for n, wait in enumerate(waits))


# What the user is told.


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        (401, "token expired 7 seconds ago", "clock"),
        (401, "bad token", "--secret-key"),
        (403, "key doesn't match with scope", "upgate explain"),
        (413, "request entity too large", "size"),
        (429, "quota exceeded: 1 uploads a day", "new day"),
        (599, "server operation failed", "later"),
        (614, "file exists", "--overwrite"),
        (631, "no such bucket", "--bucket"),
    ],
)
def test_a_refusal_says_what_and_what_to_do(status: int, error: str, advice: str) -> None:
    message = refusal(URL, answer(status, {"error": error})).message
    assert str(status) in message
    assert error in message
    assert advice in message
    assert "\n" not in message


@pytest.mark.parametrize(("status", "hopeless"), [(401, True), (631, True), (403, False)])
def test_what_would_fail_for_every_file_ends_the_run(status: int, hopeless: bool) -> None:
    assert isinstance(refusal(URL, answer(status, {"error": "x"})), HopelessError) is hopeless


def test_an_answer_without_reqid_is_no_gateway_s() -> None:
    error = refusal(URL, Answer(404, {}, b"<html>"))
    assert isinstance(error, HopelessError)
    assert "no upload gateway" in error.message


def test_the_front_door_s_own_413_is_no_stranger_s() -> None:
    error = refusal(URL, Answer(413, {}, b'{"message":"Request Entity Too Large"}'))
    assert "Request Entity Too Large" in error.message


def test_a_failed_callback_says_that_the_file_is_stored() -> None:
    inner = json.dumps({"err_code": 502, "error": "connection refused"})
    message = refusal(URL, answer(579, {"error": inner})).message
    assert message.startswith("stored, but the callback failed (502 connection refused)")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectionError("[Errno 111] Connection refused"), "nothing listens"),
        (requests.ConnectionError("NameResolutionError: x"), "no host of this name"),
        (requests.ConnectionError("[Errno 101] Network is unreachable"), "cannot be reached"),
        (requests.ReadTimeout("read timed out"), "does not answer in time"),
        (requests.exceptions.SSLError("certificate verify failed"), "TLS"),
        (requests.exceptions.ProxyError("x"), "proxy"),
        (requests.ConnectionError("Connection aborted."), "broke"),
    ],
)
def test_silence_says_what_and_what_to_do(error: requests.RequestException, words: str) -> None:
    message = unreachable(URL, error).message
    assert words in message
    assert "check" in message
