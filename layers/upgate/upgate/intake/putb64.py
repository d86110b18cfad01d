"""`POST /putb64/<size>/...`: one upload with its content in base64 (protocol.md 2.7)."""

from __future__ import annotations

import binascii

from upgate import limits
from upgate.errors import FileTooLargeError, InvalidArgumentError
from upgate.intake import path_pairs
from upgate.intake.upload_request import Content, UploadRequest
from upgate.tokens.authorization import upload_token_of

try:
    from pybase64 import b64decode
except ImportError:  # forty times slower, and as strict
    from base64 import b64decode  # type: ignore[assignment]

_SIZE_UNKNOWN = "-1"


def parse_putb64(
    path: str, authorization: str | None, body: Content
) -> tuple[UploadRequest, Content]:
    """Read the request from the path and the header, and the content from the body.

    The body is base64 in the standard alphabet, padded. CR and LF in it are skipped, as Go's
    decoder does: Android's `Base64.encodeToString(data, 0)` puts one after every 76 characters.
    Any other foreign character is refused.

    Args:
        path: with percent-encoding undone once.
        authorization: the header's value, None without one.
        body: as sent, still in base64.

    Raises:
        TokenMissingError, BadTokenError: see `upload_token_of`.
        FileTooLargeError: the body is above limits.REQUEST_BODY_BYTES.
        InvalidArgumentError: the path, the base64, or a size that is not the content's.
    """
    token = upload_token_of(authorization)
    size, segments = path_pairs.split_path(path, "putb64")
    expected = None if size == _SIZE_UNKNOWN else path_pairs.parse_size(size)
    request = path_pairs.parse_pairs(segments, token)
    if len(body) > limits.REQUEST_BODY_BYTES:
        raise FileTooLargeError
    content = _decode(body)
    if expected is not None and len(content) != expected:
        raise InvalidArgumentError(
            f"unexpected file size: the path says {expected} bytes, the body holds {len(content)}"
        )
    return request, content


def _decode(body: Content) -> bytes:
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        pass  # the rare case: with line breaks, or wrong
    try:
        return b64decode(bytes(body).translate(None, b"\r\n"), validate=True)
    except binascii.Error as error:
        raise InvalidArgumentError("the body is not base64 in the standard alphabet") from error
