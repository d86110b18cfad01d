"""Which paths are management calls that only read: all that downloads need to know of them."""

from __future__ import annotations


def is_read(path: str) -> bool:
    """Whether it is `/list` or `/stat/...`, for which some SDKs send GET."""
    return path == "/list" or path.startswith("/stat/")
