"""The paths of a v2 upload: `/buckets/<bucket>/objects/<key>/uploads...` (protocol.md 4).

The key's segment is URL-safe base64; `~` is no key and nothing the empty key. The match is anchored
at the suffix: in the standard alphabet, which some clients use, base64 has slashes (aws.md 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from upgate import encoding, limits
from upgate.errors import InvalidArgumentError

_PATH = re.compile(
    r"/buckets/(?P<bucket>[^/]+)/objects(?:/(?P<key>.*))?/uploads"
    r"(?:/(?P<upload_id>[^/]+)(?:/(?P<part>[^/]+))?)?"
)
_NO_KEY = "~"
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_URL_SAFE = str.maketrans("+/", "-_")


class PathKind(Enum):
    """How far a path goes."""

    UPLOADS = auto()
    UPLOAD = auto()
    PART = auto()


@dataclass(frozen=True, slots=True)
class MultipartPath:
    """What a path says; `key` None is "no key", which is not the empty key."""

    bucket: str
    key: str | None
    kind: PathKind = PathKind.UPLOADS
    upload_id: str = ""
    part_number: int = 0


def parse(path: str) -> MultipartPath | None:
    """Read a path; None if it is none of these.

    Raises:
        InvalidArgumentError: too long, a key that is not base64 of UTF-8, or a part number that
            is not one.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    if len(path) > limits.ENCODED_PATH_BYTES:
        raise InvalidArgumentError(f"path longer than {limits.ENCODED_PATH_BYTES} bytes")
    bucket, key, upload_id = match["bucket"], _key(match["key"] or ""), match["upload_id"]
    if upload_id is None:
        return MultipartPath(bucket, key)
    if match["part"] is None:
        return MultipartPath(bucket, key, PathKind.UPLOAD, upload_id)
    return MultipartPath(bucket, key, PathKind.PART, upload_id, _part_number(match["part"]))


def _key(text: str) -> str | None:
    if text == _NO_KEY:
        return None
    try:
        return encoding.decode_text(text.translate(_URL_SAFE))
    except ValueError as error:
        raise InvalidArgumentError("the key is not URL-safe base64 of UTF-8 text") from error


def _part_number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= limits.PARTS:
        raise InvalidArgumentError(f"the part number is not a number from 1 to {limits.PARTS}")
    return int(text)
