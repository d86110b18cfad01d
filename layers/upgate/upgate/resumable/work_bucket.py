"""The work bucket: pieces of uploads that are under way, and marks of those that are over.

It never deletes: the bucket's lifecycle does. Whatever is read whole is checked against the digest
that its name or its ctx carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate.contents import qetag
from upgate.contents.content import BufferedContent
from upgate.errors import StorageFailedError
from upgate.objects import storage
from upgate.resumable.piece import Piece

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_READ_ATTEMPTS = 2  # botocore repeats a request, but not a body that breaks off
_MARK_BYTES = 1024
_CONFLICT_ATTEMPTS = 5


class PieceGoneError(StorageFailedError):
    """The object is not there: its lifetime is over."""


class _DamagedError(StorageFailedError):
    """The bytes are not those that were written."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing; the time, in Unix seconds, is S3's."""

    name: str
    size_bytes: int
    modified_at: int


class WorkBucket:
    """One S3 bucket, under the names of work_names.py."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def put(self, name: str, content: BufferedContent) -> None:
        """Write an object; S3 checks it on arrival. Raises StorageFailedError."""
        with storage.failures():
            body: Any = content.data  # any buffer will do; the stubs know bytes only
            self._client.put_object(
                Bucket=self.bucket, Key=name, Body=body, **storage.checksum(content)
            )

    def read(self, piece: Piece) -> bytearray:
        """All of a piece; raises as `read_into` does."""
        data = bytearray(piece.size_bytes)
        self.read_into(piece, memoryview(data))
        return data

    def read_into(self, piece: Piece, view: memoryview) -> None:
        """Read all of a piece into memory of just its size, and check it.

        Raises:
            PieceGoneError: it is not there any more.
            StorageFailedError: S3 failed, or what it has are not these bytes.
        """
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                self._read_once(piece, view)
                return
            except PieceGoneError:
                raise
            except StorageFailedError:
                if attempt == _READ_ATTEMPTS:
                    raise

    def _read_once(self, piece: Piece, view: memoryview) -> None:
        with storage.failures(), _gone():
            body: Any = self._client.get_object(Bucket=self.bucket, Key=piece.name)["Body"]
            position = 0
            while position < len(view) and (count := body.readinto(view[position:])):
                position += count
        if position != piece.size_bytes or body.read(1) or qetag.of(view) != piece.etag:
            raise _DamagedError

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object, at least one; raises as `read_into` does."""
        with storage.failures(), _gone():
            span = f"bytes={start}-{start + length - 1}"
            answer = self._client.get_object(Bucket=self.bucket, Key=name, Range=span)
            return answer["Body"].read()

    def list_from(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Objects in the order of their names; a page is asked for when it is needed."""
        token: dict[str, str] = {"StartAfter": after} if after else {}
        while True:
            with storage.failures():
                page = self._client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, **token)  # type: ignore[arg-type]
            for item in page.get("Contents", []):
                yield Listed(item["Key"], item["Size"], int(item["LastModified"].timestamp()))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def mark(self, name: str) -> str | None:
        """The text of a mark, None if there is none."""
        try:
            with storage.failures(), _gone():
                answer = self._client.get_object(Bucket=self.bucket, Key=name)
                return answer["Body"].read(_MARK_BYTES).decode()
        except PieceGoneError:
            return None

    def set_mark(self, name: str, text: str) -> str | None:
        """Set a mark if there is none; the text of the one that was there already, if one was.

        Raises:
            StorageFailedError: S3 failed; it may be set.
        """
        from botocore.exceptions import ClientError

        body = text.encode()
        for _ in range(_CONFLICT_ATTEMPTS):
            with storage.failures():
                try:
                    self._client.put_object(
                        Bucket=self.bucket,
                        Key=name,
                        Body=body,
                        IfNoneMatch="*",
                        **storage.checksum(BufferedContent(body)),
                    )
                    return None
                except ClientError as error:
                    # 409: another write of this mark is under way, and one of them will be first.
                    if storage.status_of(error) not in (409, 412):
                        raise
            if (there := self.mark(name)) is not None:
                return there
        raise StorageFailedError


@contextmanager
def _gone() -> Iterator[None]:
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if storage.status_of(error) == 404:
            raise PieceGoneError from error
        raise
