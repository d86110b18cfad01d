from __future__ import annotations

import pytest

from upgate.contents.mime_limit import admits
from upgate.errors import InvalidPolicyError


@pytest.mark.parametrize(
    ("limit", "media_type"),
    [
        ("", "anything/atall"),
        ("image/*", "image/png"),
        ("image/jpeg;image/png", "image/png"),
        ("image/jpeg ; image/png;", "image/png"),
        ("IMAGE/*", "Image/PNG"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("*/*", "video/mp4"),
        ("!image/*", "video/mp4"),
        ("!application/json;text/plain", "image/png"),
        (" ! image/png", "image/jpeg"),
        # Other names of a type, on either side.
        ("image/jpg", "image/jpeg"),
        ("image/jpeg", "image/jpg"),
        ("audio/x-m4a", "audio/mp4"),
        ("text/*", "text/xml"),
        ("application/*", "text/xml"),
        ("!image/png", "image/jpg"),
    ],
)
def test_a_type_within_the_limit_is_admitted(limit: str, media_type: str) -> None:
    assert admits(limit, media_type)


@pytest.mark.parametrize(
    ("limit", "media_type"),
    [
        ("image/*", "video/mp4"),
        ("image/*", "imagex/png"),
        ("image/*", "image"),
        ("image/jpeg;image/png", "image/gif"),
        ("image/jpeg", "image/jpeg2000"),
        ("!image/*", "image/png"),
        ("!application/json;text/plain", "text/plain"),
        ("!*/*", "video/mp4"),
        ("!image/jpg", "image/jpeg"),
        ("!image/jpeg", "image/pjpeg"),
        ("!text/*", "text/xml"),
        # No media types, whatever the limit.
        ("!video/*", "image"),
        ("!video/*", "*/*"),
        ("image/*", "image/*"),
        ("image/*", "image/png, text/html"),
        ("!video/*", "image/png; a=b, text/html"),
    ],
)
def test_a_type_outside_the_limit_is_not_admitted(limit: str, media_type: str) -> None:
    assert not admits(limit, media_type)


@pytest.mark.parametrize(
    "limit",
    [
        "image",
        "image/",
        "/png",
        "*/png",
        "*",
        "image/p*",
        "image/*;;text/plain",
        "image/*,text/plain",
        "image/png;!text/html",
        "a b/c",
        "image/*\nx",
        ";",
        "!",
        "!;",
        "!!image/png",
    ],
)
def test_a_malformed_limit_is_an_invalid_policy(limit: str) -> None:
    with pytest.raises(InvalidPolicyError):
        admits(limit, "image/png")
