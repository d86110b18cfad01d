"""An object of S3 as a local file, which is what the tools read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from upgate.errors import SourceTooLargeError, StorageFailedError, UnprocessableSourceError
from upgate.objects import storage
from upgate.objects.source_object import SourceObject
from upgate_media.run_types import Source

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_READ_BYTES = 1024 * 1024
_ATTEMPTS = 2  # botocore repeats a request, but not a body that breaks off
# What a demuxer wants: headers are at the beginning of a file, or at its end.
_EDGE_BYTES = 16 * _READ_BYTES


def download(client: S3Client, source: SourceObject, folder: Path, limit_bytes: int) -> Source:
    """All of an object, of just the version that `source` is about.

    Raises:
        SourceTooLargeError: more than `limit_bytes`; nothing was read.
        StorageFailedError: S3 failed, or the object was replaced meanwhile.
    """
    if source.size_bytes > limit_bytes:
        raise SourceTooLargeError(f"the source has more than {limit_bytes} bytes")
    path = folder / "source"
    for attempt in range(1, _ATTEMPTS + 1):
        with path.open("wb") as file:
            try:
                _read(client, source, file, 0, source.size_bytes)
                break
            except StorageFailedError:
                if attempt == _ATTEMPTS:
                    raise
    return _local(source, path)


def download_edges(client: S3Client, source: SourceObject, folder: Path) -> Source:
    """The beginning and the end of an object, at their places in a file of its full length.

    Enough to describe audio and video, whose middle nobody looks at. Raises StorageFailedError.
    """
    if source.size_bytes <= 2 * _EDGE_BYTES:
        return download(client, source, folder, 2 * _EDGE_BYTES)
    path = folder / "source"
    with path.open("wb") as file:
        _read(client, source, file, 0, _EDGE_BYTES)
        _read(client, source, file, source.size_bytes - _EDGE_BYTES, source.size_bytes)
    return _local(source, path)


def _read(client: S3Client, source: SourceObject, file: BinaryIO, start: int, end: int) -> None:
    """Bytes `start` to before `end`, to the same place in the file."""
    file.seek(start)
    if start == end:
        return
    with storage.failures():
        body = _open(client, source, f"bytes={start}-{end - 1}")
        for chunk in body.iter_chunks(_READ_BYTES):
            file.write(chunk)
    if file.tell() != end:
        raise StorageFailedError


def _open(client: S3Client, source: SourceObject, byte_range: str) -> StreamingBody:
    """S3's answer; UnprocessableSourceError for an object of an archive class, still archived."""
    from botocore.exceptions import ClientError

    try:
        return client.get_object(
            Bucket=source.s3_bucket,
            Key=source.s3_name,
            IfMatch=source.s3_etag,
            Range=byte_range,
        )["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidObjectState":
            raise UnprocessableSourceError("the file is archived: restore it first") from error
        raise


def _local(source: SourceObject, path: Path) -> Source:
    return Source(
        path=path,
        mime_type=source.mime_type,
        etag=source.etag,
        size_bytes=source.size_bytes,
        file_name=source.s3_name.rpartition("/")[2] or None,
    )
