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


def test_where_the_content_shows_no_type_the_settled_one_counts() -> None:
    policy = _policy(mimeLimit="audio/*")
    assert _settle(policy, UNKNOWN, mime_type="audio/x-own") == "audio/x-own"


def test_a_type_that_nothing_tells_is_held_against_the_limit() -> None:
    with pytest.raises(MimeTypeForbiddenError):
        _settle(_policy(mimeLimit="image/*"), UNKNOWN)


def test_an_empty_limit_limits_nothing() -> None:
    assert _settle(_policy(mimeLimit=""), ZIP) == "application/zip"
