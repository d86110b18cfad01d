from __future__ import annotations

import base64

import pytest

from upgate import limits
from upgate.errors import (
    BadTokenError,
    FileTooLargeError,
    InvalidArgumentError,
    TokenMissingError,
)
from upgate.intake import putb64
from upgate.intake.putb64 import parse_putb64
from upgate.intake.upload_request import Content, UploadRequest

TOKEN = "UpToken ak:sign:policy"
CONTENT = bytes(range(256))
BODY = base64.b64encode(CONTENT)


@pytest.fixture(params=["pybase64", "stdlib"], autouse=True)
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "stdlib":
        monkeypatch.setattr(putb64, "b64decode", base64.b64decode)


def test_an_upload_of_go_sdk_is_read() -> None:
    """GO storage/base64_upload.go: key, mimeType, crc32, then the variables."""
    path = "/putb64/256/key/cGhvdG8vMS5qcGc=/mimeType/aW1hZ2UvanBlZw==/crc32/688229491/x:name/5YC8"
    request, content = parse_putb64(path, TOKEN, BODY)
    assert content == CONTENT
    assert request == UploadRequest(
        token="ak:sign:policy",
        key="photo/1.jpg",
        mime_type="image/jpeg",
        crc32=688229491,
        custom_variables={"x:name": "值"},
    )


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_body_is_read(kind: type[bytes]) -> None:
    assert parse_putb64("/putb64/-1", TOKEN, kind(BODY))[1] == CONTENT


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_line_ends_in_the_body_are_skipped(line_end: bytes) -> None:
    lines = line_end.join(BODY[i : i + 76] for i in range(0, len(BODY), 76)) + line_end
    assert parse_putb64("/putb64/256", TOKEN, lines)[1] == CONTENT


def test_an_empty_body_is_an_empty_file() -> None:
    assert parse_putb64("/putb64/0", TOKEN, b"")[1] == b""


@pytest.mark.parametrize(
    "body",
    [
        b"YQ",
        b"YQ=",
        b"YQ===",
        b"Y",
        b"=",
        b"YQ==YQ==",
        b"Y Q==",
        b"\tYQ==",
        b"_-8=",
        b"YQ\xff=",
        b"data:image/png;base64,YQ==",
    ],
)
def test_a_body_that_is_not_standard_base64_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="base64"):
        parse_putb64("/putb64/-1", TOKEN, body)


@pytest.mark.parametrize("size", [0, 255, 257])
def test_a_size_that_is_not_the_contents_is_refused(size: int) -> None:
    with pytest.raises(InvalidArgumentError, match="unexpected file size"):
        parse_putb64(f"/putb64/{size}", TOKEN, BODY)


@pytest.mark.parametrize("size", ["", "-2", "-", "a", "+256", "256.0"])
def test_a_size_outside_its_syntax_is_refused(size: str) -> None:
    with pytest.raises(InvalidArgumentError, match="size in the path"):
        parse_putb64(f"/putb64/{size}", TOKEN, BODY)


def test_the_token_comes_before_everything_else() -> None:
    with pytest.raises(TokenMissingError):
        parse_putb64("/putb64/x", None, b"!")
    with pytest.raises(BadTokenError):
        parse_putb64("/putb64/x", "QBox ak:sign", b"!")


def test_a_body_above_the_limit_of_a_request_is_too_large() -> None:
    body: Content = b"A" * limits.REQUEST_BODY_BYTES
    assert len(parse_putb64("/putb64/-1", TOKEN, body)[1]) == limits.REQUEST_BODY_BYTES * 3 // 4
    with pytest.raises(FileTooLargeError):
        parse_putb64("/putb64/-1", TOKEN, b"A" * (limits.REQUEST_BODY_BYTES + 1))
