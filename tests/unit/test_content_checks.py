from __future__ import annotations

import json
from typing import Any

import pytest

from upgate import limits
from upgate.contents import content_checks
from upgate.contents.content import BufferedContent
from upgate.errors import (
    Crc32MismatchError,
    FileTooLargeError,
    FileTooSmallError,
    MimeTypeForbiddenError,
)
from upgate.intake.upload_request import UploadRequest
from upgate.tokens import put_policy
from upgate.tokens.put_policy import PutPolicy

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
ZIP = b"PK\x03\x04\x14\0\0\0\0\0" + bytes(30)
UNKNOWN = b"\x81\x82\x83\x00\x01"


def _policy(**fields: Any) -> PutPolicy:
    return put_policy.parse(json.dumps({"scope": "b", **fields}).encode())


def _settle(
    policy: PutPolicy,
    content: bytes,
    *,
    mime_type: str | None = None,
    file_name: str | None = None,
    key: str | None = None,
) -> str:
    request = UploadRequest("token", mime_type=mime_type, file_name=file_name)
    return content_checks.settle_mime_type(policy, request, key, BufferedContent(content))


# Size.


@pytest.mark.parametrize("size", [10, 11, 20])
def test_a_size_within_both_limits_is_allowed(size: int) -> None:
    content_checks.check_size(_policy(fsizeMin=10, fsizeLimit=20), size)


def test_one_byte_less_than_fsize_min_is_too_small() -> None:
    with pytest.raises(FileTooSmallError):
        content_checks.check_size(_policy(fsizeMin=10), 9)


def test_one_byte_more_than_fsize_limit_is_too_large() -> None:
    with pytest.raises(FileTooLargeError):
        content_checks.check_size(_policy(fsizeLimit=20), 21)


@pytest.mark.parametrize("size", [0, 1, 2**40])
def test_without_limits_every_size_is_allowed(size: int) -> None:
    content_checks.check_size(_policy(), size)


def test_a_limit_of_zero_is_a_limit() -> None:
    with pytest.raises(FileTooLargeError):
        content_checks.check_size(_policy(fsizeLimit=0), 1)


# Checksum.


def test_the_right_crc32_is_accepted() -> None:
    content_checks.check_crc32(0xCBF43926, BufferedContent(b"123456789"))


@pytest.mark.parametrize("crc32", [0xCBF43927, 0xCBF43926 ^ 0x8000_0000, 0])
def test_a_wrong_crc32_is_told(crc32: int) -> None:
    with pytest.raises(Crc32MismatchError):
        content_checks.check_crc32(crc32, BufferedContent(b"123456789"))


def test_zero_is_a_checksum_too() -> None:
    content_checks.check_crc32(0, BufferedContent(b""))


def test_without_a_checksum_nothing_is_compared() -> None:
    content_checks.check_crc32(None, BufferedContent(b"123456789"))


# Type.


@pytest.mark.parametrize(
    ("detect_mime", "settled"), [(0, "text/css"), (1, "image/png"), (-1, "text/css")]
)
def test_detect_mime_says_whether_the_client_is_believed(detect_mime: int, settled: str) -> None:
    assert _settle(_policy(detectMime=detect_mime), PNG, mime_type="text/css") == settled


def test_the_file_name_comes_before_the_key() -> None:
    assert _settle(_policy(), UNKNOWN, file_name="a.gif", key="a.mp3") == "image/gif"


def test_the_key_tells_where_the_file_name_does_not() -> None:
    assert _settle(_policy(), UNKNOWN, file_name="a", key="a.mp3") == "audio/mpeg"


def test_what_nothing_tells_is_an_octet_stream() -> None:
    assert _settle(_policy(), UNKNOWN) == "application/octet-stream"


def test_a_text_cut_within_a_character_is_still_a_text() -> None:
    """The prefix that is sniffed ends after the first byte of a character of three."""
    text = "a" * (limits.SNIFF_BYTES - 1) + "图" * 10
    assert _settle(_policy(detectMime=1), text.encode()).startswith("text/plain")


@pytest.mark.parametrize("mime_limit", ["image/*", "image/png", "image/jpeg;image/png", "!video/*"])
def test_content_of_a_listed_type_is_allowed(mime_limit: str) -> None:
    assert _settle(_policy(mimeLimit=mime_limit), PNG) == "image/png"


@pytest.mark.parametrize("mime_limit", ["video/*", "image/jpeg", "!image/*", "!image/png"])
def test_content_of_another_type_is_forbidden(mime_limit: str) -> None:
    with pytest.raises(MimeTypeForbiddenError):
        _settle(_policy(mimeLimit=mime_limit), PNG)


@pytest.mark.parametrize("detect_mime", [0, 1, -1])
def test_a_client_cannot_talk_its_way_past_the_limit(detect_mime: int) -> None:
    policy = _policy(mimeLimit="image/*", detectMime=detect_mime)
    with pytest.raises(MimeTypeForbiddenError) as caught:
        _settle(policy, ZIP, mime_type="image/png", file_name="a.png")
    # protocol.md 10.1 has this very text.
    assert caught.value.message == (
        "limited mimeType: this file type (application/zip) is forbidden to upload"
    )


