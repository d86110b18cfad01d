"""The media type that an object is stored with (protocol.md 1.2, detectMime)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from upgate import limits
from upgate.contents.media_types import OCTET_STREAM, extension_for, from_name
from upgate.errors import InvalidArgumentError, InvalidPolicyError
from upgate.limits import SNIFF_BYTES

__all__ = ["OCTET_STREAM", "SNIFF_BYTES", "decide", "extension_for", "from_name", "sniff"]

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110, 5.6.2
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'
# Blanks belong to what follows them: with two ways to read one, 255 bytes could take hours.
_PARAMETER = rf"[ \t]*{_TOKEN}=(?:{_TOKEN}|{_QUOTED})"
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:[ \t]*;(?:{_PARAMETER})?)*", re.ASCII)


def sniff(prefix: bytes) -> str | None:
    """The type of the content that starts so, None if it cannot be told.

    Give it the first SNIFF_BYTES, or all of shorter content; more is not looked at.
    """
    # Mostly the client or the name says the type, and the tables cost a cold start 2 ms.
    from upgate.contents.media_sniffing import sniff as sniff_content

    return sniff_content(prefix)


def decide(
    detect_mime: int,
    client: str | None,
    file_name: str | None,
    key: str | None,
    prefix: Callable[[], bytes],
) -> str:
    """The type by the policy's detectMime; `prefix` is called only when the content decides.

    0: the client's, else by file name, by key, by content. 1: by content, file name, key. -1: the
    client's. Whatever is not found is application/octet-stream. With 0 that very type from a client
    counts as not given: SDKs send it when they know nothing, and Kodo looks further as well.

    Raises:
        InvalidArgumentError: the client's type is not a media type (RFC 9110, 8.3.1), or is above
            limits.MIME_TYPE_BYTES; also where it would not be used.
        InvalidPolicyError: another detectMime than the three.
    """
    given = legal(client)
    if detect_mime == -1:
        return given or OCTET_STREAM
    if detect_mime not in (0, 1):
        raise InvalidPolicyError("detectMime is 0, 1 or -1")
    is_given = given is not None and given.partition(";")[0].strip().lower() != OCTET_STREAM
    if detect_mime == 0 and given is not None and is_given:
        return given
    return next(_found(detect_mime, file_name, key, prefix), OCTET_STREAM)


def _found(
    detect_mime: int, file_name: str | None, key: str | None, prefix: Callable[[], bytes]
) -> Iterator[str]:
    names = (from_name(name) for name in (file_name, key) if name)
    if detect_mime == 1 and (found := sniff(prefix())):
        yield found
    yield from (found for found in names if found)
    if detect_mime == 0 and (found := sniff(prefix())):
        yield found


def legal(client: str | None) -> str | None:
    """A media type as a client may name it; None for none.

    Raises:
        InvalidArgumentError: not a media type, or beyond limits.MIME_TYPE_BYTES.
    """
    if client is None or not client.strip(" \t"):
        return None
    media_type = client.strip(" \t")
    if len(media_type) > limits.MIME_TYPE_BYTES or not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidArgumentError("the content type of the file is not a media type")
    return media_type
