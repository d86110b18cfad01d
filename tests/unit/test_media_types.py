from __future__ import annotations

import pytest

from upgate.contents.media_types import extension_for, from_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a/b.c/d.png", "image/png"),
        ("a.tar.gz", "application/gzip"),
        ("clip.ts", "video/mp2t"),
        ("page.html", "text/html"),
        ("app.js", "text/javascript"),
        ("照片.heic", "image/heic"),
        ("C:\\photos\\a.webp", "image/webp"),
    ],
)
def test_a_type_is_found_by_the_extension(name: str, expected: str) -> None:
    assert from_name(name) == expected


@pytest.mark.parametrize(
    "name", ["", "jpg", ".jpg", "a.", "a.b/c", "dir.jpg/", "a.unknown", "a.jpg ", "b\\.png"]
)
def test_without_a_known_extension_there_is_no_type(name: str) -> None:
    assert from_name(name) is None


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("image/jpeg", ".jpg"),
        ("image/jpg", ".jpg"),
        ("IMAGE/PNG", ".png"),
        ("text/html; charset=utf-8", ".html"),
        ("audio/mpeg", ".mp3"),
        ("video/quicktime", ".mov"),
        ("text/xml", ".xml"),
    ],
)
def test_a_type_gives_its_usual_extension(media_type: str, expected: str) -> None:
    assert extension_for(media_type) == expected


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "image/unknown", "jpg"])
def test_a_type_without_an_extension_gives_none(media_type: str) -> None:
    assert extension_for(media_type) == ""
