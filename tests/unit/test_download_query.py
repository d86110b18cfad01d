from __future__ import annotations

import pytest

from upgate import limits
from upgate.downloads import download_query
from upgate.downloads.download_query import DownloadQuery
from upgate.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", DownloadQuery()),
        ("imageInfo", DownloadQuery("imageInfo")),
        ("avthumb/mp3/ab/32k", DownloadQuery("avthumb/mp3/ab/32k")),
        ("a/1%7Cb/2|saveas/Zg==", DownloadQuery("a/1|b/2|saveas/Zg==")),
        ("imageMogr2/thumbnail/%2150p", DownloadQuery("imageMogr2/thumbnail/!50p")),
        ("imageMogr2/crop/!1x1a+1", DownloadQuery("imageMogr2/crop/!1x1a+1")),
        ("imageInfo&e=1&token=a:b=", DownloadQuery("imageInfo")),
        ("e=1&token=a:b=", DownloadQuery()),
        ("v=123&go=1", DownloadQuery()),
        ("123", DownloadQuery()),
        ("attname=a+b%2B.txt", DownloadQuery(None, "a b+.txt")),
        ("attname=", DownloadQuery(None, "")),
        ("p/1/avthumb/mp3", DownloadQuery("avthumb/mp3", stored_only=True)),
    ],
)
def test_query_is_read(query: str, expected: DownloadQuery) -> None:
    assert download_query.parse(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "imageInfo&exif",
        "%FF",
        "attname=a%0Ab",
        f"attname={'a' * (limits.ATTNAME_BYTES + 1)}",
        "a" * (limits.DOWNLOAD_QUERY_BYTES + 1),
    ],
)
def test_query_that_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(InvalidArgumentError):
        download_query.parse(query)


def test_longest_name_is_read() -> None:
    name = "a" * limits.ATTNAME_BYTES
    assert download_query.parse(f"attname={name}").attname == name
