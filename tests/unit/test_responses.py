from __future__ import annotations

import inspect
import json

import pytest

from upgate import errors
from upgate.answers.responses import (
    STANDARD_STATUS,
    CorsSettings,
    common_headers,
    error_response,
    json_response,
    preflight,
)
from upgate.errors import (
    BadTokenError,
    CallbackFailedError,
    InvalidArgumentError,
    MethodNotAllowedError,
    NoSuchBucketError,
    NotFoundError,
    ObjectExistsError,
    QuotaExceededError,
    StorageFailedError,
    UpgateError,
)

CLASSES = [
    item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, UpgateError)
]
ANY = CorsSettings()
SOME = CorsSettings(("https://a.example", "https://b.example"))


def _headers(cors: CorsSettings = ANY, origin: str | None = None) -> dict[str, str]:
    return common_headers("REQID", "parse:1", cors, origin)


# JSON.


def test_json_is_written_without_blanks_in_the_order_given() -> None:
    assert json_response(200, {"b": 1, "a": "图"}).body == '{"b":1,"a":"图"}'.encode()


def test_the_type_of_json_has_no_charset() -> None:
    """protocol.md 16: RB reads JSON only of exactly this type."""
    assert json_response(200, {}).content_type == "application/json"


def test_the_type_of_an_error_has_no_charset() -> None:
    assert error_response(BadTokenError()).content_type == "application/json"


# Errors.


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (BadTokenError(), 401, "bad token"),
        (ObjectExistsError(), 614, "file exists"),
        (NoSuchBucketError(), 631, "no such bucket"),
        (CallbackFailedError(), 579, "callback failed"),
        (StorageFailedError(), 599, "server operation failed"),
        (InvalidArgumentError('say "why"\r\n图'), 400, 'say "why"\r\n图'),
    ],
)
def test_an_error_has_its_number_and_its_text(error: UpgateError, status: int, text: str) -> None:
    response = error_response(error)
    assert (response.status, json.loads(response.body)) == (status, {"error": text})


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_of_the_catalogue_has_a_status_a_code_and_a_text(
    cls: type[UpgateError],
) -> None:
    assert 400 <= cls.status <= 701
    assert cls.code.isalnum()
    assert cls.message


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls.status > 599])
def test_every_number_above_599_has_a_standard_one(cls: type[UpgateError]) -> None:
    assert cls.status in STANDARD_STATUS


@pytest.mark.parametrize(("number", "standard"), [(612, 404), (614, 409), (631, 404), (701, 410)])
def test_with_standard_status_the_number_stands_beside_it(number: int, standard: int) -> None:
    class SomeError(UpgateError):
        status, message = number, "text"

    response = error_response(SomeError(), standard_status=True)
    assert response.status == standard
    assert json.loads(response.body) == {"error": "text", "code": number}
    assert response.headers == {"X-Upgate-Code": str(number)}


@pytest.mark.parametrize("error", [BadTokenError(), CallbackFailedError(), StorageFailedError()])
def test_with_standard_status_a_number_up_to_599_stays(error: UpgateError) -> None:
    assert error_response(error, standard_status=True) == error_response(error)


def test_a_wrong_method_is_told_the_right_ones() -> None:
    response = error_response(MethodNotAllowedError(("POST", "OPTIONS")))
    assert (response.status, response.headers) == (405, {"Allow": "POST, OPTIONS"})


def test_a_day_that_is_used_up_says_when_the_next_one_begins() -> None:
    response = error_response(QuotaExceededError("quota exceeded: 3 uploads a day", 7))
    assert (response.status, response.headers) == (429, {"Retry-After": "7"})


def test_other_errors_have_no_headers_of_their_own() -> None:
    assert error_response(NotFoundError()).headers == {}


def test_a_message_with_a_lone_surrogate_is_still_json() -> None:
    assert json.loads(error_response(InvalidArgumentError("\ud800")).body) == {"error": "\ud800"}


def test_a_preflight_has_no_body() -> None:
    response = preflight()
    assert (response.status, response.body, response.content_type) == (204, b"", "")


# Headers of every answer.


def test_every_answer_has_what_the_sdks_look_for() -> None:
    """protocol.md 10.3: without these two the mobile SDKs take the answer for a hijacker's."""
    headers = _headers()
    assert (headers["X-Reqid"], headers["X-Log"]) == ("REQID", "parse:1")


def test_no_answer_is_stored_or_sniffed() -> None:
    headers = _headers()
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "POST", "PUT", "DELETE"])
def test_a_browser_may_use_every_method_of_the_protocol(method: str) -> None:
    assert method in _headers()["Access-Control-Allow-Methods"].split(", ")


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Content-Type", "Content-MD5", "X-File-Name", "X-File-Type", "X-File-Size"],
)
def test_a_browser_may_send_every_header_of_the_sdks(name: str) -> None:
    """protocol.md 2.5."""
    assert name in _headers()["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize("name", ["X-Log", "X-Reqid", "X-Upgate-Code"])
def test_a_script_may_read_the_headers_of_the_answer(name: str) -> None:
    assert name in _headers()["Access-Control-Expose-Headers"].split(", ")


@pytest.mark.parametrize("origin", [None, "https://a.example", "null"])
def test_by_default_every_origin_is_allowed(origin: str | None) -> None:
    headers = _headers(ANY, origin)
    assert (headers["Access-Control-Allow-Origin"], "Vary" in headers) == ("*", False)


@pytest.mark.parametrize("origin", ["https://a.example", "https://b.example"])
def test_an_origin_of_the_list_is_allowed_by_name(origin: str) -> None:
    headers = _headers(SOME, origin)
    assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == (origin, "Origin")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://a.example",
        "https://a.example:8443",
        "https://a.example.evil.example",
        "https://evil.example/https://a.example",
        "*",
    ],
)
def test_another_origin_is_not_allowed(origin: str | None) -> None:
    headers = _headers(SOME, origin)
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


def test_without_any_origin_in_the_list_none_is_allowed() -> None:
    assert "Access-Control-Allow-Origin" not in _headers(CorsSettings(()), "https://a.example")
