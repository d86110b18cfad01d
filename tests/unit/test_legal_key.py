"""Under which keys something may be written."""

from __future__ import annotations

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError, KeyTooLongError
from upgate.objects import legal_key

RESULT = "tZ-w8jHlQ0__PYJdiisskrK5h3k=/FjgJQXuH7OresQL4zgRqYG5bZ64x"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a//b/",
        "你好?&=\r\n",
        "a\\..\\b",
        "100%",
        "a%20b",
        "%2e%2e/a",
        "...",
        "..a/v",
        "a./b",
        ".a",
        RESULT[1:],
        "x" + RESULT,
        RESULT.partition("/")[0],
        RESULT + "/",
        "k" * limits.KEY_BYTES,
    ],
)
def test_key_that_can_be_downloaded_is_legal(key: str) -> None:
    legal_key.check(key)


@pytest.mark.parametrize(
    "key",
    [
        *(".", "..", "./v", "../v", "a/.", "a/..", "a/./b", "b/../a", "videos/2014/../../v.wmv"),
        *(RESULT, RESULT + "/000000.ts", RESULT + "/a/b.ts", RESULT + "/..x"),
        "a\0b",
    ],
)
def test_key_that_cannot_be_downloaded_is_refused(key: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^key "):
        legal_key.check(key)


def test_key_beyond_the_limit_is_refused() -> None:
    with pytest.raises(KeyTooLongError):
        legal_key.check("图" * (limits.KEY_BYTES // 3) + "k")
