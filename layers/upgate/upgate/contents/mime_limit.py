"""The policy's mimeLimit (protocol.md 1.2): which types of content an upload may have."""

from __future__ import annotations

import re

from upgate.contents.media_types import canonical, essence
from upgate.errors import InvalidPolicyError

_NAME = r"[0-9a-z][0-9a-z!#$&^_.+-]*"  # RFC 6838, 4.2: no asterisk, and `!` not in front
_RANGE = re.compile(rf"\*/\*|{_NAME}/(?:\*|{_NAME})")


def admits(mime_limit: str, mime_type: str) -> bool:
    """Whether a type is allowed: `image/*;text/plain` allows these only, `!` before it all others.

    An empty limit admits everything. Case, blanks around a range, the type's parameters, a
    trailing semicolon and which of a type's names is used (image/jpg) do not matter. What is no
    media type is within no limit, whether it lists or denies.

    Raises:
        InvalidPolicyError: the limit has no range, or a part of it is none (`image`, `*/png`).
    """
    limit = mime_limit.strip().lower()
    if not limit:
        return True
    is_denied = limit.startswith("!")
    ranges = [part.strip() for part in limit.removeprefix("!").split(";")]
    if ranges[-1] == "":
        ranges.pop()
    if not ranges or not all(_RANGE.fullmatch(part) for part in ranges):
        raise InvalidPolicyError("mimeLimit is not a list of media types")
    name = essence(mime_type)
    if name is None:
        return False
    names = {name, canonical(name)}
    listed = {*ranges, *map(canonical, ranges)}
    is_listed = any(listed & {"*/*", known, known.partition("/")[0] + "/*"} for known in names)
    return is_listed != is_denied
