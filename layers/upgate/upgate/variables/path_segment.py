"""A user's name as one segment of a key, so that no user's name reaches into another's tree."""

from __future__ import annotations


def encode(name: str) -> str:
    """A name without a slash, and none that stands for a folder itself or the one above it.

    The percent sign has to give way with the slash, or "a%2Fb" would be the same as "a/b".
    """
    if name in (".", ".."):
        return name.replace(".", "%2E")
    return name.replace("%", "%25").replace("/", "%2F")
