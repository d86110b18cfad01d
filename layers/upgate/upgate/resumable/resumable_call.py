"""One request of a resumable upload, as far as the protocol's rules look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from upgate import limits
from upgate.errors import FileTooLargeError
from upgate.tokens.authorization import Grant, upload_token_of
from upgate.uploads.upload import Uploader
from upgate.uploads.upload_ports import UploadContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumableCall:
    """Method, path (percent-encoding undone once), what the headers say, and the body, unread."""

    method: str
    path: str
    query: str
    authorization: str | None = field(repr=False)
    content_md5: str | None
    origin: str
    """Scheme and host that the client reached us by."""
    read_body: Callable[[], bytes]
    context: UploadContext

    def token(self) -> str:
        """The upload token, not yet verified; raises as `authorization.upload_token_of` does."""
        return upload_token_of(self.authorization)

    def grant(self, uploader: Uploader) -> Grant:
        """What the token allows; raises as `Uploader.authorize` does."""
        return uploader.authorize(self.token(), self.context)

    def body(self) -> bytes:
        """The body.

        Raises:
            FileTooLargeError: above limits.REQUEST_BODY_BYTES.
        """
        with self.context.stages.stage("parse"):
            body = self.read_body()
        if len(body) > limits.REQUEST_BODY_BYTES:
            raise FileTooLargeError
        return body
