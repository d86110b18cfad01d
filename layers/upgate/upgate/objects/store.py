"""How an upload's content becomes its object: at once, or held until a callback is accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from upgate.contents.content import BufferedContent
from upgate.objects import held_object, storage
from upgate.objects.held_object import HeldObject
from upgate.objects.storage import Destination

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Store(Protocol):
    """One upload's content, ready to be stored."""

    def claim(self, upload_id: str) -> None:
        """Take the content for this upload, before anything is promised, asked or stored.

        Raises:
            NoSuchUploadError: it was taken for another upload, or aborted.
            StorageFailedError: nobody knows; the client may well ask again.
        """
        ...

    def put(self, destination: Destination) -> bool:
        """Make the object; after it nothing but 200, 301, 303 or 579 may be answered.

        Returns whether S3 tells of it. It may not where another upload had brought the content.

        Raises:
            ObjectExistsError: insert-only, and another content is there.
            StorageFailedError: nothing is known to be stored.
        """
        ...

    def hold(self, destination: Destination) -> HeldObject:
        """Bring the content to S3 where nobody sees it; raises as `put` does."""
        ...

    def close(self, destination: Destination) -> None:
        """Note that a held object was made visible; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class BufferedStore:
    """A content in memory. Only few uploads are held, so the client for it is made when needed."""

    content: BufferedContent
    client: S3Client
    holding_client: Callable[[], S3Client]

    def claim(self, upload_id: str) -> None:
        """Nothing: a form has its content for itself."""

    def put(self, destination: Destination) -> bool:
        """One PutObject; see `storage.put`."""
        return storage.put(self.client, self.content, destination)

    def hold(self, destination: Destination) -> HeldObject:
        """A multipart upload of one part; raises StorageFailedError."""
        return held_object.hold(self.holding_client(), self.content, destination)

    def close(self, destination: Destination) -> None:
        """Nothing is kept of a form."""
