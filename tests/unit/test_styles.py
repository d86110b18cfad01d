from __future__ import annotations

from typing import Any

import pytest

from upgate import limits
from upgate.downloads import styles
from upgate.downloads.styles import BucketSettings
from upgate.errors import InvalidArgumentError

MP3 = "avthumb/mp3/aq/6/ar/16000"


def test_path_is_read_as_key_separator_and_style() -> None:
    settings = BucketSettings(separators=".-", styles={"mp3": MP3, "b.mp3": "avthumb/ogg"})
    assert list(settings.readings("a.b.mp3")) == [("a.b", MP3), ("a", "avthumb/ogg")]


@pytest.mark.parametrize("path", ["a_mp3", "mp3", ".mp3", "a.mp", "a."])
def test_path_without_key_separator_and_style_has_no_reading(path: str) -> None:
    settings = BucketSettings(separators=".", styles={"mp3": MP3})
    assert list(settings.readings(path)) == []


def test_settings_are_read_back() -> None:
    settings = BucketSettings(
        separators=".!", styles={"小": MP3}, presets_only=True, is_private=True
    )
    assert styles.decode(styles.encode(settings)) == settings


@pytest.mark.parametrize(
    "settings",
    [
        {"separators": ""},
        {"separators": ".-_!"},
        {"separators": "".join(map(chr, range(0x2010, 0x2010 + limits.STYLE_SEPARATORS)))},
        {"styles": {"s" * limits.STYLE_NAME_BYTES: MP3}},
        {"styles": {str(number): MP3 for number in range(limits.STYLES)}},
        {"styles": {"a.b": "imageView2/1/w/1|imageMogr2/rotate/90"}},
    ],
)
def test_settings_that_can_work_are_taken(settings: dict[str, Any]) -> None:
    styles.check(BucketSettings(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"separators": ".."},
        {"separators": "/"},
        {"separators": "a"},
        {"separators": "\n"},
        {"separators": "".join(map(chr, range(0x2010, 0x2011 + limits.STYLE_SEPARATORS)))},
        {"styles": {"": MP3}},
        {"styles": {"s" * (limits.STYLE_NAME_BYTES + 1): MP3}},
        {"styles": {"a/b": MP3}},
        {"styles": {"s": ""}},
        {"styles": {"s": "avthumb//"}},
        {"styles": {"s": f"{MP3}|saveas/ZGVtbzph"}},
        {"styles": {str(number): MP3 for number in range(limits.STYLES + 1)}},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        styles.check(BucketSettings(**settings))
