"""How an object reaches the client: a redirect to S3, and what S3 is to say of it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from upgate import limits
from upgate.answers.responses import Response
from upgate.contents import media_types
from upgate.fops.saved_result import PLAYLIST_TYPE
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Types that a browser runs scripts of, in the name of the host that served them (aws.md 10).
_ACTIVE_TYPES = (
    *("text/html", "application/xhtml", "image/svg"),
    *("text/xml", "text/xsl", "application/xml"),
    "multipart/x-mixed-replace",  # its parts may be any of these
    # WHATWG MIME Sniffing, 5: as good as none, and S3 sends no `nosniff`.
    *("unknown/unknown", "application/unknown"),
)
_PLAYLIST_TYPES = (PLAYLIST_TYPE, "application/vnd.apple.mpegurl", "audio/mpegurl")


class Presign(Protocol):
    """Makes a URL that lets its holder use one method on one object for a while."""

    def __call__(
        self,
        method: str,
        bucket: str,
        key: str,
        lifetime_seconds: int,
        ends_at: int | None,
        overrides: Mapping[str, str],
        /,
    ) -> str:
        """The URL; `overrides` are S3's `response-...` parameters.

        It works for `lifetime_seconds`, and no longer than until `ends_at` (Unix seconds).

        Raises:
            TokenExpiredError: that moment has come.
        """
        ...


@dataclass(frozen=True, slots=True)
class ServedObject:
    """An object to be served: where it lies, and what it is."""

    s3_bucket: str
    s3_name: str
    mime_type: str
    size_bytes: int
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """`x-qn-meta-<name>`, as Kodo has them; what no header can hold is left out.

        S3 itself, where a redirect leads, calls them `x-amz-meta-qn-<name>`.
        """
        return {
            f"X-Qn-Meta-{name}": value
            for name, value in self.metadata.items()
            if value.isascii() and value.isprintable()
        }


class ObjectServer:
    """Answers with objects; no byte of them passes through, but for playlists."""

    def __init__(
        self, presign: Presign, client: Callable[[], S3Client], url_lifetime_seconds: int
    ) -> None:
        self._presign = presign
        self._client = client
        self._url_lifetime_seconds = url_lifetime_seconds

    def serve(
        self, served: ServedObject, method: str, attname: str | None, ends_at: int | None
    ) -> Response:
        """302 to S3, which answers ranges and conditions itself; a playlist is answered here.

        The references in a playlist count from where it came from, and S3 would refuse them
        without a signature. `ends_at` is when the client's own URL ends (Unix seconds), if it does.

        Raises:
            StorageFailedError: S3 failed.
            TokenExpiredError: `ends_at` came while the object was made.
        """
        kind = served.mime_type.partition(";")[0].strip().lower()
        if (
            kind in _PLAYLIST_TYPES
            and attname is None
            and served.size_bytes <= limits.DOWNLOAD_INLINE_BYTES
        ):
            return Response(200, self._read(served), served.mime_type, served.headers)
        overrides: dict[str, str] = {}
        if attname is not None:
            name = attname or served.s3_name.rpartition("/")[2]
            overrides["response-content-disposition"] = _attachment(name)
        elif _may_run(served.mime_type):
            overrides["response-content-disposition"] = "attachment"
        url = self._presign(
            method,
            served.s3_bucket,
            served.s3_name,
            self._url_lifetime_seconds,
            ends_at,
            overrides,
        )
        return Response(302, headers={"Location": url, **served.headers}, content_type="")

    def _read(self, served: ServedObject) -> bytes:
        with storage.failures():
            answer = self._client().get_object(Bucket=served.s3_bucket, Key=served.s3_name)
            return answer["Body"].read()


def _may_run(mime_type: str) -> bool:
    """Whether a browser could take an object for a page: by its type, or by a guess at it.

    It guesses where the label is no media type, and reads a list of types as any one of them.
    """
    kind = media_types.essence(mime_type)
    return kind is None or kind.startswith(_ACTIVE_TYPES) or kind.endswith("+xml")


def _attachment(name: str) -> str:
    """RFC 6266, 4.3: a plain name for old clients, the real one beside it."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
