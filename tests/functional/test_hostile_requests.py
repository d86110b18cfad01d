"""What a stranger, or the holder of a plain token, can send never becomes a fault of the gateway.

A 599 (or a message that comes again) is an alarm, and an SDK repeats it: so every door is tried
with what S3, the ledger and Python's own parsers fail for, listed and drawn at random.
"""

from __future__ import annotations

import base64
import json
import uuid
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import events, log_lines
from tests.functional.conftest import Functions
from tests.functional.test_ops import Context, batch, photo, store
from upgate import limits

_DRAWN = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_FAULTS = range(500, 579)
# Names that S3 refuses, that no UTF-8 has, that a parser stumbles over.
_NAMES = (
    *("..", "../a", "a/../../b", "a" * 751, "a" * 1_025, "\u4e2d" * 400, "a\0b", "\0", "//", "/"),
    *(".", "./a", "%", "%zz", "?", "#", "\ufffd", "\ud800", "a\r\nb", "fop/../..", "a" * 5_000),
    *(f"{'A' * 27}=/F{'x' * 40}/../../../../s3", f"{'A' * 27}=/x/{'y' * 1_100}"),
)
_TEXT = st.text(max_size=60) | st.text("/|;=%&+.-_~()$@:?#a1\\\0 \n", max_size=60)


def is_answer(answer: dict[str, Any]) -> bool:
    """Whether an answer is one of the protocol's that is no fault of the gateway."""
    status = answer["statusCode"]
    return status != 599 and status not in _FAULTS and bool(answer["headers"]["X-Reqid"])


def get(app: ModuleType, path: str, query: str = "", **headers: str) -> dict[str, Any]:
    event = events.http("GET", path, headers=headers, route="GET /{proxy+}")
    answer: dict[str, Any] = app.lambda_handler(event | {"rawQueryString": query}, None)
    return answer


@pytest.fixture
def download(functions: Functions) -> ModuleType:
    """The download function, with a picture in its public bucket."""
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    functions.patch.setattr("upgate.downloads.download.WAIT_SECONDS", 0)
    return functions.load("download")


# Downloads.


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("query", ["", "imageInfo", "imageView2/2/w/9", "attname="])
def test_name_that_nothing_can_have_is_not_there(
    download: ModuleType, name: str, query: str
) -> None:
    answer = get(download, f"/{name}", query)
    assert answer["statusCode"] == 404


@given(name=_TEXT, query=_TEXT)
@_DRAWN
def test_any_path_and_query_of_a_download_is_answered(
    download: ModuleType, name: str, query: str
) -> None:
    assert is_answer(get(download, f"/{name}", query))
    assert is_answer(get(download, "/a.jpg", query))


_COMMANDS = ("imageView2", "imageMogr2", "watermark", "avthumb", "vframe", "avinfo", "imageInfo")
_WORDS = (
    *("0", "1", "2", "3", "-1", "99999", "999999999", "1x1", "0x0", "100p", "!50p", "w", "h", "q"),
    *(
        "thumbnail",
        "crop",
        "gravity",
        "Center",
        "rotate",
        "90",
        "format",
        "jpg",
        "png",
        "webp",
        "gif",
    ),
    *("avif", "blur", "1x0", "50x9", "quality", "strip", "auto-orient", "interlace", "size-limit"),
    *(
        "1k",
        "$(fsize)",
        "!10x10a1a1",
        "text",
        "dGV4dA==",
        "image",
        "aHR0cDovLzEwLjAuMC4xLw==",
        "ws",
    ),
    *(
        "0.5",
        "fontsize",
        "fill",
        "cmVk",
        "dissolve",
        "dx",
        "colors",
        "unsharp",
        "sharpen",
        "saveas",
    ),
    *("ZGVtbzph", "ZGVtbzouLi9h", "mp4", "m3u8", "offset", "1e9", "mode", "ignore-error", "format"),
    *("\u4e2d", "%", "a" * 300),
)


