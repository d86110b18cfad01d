"""What the policy demands of the content: size, checksum and type (protocol.md 1.2, 2.1)."""

from __future__ import annotations

from upgate.contents import media_types, mime, mime_limit
from upgate.contents.content import IncomingContent
from upgate.errors import (
    Crc32MismatchError,
    FileTooLargeError,
    FileTooSmallError,
    MimeTypeForbiddenError,
)
from upgate.intake.upload_request import UploadRequest
from upgate.tokens.put_policy import PutPolicy

# Labels of how something travels, not of what it is: HTTP libraries put them on any file.
_NO_CONTENT = frozenset(
    (mime.OCTET_STREAM, "binary/octet-stream", "application/x-www-form-urlencoded")
)


def check_size(policy: PutPolicy, size_bytes: int) -> None:
    """Hold a size against `fsizeMin` and `fsizeLimit`; both limits themselves are allowed.

    Raises:
        FileTooSmallError, FileTooLargeError.
    """
    if policy.fsize_min is not None and size_bytes < policy.fsize_min:
        raise FileTooSmallError
    if policy.fsize_limit is not None and size_bytes > policy.fsize_limit:
        raise FileTooLargeError(
            f"request entity too large: {size_bytes} bytes, fsizeLimit is {policy.fsize_limit}"
        )


def check_crc32(expected: int | None, content: IncomingContent) -> None:
    """Hold the content against the client's checksum, where it sent one.

    Raises:
        Crc32MismatchError.
    """
    if expected is not None and content.crc32() != expected:
        raise Crc32MismatchError


def settle_mime_type(
    policy: PutPolicy, request: UploadRequest, key: str | None, content: IncomingContent
) -> str:
    """Decide the object's type by `detectMime`, within `mimeLimit`.

    A limit holds for what the content shows, which without a known beginning is
    application/octet-stream, and for the type that is stored. Labels and names count no more than
    that there: one that says nothing of the content (`jpg`, multipart/form-data) or names a
    relative of it (image/heif for image/heic) gives way, another kind of content is refused.

    Raises:
        MimeTypeForbiddenError.
    """
    types = mime.candidates(
        policy.detect_mime, request.mime_type, request.file_name, key, content.prefix
    )
    if not policy.mime_limit:
        return next(types)
    found = mime.sniff(content.prefix()) or mime.OCTET_STREAM
    if not mime_limit.admits(policy.mime_limit, found):
        raise MimeTypeForbiddenError(found)
    for settled in types:
        if mime_limit.admits(policy.mime_limit, settled):
            return settled
        is_label = policy.detect_mime != 1 and settled == request.mime_type
        if is_label and _contradicts(settled, found):
            raise MimeTypeForbiddenError(settled)
    return found


def _contradicts(label: str, found: str) -> bool:
    """Whether a client's label names another kind of content than the one that is there."""
    name = media_types.essence(label)
    if name is None or name in _NO_CONTENT or name.startswith("multipart/"):
        return False
    return name.partition("/")[0] != found.partition("/")[0]
