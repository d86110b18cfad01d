"""Which names S3 can have at all: others are refused here, where S3 would fail with a 400."""

from __future__ import annotations

_NAME_BYTES = 1024


def fault_of(name: str) -> str | None:
    """Why S3 takes no object of this name, None for one that it takes (S3 User Guide, "Naming").

    More `..` than names before them climb out of the bucket; XML, which S3 lists names in, has no
    NUL; half a surrogate pair has no bytes.
    """
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "is not Unicode text"
    if not 0 < size <= _NAME_BYTES:
        return f"has not 1 to {_NAME_BYTES} bytes"
    if "\0" in name:
        return "holds a NUL character"
    if _climbs_out(name):
        return "has more '..' than names before them: S3 takes no such key"
    return None


def _climbs_out(name: str) -> bool:
    depth = 0
    for element in name.split("/"):
        depth += -1 if element == ".." else element not in ("", ".")
        if depth < 0:
            return True
    return False