@given(
    pipe=st.lists(
        st.builds(
            lambda name, words: "/".join((name, *words)),
            st.sampled_from(_COMMANDS),
            st.lists(st.sampled_from(_WORDS), max_size=7),
        ),
        min_size=1,
        max_size=3,
    ).map("|".join)
)
@settings(_DRAWN, max_examples=400)
def test_any_command_in_a_url_is_a_result_or_a_refusal(download: ModuleType, pipe: str) -> None:
    answer = get(download, "/a.jpg", pipe)
    assert answer["statusCode"] in (200, 202, 302, 400, 403, 631), answer


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "QBox \ufffd:\ud800"},
        {"Authorization": "QBox " + "a" * 9_000},
        {"Authorization": "Qiniu testak:" + "=" * 30, "X-Qiniu-Date": "\0"},
        {"Host": "\ud800"},
        {"Host": ""},
        {"Origin": "\ud800\r\nX: y"},
        {"Content-Length": "-1"},
        {"Content-Type": "\0"},
        {"X-Forwarded-Proto": "\ud800"},
    ],
)
@pytest.mark.parametrize("path", ["/a.jpg", "/list", "/stat/ZGVtbzph"])
def test_odd_header_of_a_download_is_no_fault(
    download: ModuleType, path: str, headers: dict[str, str]
) -> None:
    assert is_answer(get(download, path, "e=1&token=testak:x", **headers))


# How jobs stand, and where to upload.


@pytest.fixture
def query(functions: Functions) -> ModuleType:
    return functions.load("query")


def ask(app: ModuleType, route: str, query: str, body: bytes | str = b"") -> dict[str, Any]:
    method, path = route.split(" ")
    answer: dict[str, Any] = app.lambda_handler(
        events.http(method, path, body) | {"rawQueryString": query}, None
    )
    return answer


@pytest.mark.parametrize("prefix", ["", "up.", "z0."])
@pytest.mark.parametrize(("length", "status"), [(200, 612), (300, 400), (3_000, 400)])
def test_job_of_an_id_that_none_has_is_refused(
    query: ModuleType, prefix: str, length: int, status: int
) -> None:
    answer = ask(query, "GET /status/get/prefop", f"id={prefix}{'a' * length}")
    assert answer["statusCode"] == status


def test_longest_id_of_a_job_is_looked_for(query: ModuleType) -> None:
    longest = "a" * limits.JOB_ID_BYTES
    assert ask(query, "GET /status/get/prefop", f"id={longest}")["statusCode"] == 612
    assert ask(query, "GET /status/get/prefop", f"id={longest}a")["statusCode"] == 400


@given(
    route=st.sampled_from(
        ("GET /status/get/prefop", "POST /status/get/prefop", "GET /v2/query", "GET /v4/query")
    ),
    query_text=_TEXT | _TEXT.map("id=".__add__) | _TEXT.map("ak=testak&bucket=".__add__),
    body=st.binary(max_size=40) | _TEXT,
)
@_DRAWN
def test_any_question_is_answered(
    query: ModuleType, route: str, query_text: str, body: bytes | str
) -> None:
    assert is_answer(ask(query, route, query_text, body))


@given(
    call=st.sampled_from(("pfop", "style", "separator", "private", "info")),
    rest=_TEXT,
    authorization=_TEXT.map("QBox testak:".__add__) | _TEXT.map("Qiniu testak:".__add__),
)
@_DRAWN
def test_call_that_nobody_signed_is_refused(
    query: ModuleType, call: str, rest: str, authorization: str
) -> None:
    event = events.http(
        "POST",
        f"/{call}/{rest}",
        headers={"Authorization": authorization},
        route=f"POST /{call}/{{proxy+}}",
    )
    assert query.lambda_handler(event, None)["statusCode"] in (401, 404)


# Uploads.


@pytest.fixture
def upload(functions: Functions) -> ModuleType:
    return functions.load("upload")


@pytest.mark.parametrize("key", [name for name in _NAMES if "\ud800" not in name])
def test_key_of_an_upload_is_stored_or_refused(upload: ModuleType, key: str) -> None:
    event = events.form_of({"token": events.token(), "key": key})
    assert is_answer(upload.lambda_handler(event, None))
    encoded = base64.urlsafe_b64encode(key.encode()).decode()
    path = f"/putb64/-1/key/{encoded}"
    headers = {"Authorization": f"UpToken {events.token()}"}
    event = events.http("POST", path, b"aGVsbG8=", headers, "POST /putb64/{proxy+}")
    assert is_answer(upload.lambda_handler(event, None))


