from __future__ import annotations

import pytest

from upgate.fops import fop, result_name
from upgate.objects import legal_key

# protocol.md 9.1: published samples of Kodo's own naming.
IPHONE = ("avthumb/iphone_low", "FjgJQXuH7OresQL4zgRqYG5bZ64x")
KEY = "tZ-w8jHlQ0__PYJdiisskrK5h3k=/FjgJQXuH7OresQL4zgRqYG5bZ64x"


def test_key_of_a_result_is_kodos() -> None:
    text, etag = IPHONE
    assert result_name.of(fop.parse_pipe(text), etag).key == KEY


def test_where_a_result_is_saved_to_does_not_matter() -> None:
    text, etag = IPHONE
    saved = fop.parse_pipe(f"{text}|saveas/ZGVtbzph")
    assert result_name.of(saved, etag) == result_name.of(fop.parse_pipe(text), etag)


def test_order_of_commands_matters() -> None:
    one, other = (
        result_name.of(fop.parse_pipe(text), "F").key
        for text in ("imageView2/2/w/1|imageMogr2/rotate/9", "imageMogr2/rotate/9|imageView2/2/w/1")
    )
    assert one != other


@pytest.mark.parametrize("text", ["imageView2/2/w/1", "avthumb/m3u8|saveas/ZGVtbzph"])
@pytest.mark.parametrize("etag", ["FjgJQXuH7OresQL4zgRqYG5bZ64x", f"s3-{'0' * 32}-12"])
def test_no_object_may_be_written_under_the_key_of_a_result(text: str, etag: str) -> None:
    assert legal_key.is_of_result(result_name.of(fop.parse_pipe(text), etag).key)
