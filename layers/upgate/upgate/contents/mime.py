"""The media type that an object is stored with (protocol.md 1.2, detectMime)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from upgate.contents.media_types import OCTET_STREAM, extension_for, from_name
from upgate.errors import InvalidPolicyError
from upgate.limits import SNIFF_BYTES

__all__ = [
    "OCTET_STREAM",
    "SNIFF_BYTES",
    "candidates",
    "decide",
    "extension_for",
    "from_name",
    "sniff",
]


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
    """The type by the policy's detectMime: the first of `candidates`; raises as they do."""
    return next(candidates(detect_mime, client, file_name, key, prefix))


def candidates(
    detect_mime: int,
    client: str | None,
    file_name: str | None,
    key: str | None,
    prefix: Callable[[], bytes],
) -> Iterator[str]:
    """The types by the policy's detectMime, the best first; application/octet-stream is the last.

    0: the client's, else by file name, by key, by content. 1: by content, file name, key. -1: the
    client's. With 0 application/octet-stream from a client counts as not given: SDKs send it when
    they know nothing, and Kodo looks further as well. `prefix` is called only when it comes to the
    content; `client` is as `upload_field.parse_mime_type` gives it.

    Raises:
        InvalidPolicyError: another detectMime than the three.
    """
    if detect_mime not in (-1, 0, 1):
        raise InvalidPolicyError("detectMime is 0, 1 or -1")
    if client and (detect_mime == -1 or (detect_mime == 0 and not _is_empty(client))):
        yield client
    if detect_mime == 1 and (found := sniff(prefix())):
        yield found
    if detect_mime != -1:
        names = (from_name(name) for name in (file_name, key) if name)
        yield from (found for found in names if found)
    if detect_mime == 0 and (found := sniff(prefix())):
        yield found
    yield OCTET_STREAM


def _is_empty(client: str) -> bool:
    return client.partition(";")[0].strip().lower() == OCTET_STREAM