# The nearest things to a picture's or a film's beginning, and none of it. Nothing here can run.
_ELF = b"\x7fELF\2\1\1\0" + bytes(56)
_JAVA_CLASS = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20)
_SWF = b"CWS\x0a\0\1\0\0\x78\x9c" + bytes(20)
_OFFICE_2003 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize("mime_limit", ["image/*", "image/png", "audio/*;video/*", "text/plain"])
@pytest.mark.parametrize("content", [_ELF, _JAVA_CLASS, _SWF, UNKNOWN, b""])
@pytest.mark.parametrize("detect_mime", [0, 1, -1])
def test_content_that_shows_no_type_is_an_octet_stream_whatever_it_is_called(
    mime_limit: str, content: bytes, detect_mime: int
) -> None:
    label = mime_limit.partition(";")[0].replace("*", "png")
    policy = _policy(mimeLimit=mime_limit, detectMime=detect_mime)
    with pytest.raises(MimeTypeForbiddenError, match="application/octet-stream"):
        _settle(policy, content, mime_type=label, file_name="a.png", key="a.mp3")


def test_office_of_2003_is_known_and_none_of_a_picture_s_types() -> None:
    with pytest.raises(MimeTypeForbiddenError, match="application/x-ole-storage"):
        _settle(_policy(mimeLimit="image/*"), _OFFICE_2003, mime_type="image/png")


def test_a_limit_that_takes_octet_streams_takes_what_shows_no_type() -> None:
    policy = _policy(mimeLimit="image/*;application/octet-stream")
    assert _settle(policy, UNKNOWN, file_name="a.xyz") == "application/octet-stream"
    assert _settle(policy, UNKNOWN, mime_type="image/x-own") == "image/x-own"
    with pytest.raises(MimeTypeForbiddenError):
        _settle(_policy(mimeLimit="!application/octet-stream"), UNKNOWN, mime_type="image/png")


@pytest.mark.parametrize("label", ["text/html", "Text/HTML; charset=utf-8", "video/mp4"])
@pytest.mark.parametrize("mime_limit", ["image/*", "image/jpeg;image/png", "!text/*;video/*"])
@pytest.mark.parametrize("detect_mime", [0, -1])
def test_a_label_that_contradicts_the_content_has_to_be_within_the_limit_too(
    label: str, mime_limit: str, detect_mime: int
) -> None:
    policy = _policy(mimeLimit=mime_limit, detectMime=detect_mime)
    with pytest.raises(MimeTypeForbiddenError, match=label.partition(";")[0]):
        _settle(policy, PNG, mime_type=label)
    assert _settle(_policy(detectMime=detect_mime), PNG, mime_type=label) == label


def test_a_label_that_does_not_count_need_not_be_within_the_limit() -> None:
    assert _settle(_policy(mimeLimit="image/*", detectMime=1), PNG, mime_type="text/html") == (
        "image/png"
    )
    octets = _policy(mimeLimit="application/octet-stream", detectMime=1)
    assert _settle(octets, UNKNOWN, mime_type="text/html", file_name="a.html") == (
        "application/octet-stream"
    )


@pytest.mark.parametrize(
    "label",
    [
        *("png", "undefined", "image/png, text/html"),
        *("application/octet-stream", "binary/octet-stream", "multipart/form-data"),
        "application/x-www-form-urlencoded",
        "image/x-own",  # a relative
    ],
)
@pytest.mark.parametrize("detect_mime", [0, -1])
def test_a_label_that_says_nothing_of_the_content_gives_way_to_it(
    label: str, detect_mime: int
) -> None:
    policy = _policy(mimeLimit="image/png", detectMime=detect_mime)
    assert _settle(policy, PNG, mime_type=label, file_name="a.html", key="a.mp3") == "image/png"


def test_of_names_the_first_counts_whose_type_is_within_the_limit() -> None:
    text = b"a,b\n1,2\n"
    policy = _policy(mimeLimit="text/csv;text/plain")
    assert _settle(policy, text, file_name="a.html", key="a.csv") == "text/csv"
    assert _settle(policy, text, file_name="a.html", key="a.xml") == "text/plain"
    # A name alone makes no type of it: this is text, as far as its bytes show.
    with pytest.raises(MimeTypeForbiddenError, match="text/plain"):
        _settle(_policy(mimeLimit="text/csv"), text, file_name="a.csv")


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"#!AMR\n", "audio/amr"),
        (b"\0\0\0\x14ftypM4A \0\0\0\0M4A ", "audio/mp4"),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom", "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"FLV\1\5", "video/x-flv"),
        (b"\0\0\1\xba", "video/mpeg"),
        (b"wOF2\0\1\0\0", "font/woff2"),
        (b"glTF\2\0\0\0", "model/gltf-binary"),
        (b"%PDF-1.7", "application/pdf"),
        (b"%!PS-Adobe-3.0", "application/postscript"),
        (b"{\\rtf1}", "application/rtf"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (ZIP, "application/zip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\7\0", "application/vnd.rar"),
        (b"\0asm\1\0\0\0", "application/wasm"),
        (b"MZ\x90\0", "application/x-msdownload"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (bytes(257) + b"ustar\0", "application/x-tar"),
        (b'{"a": 1}', "application/json"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"<html>", "text/html"),
        (b"hello", "text/plain"),
    ],
)
def test_content_is_what_its_bytes_show_whatever_it_is_called(
    content: bytes, mime_type: str
) -> None:
    assert _settle(_policy(mimeLimit=mime_type), content, mime_type=mime_type) == mime_type
    assert _settle(_policy(mimeLimit=mime_type), content, file_name="a.png") == mime_type
    for mime_limit in ("image/png", f"!{mime_type}"):
        with pytest.raises(MimeTypeForbiddenError):
            _settle(
                _policy(mimeLimit=mime_limit), content, mime_type="image/png", file_name="a.png"
            )


def test_a_label_within_the_limit_is_kept_as_it_is() -> None:
    assert _settle(_policy(mimeLimit="image/jpeg;image/png"), PNG, mime_type="image/x-png") == (
        "image/x-png"
    )


def test_an_empty_limit_limits_nothing() -> None:
    assert _settle(_policy(mimeLimit=""), ZIP) == "application/zip"