@given(path=_TEXT, body=st.binary(max_size=60), token=st.just(events.token()) | _TEXT)
@_DRAWN
def test_any_putb64_is_answered(upload: ModuleType, path: str, body: bytes, token: str) -> None:
    headers = {"Authorization": f"UpToken {token}"}
    event = events.http("POST", f"/putb64/{path}", body, headers, "POST /putb64/{proxy+}")
    assert is_answer(upload.lambda_handler(event, None))


@given(fields=st.dictionaries(_TEXT.filter(bool), _TEXT, max_size=4), name=_TEXT, kind=_TEXT)
@_DRAWN
def test_any_form_is_answered(
    upload: ModuleType, fields: dict[str, str], name: str, kind: str
) -> None:
    def quoted(text: str) -> bytes:
        return text.encode("utf-8", "replace").replace(b'"', b"%22")

    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (quoted(field), value.encode("utf-8", "replace"))
        for field, value in {"token": events.token(), **fields}.items()
    ]
    parts.append(
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
        b"Content-Type: %b\r\n\r\nhello\r\n--b--\r\n"
        % (quoted(name), kind.encode("utf-8", "replace"))
    )
    event = events.form(b"".join(parts), "multipart/form-data; boundary=b")
    assert is_answer(upload.lambda_handler(event, None))


@pytest.fixture
def resumable(functions: Functions) -> ModuleType:
    return functions.load("resumable")


_VERBS = ("POST", "PUT", "GET", "DELETE")


@given(
    call=st.sampled_from(
        (
            *(("POST", call, f"POST /{call}/{{proxy+}}") for call in ("mkblk", "bput", "mkfile")),
            *((verb, "buckets", f"{verb} /buckets/{{proxy+}}") for verb in _VERBS),
        )
    ),
    rest=_TEXT | st.builds("demo/objects/{}/uploads{}".format, _TEXT, _TEXT),
    query=_TEXT,
    body=st.binary(max_size=40) | _TEXT,
)
@settings(_DRAWN, max_examples=300)
def test_any_resumable_call_is_answered(
    resumable: ModuleType, call: tuple[str, str, str], rest: str, query: str, body: bytes | str
) -> None:
    method, first, route = call
    headers = {"Authorization": f"UpToken {events.token()}", "Content-MD5": query}
    event = events.http(method, f"/{first}/{rest}", body, headers, route)
    assert is_answer(resumable.lambda_handler(event | {"rawQueryString": query}, None))


@given(body=st.binary(max_size=60) | _TEXT)
@_DRAWN
def test_any_request_for_a_token_is_answered(functions: Functions, body: bytes | str) -> None:
    app = functions.load("token")
    assert is_answer(app.lambda_handler(events.http("POST", "/token", body), None))


# Work that waits in a queue.


@given(
    fop=st.lists(st.sampled_from((*_COMMANDS, *_WORDS)), min_size=1, max_size=8).map("/".join)
    | _TEXT,
    key=st.sampled_from(("a.jpg", *(name for name in _NAMES if "\ud800" not in name))),
)
@_DRAWN
def test_any_command_that_waits_ends_at_its_first_try(
    functions: Functions, fop: str, key: str
) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    message = {"upgate": "MakeResult", "bucket": "demo", "key": key, "fop": fop}
    app = asyncops(functions)
    answer = app.lambda_handler(batch(json.dumps(message)), Context())
    assert answer == {"batchItemFailures": []}


_APPS: dict[str, ModuleType] = {}


def asyncops(functions: Functions) -> ModuleType:
    """Loaded once for all examples of a test."""
    test = str(id(functions))
    if test not in _APPS:
        _APPS.clear()
        _APPS[test] = functions.load("asyncops")
    return _APPS[test]


def test_log_of_a_damaged_file_names_the_place(
    functions: Functions, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("upgate_media.run._image_info", break_down)
    monkeypatch.setitem(__import__("upgate_media.run").run.INSPECTIONS, "imageInfo", break_down)
    assert get(app, "/a.jpg", "imageInfo")["statusCode"] == 400
    [line] = log_lines.read(log.getvalue())
    assert (line["level"], line["outcome"]) == ("WARNING", "refused")
    assert "ZeroDivisionError" in line["fault"]["types"]
