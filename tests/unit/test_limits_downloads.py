"""Limits of what passes through a download's answer."""

from __future__ import annotations

import io
from typing import Any, cast

import pytest

from upgate import limits
from upgate.downloads.served_object import ObjectServer, ServedObject


class S3:
    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(b"#EXTM3U")}


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 302)])
def test_playlist_is_answered_inline_up_to_the_limit_and_redirected_to_beyond(
    more: int, status: int
) -> None:
    server = ObjectServer(lambda *_: "https://s3.example/", lambda: cast("Any", S3()), 60)
    size = limits.DOWNLOAD_INLINE_BYTES + more
    served = ServedObject("b", "k.m3u8", "application/x-mpegurl", size)
    assert server.serve(served, "GET", None, None).status == status
