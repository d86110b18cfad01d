"""Moving a share's parts into the S3 multipart upload, side by side and in bounded memory."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from upgate.objects import storage
from upgate.resumable.assembly_plan import Copy, Join, PlannedPart
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.piece import Piece
from upgate.resumable.work_bucket import WorkBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A join holds up to 15 MiB, mostly 8; a copy holds nothing.
_JOIN_THREADS = 3
_COPY_THREADS = 24


def carry_out(client: S3Client, work: WorkBucket, share: GlueShare) -> dict[int, str]:
    """Send all parts of a share; S3's ETags by part number. Repeating it does no harm.

    Raises:
        StorageFailedError: a part could not be read or sent; no thread is at work any more.
    """

    def send(number: int, part: PlannedPart) -> tuple[int, str]:
        if isinstance(part, Copy):
            return number, _copy(client, work, share, number, part)
        return number, _send(client, share, number, join(work, part.pieces))

    with ThreadPoolExecutor(_JOIN_THREADS) as joiners, ThreadPoolExecutor(_COPY_THREADS) as copiers:
        futures: list[Future[tuple[int, str]]] = [
            (joiners if isinstance(part, Join) else copiers).submit(send, number, part)
            for number, part in share.parts
        ]
        try:
            return dict(future.result() for future in futures)
        finally:
            for future in futures:
                future.cancel()


def join(work: WorkBucket, pieces: tuple[Piece, ...]) -> bytearray:
    """Pieces one after the other in memory, each checked; raises StorageFailedError."""
    joined = bytearray(sum(piece.size_bytes for piece in pieces))
    view, position = memoryview(joined), 0
    for piece in pieces:
        work.read_into(piece, view[position : position + piece.size_bytes])
        position += piece.size_bytes
    return joined


def _send(client: S3Client, share: GlueShare, number: int, data: Any) -> str:
    # MD5 and not a checksum: those S3 takes only in an upload that was created with one.
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    with storage.failures():
        return client.upload_part(
            Bucket=share.bucket,
            Key=share.key,
            UploadId=share.multipart_id,
            PartNumber=number,
            Body=data,
            ContentMD5=base64.b64encode(digest).decode(),
        )["ETag"]


def _copy(client: S3Client, work: WorkBucket, share: GlueShare, number: int, part: Copy) -> str:
    with storage.failures():
        return client.upload_part_copy(
            Bucket=share.bucket,
            Key=share.key,
            UploadId=share.multipart_id,
            PartNumber=number,
            CopySource={"Bucket": work.bucket, "Key": part.name},
        )["CopyPartResult"]["ETag"]
