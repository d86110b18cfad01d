"""The lines that requests leave in the log; what may stand in any is checked in conftest."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

import pytest

from tests import emf, events, log_lines
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions
from tests.resumable_client import Client


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("upload")


def upload(app: ModuleType, content: bytes = b"hello", **policy: Any) -> None:
    token = events.token(scope="demo:private-name", insertOnly=1, **policy)
    app.lambda_handler(
        events.form_of({"token": token, "key": "private-name"}, content, "private-file"), None
    )


def only_line(log: io.StringIO) -> dict[str, Any]:
    [line] = log_lines.read(log.getvalue())
    return line


def test_upload_says_what_it_came_to(app: ModuleType, log: io.StringIO) -> None:
    upload(app)
    line = only_line(log)
    assert (line["level"], line["status"], line["code"], line["outcome"], line["bucket"]) == (
        "INFO",
        200,
        "OK",
        "stored",
        "demo",
    )
    assert line["bytes_in"] > 5
    assert "put" in line["stages"]


def test_upload_is_counted_with_its_bytes(app: ModuleType, log: io.StringIO) -> None:
    upload(app)
    metrics = emf.metrics_of(only_line(log))
    assert metrics.keys() == {"Upload", "UploadBytes", "UploadMilliseconds"}
    assert metrics["UploadBytes"] == 5


def test_line_has_no_key_name_content_or_user(app: ModuleType, log: io.StringIO) -> None:
    upload(app, b"private-content", endUser="private-user", returnBody='{"private":1}')
    upload(app, b"other-private-content")
    assert log.getvalue().count('"request"') == 2
    assert "private" not in log.getvalue()


def test_refused_upload_is_counted_by_class(app: ModuleType, log: io.StringIO) -> None:
    upload(app, b"one")
    upload(app, b"two")
    line = log_lines.read(log.getvalue())[1]
    assert (line["code"], line["outcome"], line["class"]) == ("ObjectExists", "refused", "6xx")
    assert emf.metrics_of(line) == {"UploadRefused": 1}


def test_refusal_behind_a_redirect_is_counted_as_one(app: ModuleType, log: io.StringIO) -> None:
    upload(app, fsizeLimit=1, returnUrl="https://app.example.com/")
    line = only_line(log)
    assert (line["status"], line["code"]) == (301, "FileTooLarge")
    assert emf.metrics_of(line) == {"UploadRefused": 1}


def test_callback_that_fails_is_counted_where_it_was_made(
    functions: Functions, log: io.StringIO
) -> None:
    callback = functions.load("callback")
    functions.aws.functions.functions["callback"] = callback.lambda_handler
    # No name under .invalid resolves (RFC 6761).
    upload(
        functions.load("upload"),
        callbackUrl="https://app.invalid/private",
        callbackBody="private=$(key)",
    )
    [called, line] = log_lines.read(log.getvalue())
    assert (called["message"], called["outcome"]) == ("callback", "refused")
    assert emf.metrics_of(called) == {"CallbackFailed": 1}
    assert (line["code"], line["outcome"]) == ("CallbackFailed", "callback_failed")
    assert emf.metrics_of(line)["Upload"] == 1
    assert "private" not in log.getvalue()


def test_refusal_of_s3_is_a_failed_upload_with_its_cause(
    app: ModuleType, functions: Functions, log: io.StringIO
) -> None:
    functions.aws.s3.before_put = lambda _: s3_error(403, "AccessDenied")
    upload(app)
    line = only_line(log)
    assert (line["level"], line["cause"]["code"]) == ("WARNING", "AccessDenied")
    assert emf.metrics_of(line) == {"UploadFailed": 1}


def test_fault_of_our_own_is_told_by_its_place_alone(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("private detail")

    monkeypatch.setattr(app.UPLOADER, "receive", explode)
    upload(app)
    line = only_line(log)
    assert (line["level"], line["fault"]["types"]) == ("ERROR", ["RuntimeError"])
    assert line["fault"]["frames"][-1].endswith(" explode")
    assert emf.metrics_of(line) == {"UploadFailed": 1}
    assert "private" not in log.getvalue()


def test_route_that_is_nobodys_counts_for_nothing(app: ModuleType, log: io.StringIO) -> None:
    app.lambda_handler(events.load("upload-unknown-route"), None)
    app.lambda_handler(events.load("upload-preflight"), None)
    assert [emf.metrics_of(line) for line in log_lines.read(log.getvalue())] == [{}, {}]


def test_resumable_upload_counts_once(functions: Functions, log: io.StringIO) -> None:
    up = Client(functions.load("resumable"), events.token())
    upload_id = up.initiate("private-name")
    parts = up.parts(upload_id, [b"hello"], "private-name")
    up.complete(upload_id, parts, "private-name")
    counted = [emf.metrics_of(line).get("Upload") for line in log_lines.read(log.getvalue())]
    assert counted == [None, None, 1]


def test_token_counts(functions: Functions, log: io.StringIO) -> None:
    functions.write_preset("default", {"bucket": "demo"})
    functions.load("token").lambda_handler(events.load("token-default"), None)
    assert emf.metrics_of(only_line(log)) == {"TokenIssued": 1}


def test_download_of_nothing_counts_as_refused(functions: Functions, log: io.StringIO) -> None:
    functions.load("download").lambda_handler(events.load("download-object"), None)
    assert emf.metrics_of(only_line(log)) == {"DownloadRefused": 1}
