"""An object that is in S3 and that nobody sees: a multipart upload which is not completed.

It has its type and metadata already, sends no event, and ends by the bucket's lifecycle at the
latest. Its id works once, so that completing and aborting may both be repeated by anybody.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.contents.content import BufferedContent
from upgate.errors import StorageFailedError
from upgate.objects import storage
from upgate.objects.storage import Destination, StoredObject

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

_log = logging.getLogger(__name__)
_CONFLICT_ATTEMPTS = 4
_CONFLICT_PAUSE_SECONDS = 0.2


class Fate(StrEnum):
    """What became of a held object whose callback was accepted."""

    COMMITTED = "committed"
    THERE = "there"
    """Its content is there, and S3 may not have told of it: another upload brought it."""
    LOST = "lost"
    """Another content came under its name first, or S3 has it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldObject:
    """All that it takes to complete it or to abort it; `held_at` in Unix seconds."""

    bucket: str
    key: str
    etag: str
    upload_id: str
    insert_only: bool
    multipart_id: str
    held_at: int

    @property
    def name(self) -> dict[str, Any]:
        """The arguments that every call about it has."""
        return {
            "Bucket": self.bucket,
            "Key": storage.object_name(self.key),
            "UploadId": self.multipart_id,
        }

    @property
    def ends_at(self) -> int:
        """Until when it may be completed (Unix seconds)."""
        return self.held_at + limits.STRICT_HOLD_SECONDS


def begin(client: S3Client, destination: Destination) -> HeldObject:
    """Open one, without content yet; raises StorageFailedError."""
    with storage.failures():
        created = client.create_multipart_upload(**storage.object_arguments(destination))
    return HeldObject(
        bucket=destination.bucket,
        key=destination.key,
        etag=destination.etag,
        upload_id=destination.upload_id,
        insert_only=destination.insert_only,
        multipart_id=created["UploadId"],
        held_at=int(time.time()),
    )


def hold(client: S3Client, content: BufferedContent, destination: Destination) -> HeldObject:
    """Hold a content that is in memory.

    Raises:
        StorageFailedError: S3 failed; nothing is held.
    """
    held = begin(client, destination)
    # MD5 and not a checksum: those S3 takes only in an upload that was created with one.
    digest = hashlib.md5(content.data, usedforsecurity=False).digest()
    body: Any = content.data  # any buffer will do; the stubs know bytes only
    try:
        with storage.failures():
            client.upload_part(
                **held.name,
                PartNumber=1,
                Body=body,
                ContentMD5=base64.b64encode(digest).decode(),
            )
    except StorageFailedError:
        discard(client, held)
        raise
    return held


def discard(client: S3Client, held: HeldObject) -> None:
    """Abort it if that can be done; the bucket's lifecycle does it otherwise."""
    try:
        abort(client, held)
    except StorageFailedError:
        _log.warning("held object of %s not aborted", held.upload_id, exc_info=True)


def abort(client: S3Client, held: HeldObject) -> None:
    """Have it gone; that it is gone already is well too. Raises StorageFailedError."""
    from botocore.exceptions import ClientError

    with storage.failures():
        try:
            client.abort_multipart_upload(**held.name)
        except ClientError as error:
            if not _is_gone(error):
                raise


def complete(client: S3Client, held: HeldObject) -> Fate:
    """Make it visible; whoever does so again finds it done.

    Raises:
        StorageFailedError: S3 failed; it is to be tried again.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    condition: dict[str, Any] = {"IfNoneMatch": "*"} if held.insert_only else {}
    conflicts = 0
    for attempt in range(1, _CONFLICT_ATTEMPTS + 1):
        try:
            client.complete_multipart_upload(
                **held.name, MultipartUpload={"Parts": _parts(client, held)}, **condition
            )
            return Fate.COMMITTED
        except (BotoCoreError, ClientError) as error:
            found = storage.find_at(client, held.bucket, held.key)
            fate = _settle(client, held, error, found)
            if fate is not None:
                return fate
            status = storage.status_of(error) if isinstance(error, ClientError) else 0
            if status not in (409, 412) or attempt == _CONFLICT_ATTEMPTS:
                raise StorageFailedError from error
            # 409: another write of this name is under way, or something was deleted there since
            # this was held. The second S3 refuses for ever, and only a new upload would do, whose
            # bytes nobody has any more: where nothing is there, nothing is overwritten.
            conflicts += status == 409
            if conflicts > 1 and found is None:
                condition = {}
            time.sleep(_CONFLICT_PAUSE_SECONDS)
    raise StorageFailedError


def _parts(client: S3Client, held: HeldObject) -> Any:
    """Number and ETag of every part: S3 keeps them, ten thousand would not fit into an item."""
    parts: list[dict[str, Any]] = []
    marker = 0
    while True:
        page = client.list_parts(**held.name, PartNumberMarker=marker)
        parts += [
            {"PartNumber": part["PartNumber"], "ETag": part["ETag"]}
            for part in page.get("Parts", ())
        ]
        if not page.get("IsTruncated"):
            return parts
        marker = page["NextPartNumberMarker"]


def _settle(
    client: S3Client, held: HeldObject, error: Exception, found: StoredObject | None
) -> Fate | None:
    """What a refusal, or an answer that was lost, amounts to; None: not decided yet.

    `found` is what is under the name now.
    """
    from botocore.exceptions import ClientError

    if found is not None and found.upload_id == held.upload_id:
        discard(client, held)  # if it was another request's hold of this upload that became it
        return Fate.COMMITTED
    if not isinstance(error, ClientError):
        return None
    if _is_gone(error):
        # Nothing ends it before its time but its completion, since when it was replaced or deleted,
        # and an end as below that was not written down.
        return Fate.THERE if time.time() < held.ends_at else Fate.LOST
    if storage.status_of(error) == 412 and found is not None:
        discard(client, held)
        return Fate.THERE if found.etag == held.etag else Fate.LOST
    return None


def _is_gone(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "NoSuchUpload"


class HeldObjects:
    """The same with a client that is made when the first object is held: most never are."""

    def __init__(self, client: Callable[[], S3Client]) -> None:
        self._client = client

    def complete(self, held: HeldObject) -> Fate:
        """See `complete`."""
        return complete(self._client(), held)

    def abort(self, held: HeldObject) -> None:
        """See `abort`."""
        abort(self._client(), held)

    def discard(self, held: HeldObject) -> None:
        """See `discard`."""
        discard(self._client(), held)
