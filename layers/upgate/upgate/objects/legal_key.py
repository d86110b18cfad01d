"""Which keys an object may be written under, whichever way it comes (S3 User Guide, "Naming").

An object that S3 has is not judged here: whatever its key, it can be copied away and deleted.
"""

from __future__ import annotations

import re

from upgate import limits
from upgate.errors import InvalidArgumentError, KeyTooLongError
from upgate.objects import possible_name, storage

# base64 of a SHA-1, the source's etag, and below it the segments of a playlist (protocol.md 9.1).
_RESULT = re.compile(r"[A-Za-z0-9_-]{27}=/[A-Za-z0-9_-]{1,64}(?:/.+)?", re.ASCII)


def check(key: str) -> None:
    """Refuse a key under which nothing may be written.

    Raises:
        KeyTooLongError: above limits.KEY_BYTES.
        InvalidArgumentError: S3 has no such name; a segment `.` or `..`, which a client resolves
            before it asks, so that no download finds the object; or the key of a result.
    """
    if len(key.encode()) > limits.KEY_BYTES:
        raise KeyTooLongError(f"key too long: at most {limits.KEY_BYTES} bytes")
    if fault := possible_name.fault_of(storage.object_name(key)):
        raise InvalidArgumentError(f"key {fault}")
    if has_dot_segment(key):
        raise InvalidArgumentError("key has a segment '.' or '..': no client could download it")
    if is_of_result(key):
        raise InvalidArgumentError("key has the form of a result's: results alone are served there")


def has_dot_segment(key: str) -> bool:
    """Whether clients would resolve a part of the key's path (RFC 3986, 5.2.4)."""
    return not {".", ".."}.isdisjoint(key.split("/"))


def is_of_result(key: str) -> bool:
    """Whether a key can be that of a command's result, or of a segment below one."""
    return _RESULT.fullmatch(key) is not None
