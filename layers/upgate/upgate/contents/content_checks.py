"""What the policy demands of the content: size, checksum and type (protocol.md 1.2, 2.1)."""

from __future__ import annotations

from upgate.contents import mime, mime_limit
from upgate.contents.content import IncomingContent
from upgate.errors import (
    Crc32MismatchError,
    FileTooLargeError,
    FileTooSmallError,
    MimeTypeForbiddenError,
)
from upgate.intake.upload_request import UploadRequest
from upgate.tokens.put_policy import PutPolicy


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
    """Decide the object's type by `detectMime` and hold the content against `mimeLimit`.

    `mimeLimit` looks at the content and not at what the client says; only where the content shows
    no type does the settled one count.

    Raises:
        MimeTypeForbiddenError, InvalidArgumentError.
    """
    settled = mime.decide(
        policy.detect_mime, request.mime_type, request.file_name, key, content.prefix
    )
    if policy.mime_limit:
        found = mime.sniff(content.prefix()) or settled
        if not mime_limit.admits(policy.mime_limit, found):
            raise MimeTypeForbiddenError(found)
    return settled
