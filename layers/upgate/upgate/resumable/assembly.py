"""From pieces in the work bucket to the user's object: a `Store` that can be repeated.

A client whose answer was lost sends mkfile or complete again, and a function may die between any
two calls. So what was done is looked for first: the upload's mark, then the object itself. A v2
upload is taken by one complete before anything is done for it; others find it closed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate.contents.content import BufferedContent
from upgate.errors import NoSuchUploadError, ObjectExistsError, StorageFailedError
from upgate.objects import held_object, storage
from upgate.objects.held_object import HeldObject
from upgate.objects.storage import Destination, StoredObject
from upgate.resumable import assembly_plan, glue
from upgate.resumable.assembly_plan import Join, PlannedPart
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.work_bucket import WorkBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_log = logging.getLogger(__name__)
_CONFLICT_ATTEMPTS = 2

type SendShare = Callable[[GlueShare], dict[int, str]]


@dataclass(frozen=True, slots=True)
class Assembler:
    """Makes objects out of pieces; `send_share` runs the glue function elsewhere."""

    client: S3Client
    work: WorkBucket
    send_share: SendShare

    def store(
        self,
        parts: Sequence[PlannedPart],
        mark_name: Callable[[str], str],
        destination: Destination,
        *,
        is_first: bool = False,
    ) -> bool:
        """Make the object once: a repetition of the same upload finds it made.

        Returns whether S3 tells of it, see `Store`.

        Args:
            parts: see assembly_plan.
            mark_name: from the upload id to the name of the mark that says it is made.
            destination: where to.
            is_first: nobody can have made it yet, so nothing is to be looked for.

        Raises:
            NoSuchUploadError: the upload was closed, and not by this very request.
            ObjectExistsError: insert-only, and another content is there.
            StorageFailedError: S3 failed; nothing is known to be stored.
        """
        if not is_first and self._is_made(mark_name, destination):
            # Insert-only, the mark says no more than that the content was there.
            return not destination.insert_only
        # Of a first one only another upload's object could be there, which matters to some.
        is_free = is_first and not destination.insert_only
        there = None if is_free else self._there(destination)
        is_own = (
            self._make(parts, destination)
            if there is None
            else there.upload_id == destination.upload_id
        )
        self.mark(mark_name, destination)
        return is_own

    def _is_made(self, mark_name: Callable[[str], str], destination: Destination) -> bool:
        made = self.work.mark(mark_name(destination.upload_id))
        if made not in (None, destination.upload_id):
            raise NoSuchUploadError
        return made is not None

    def _there(self, destination: Destination) -> StoredObject | None:
        """The object that leaves nothing to be made: this upload's, or one of its content."""
        found = storage.find(self.client, destination)
        if found is None or found.upload_id == destination.upload_id:
            return found
        if not destination.insert_only:
            return None
        if found.etag != destination.etag:
            raise ObjectExistsError
        return found

    def _make(self, parts: Sequence[PlannedPart], destination: Destination) -> bool:
        """Whether the object is this upload's; another may have brought the content meanwhile."""
        if not parts or (len(parts) == 1 and isinstance(parts[0], Join)):
            pieces = parts[0].pieces if parts and isinstance(parts[0], Join) else ()
            content = BufferedContent(glue.join(self.work, pieces))
            return storage.put(self.client, content, destination)
        for _ in range(_CONFLICT_ATTEMPTS):
            is_own = self._multipart(parts, destination)
            if is_own is not None:
                return is_own
        raise StorageFailedError

    def _multipart(self, parts: Sequence[PlannedPart], destination: Destination) -> bool | None:
        """As `_make`; None when S3 wants the upload begun anew."""
        held = held_object.begin(self.client, destination)
        is_own = None
        try:
            is_own = self._complete(held, self._move(held, parts), destination)
        finally:
            if is_own is None:
                held_object.discard(self.client, held)
        return is_own

    def hold(
        self,
        parts: Sequence[PlannedPart],
        mark_name: Callable[[str], str],
        destination: Destination,
        *,
        is_first: bool = False,
    ) -> HeldObject:
        """Bring all parts to S3 and leave the object unseen; arguments and errors as `store`."""
        if not is_first:
            self._is_made(mark_name, destination)
        held = held_object.begin(self.client, destination)
        try:
            self._move(held, parts or (Join(()),))
        except StorageFailedError:
            held_object.discard(self.client, held)
            raise
        return held

    def mark(self, mark_name: Callable[[str], str], destination: Destination) -> None:
        """Note that the object is made; never raises."""
        try:
            self.work.set_mark(mark_name(destination.upload_id), destination.upload_id)
        except StorageFailedError:
            # A repetition will know the object by its metadata.
            _log.warning("upload %s not marked as made", destination.upload_id, exc_info=True)

    def _move(self, held: HeldObject, parts: Sequence[PlannedPart]) -> dict[int, str]:
        """Send all parts, by several invocations where one would take too long."""
        name = held.name
        todo = [
            GlueShare(name["Bucket"], name["Key"], name["UploadId"], tuple(share))
            for share in assembly_plan.shares(parts)
        ]
        if len(todo) == 1:
            return glue.carry_out(self.client, self.work, todo[0])
        with ThreadPoolExecutor(len(todo)) as pool:
            etags: dict[int, str] = {}
            for sent in pool.map(self.send_share, todo):
                etags |= sent
        return etags

    def _complete(
        self, held: HeldObject, etags: dict[int, str], destination: Destination
    ) -> bool | None:
        from botocore.exceptions import BotoCoreError, ClientError

        condition: dict[str, Any] = {"IfNoneMatch": "*"} if destination.insert_only else {}
        numbered: Any = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        try:
            self.client.complete_multipart_upload(
                **held.name, MultipartUpload={"Parts": numbered}, **condition
            )
            return True
        except (BotoCoreError, ClientError) as error:
            return self._settle(error, held, destination)

    def _settle(self, error: Exception, held: HeldObject, destination: Destination) -> bool | None:
        """After a refusal, or an answer that was lost: the object itself tells."""
        from botocore.exceptions import ClientError

        found = storage.find(self.client, destination)
        if found and found.upload_id == destination.upload_id:
            held_object.discard(
                self.client, held
            )  # by this call or by one beside it: either way nothing is left of it
            return True
        status = storage.status_of(error) if isinstance(error, ClientError) else 0
        if status == 412 and found:
            if found.etag == destination.etag:
                held_object.discard(self.client, held)  # the same content is there already
                return False
            raise ObjectExistsError from error
        if status in (409, 412):  # something was there that is deleted by now
            return None
        raise StorageFailedError from error


@dataclass(slots=True)
class AssembledStore:
    """One upload's parts as a `Store`; see Assembler for what its fields are.

    `claim_name` is the mark by which one upload takes the parts for itself; None where every list
    of them is an upload of its own.
    """

    assembler: Assembler
    parts: Sequence[PlannedPart]
    mark_name: Callable[[str], str]
    claim_name: str | None = None
    _is_first: bool = False

    def claim(self, upload_id: str) -> None:
        """See `Store`: whoever sets the mark has the parts, and again when it is repeated."""
        if self.claim_name is None:
            return
        there = self.assembler.work.set_mark(self.claim_name, upload_id)
        if there not in (None, upload_id):
            raise NoSuchUploadError
        self._is_first = there is None

    def put(self, destination: Destination) -> bool:
        """See `Assembler.store`."""
        return self.assembler.store(
            self.parts, self.mark_name, destination, is_first=self._is_first
        )

    def hold(self, destination: Destination) -> HeldObject:
        """See `Assembler.hold`."""
        return self.assembler.hold(self.parts, self.mark_name, destination, is_first=self._is_first)

    def close(self, destination: Destination) -> None:
        """See `Assembler.mark`."""
        self.assembler.mark(self.mark_name, destination)
