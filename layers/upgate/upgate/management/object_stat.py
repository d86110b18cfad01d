"""`/stat/<entry>`: what is known of an object (protocol.md 12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from upgate.contents import part_sizes
from upgate.errors import NoSuchEntryError
from upgate.intake import object_metadata
from upgate.management.entry import Entry
from upgate.objects import source_object, storage
from upgate.tokens import hidden_text
from upgate.tokens.keys import KeyPair

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client


def head(client: S3Client, entry: Entry) -> Mapping[str, Any]:
    """S3's answer to HeadObject.

    Raises:
        NoSuchEntryError: there is none.
        StorageFailedError: S3 failed.
    """
    found = storage.head(client, entry.s3_bucket, entry.s3_name)
    if found is None:
        raise NoSuchEntryError
    return found


def document(
    found: Mapping[str, Any], keys: Iterable[KeyPair] = (), *, with_parts: bool = False
) -> dict[str, Any]:
    """The answer's JSON; `putTime` in units of 100 ns, `type` as the policy's fileType.

    `keys` read who uploaded it; `with_parts` adds the sizes that it was cut into.
    """
    metadata = found["Metadata"]
    shown: dict[str, Any] = {
        "fsize": found["ContentLength"],
        "hash": source_object.etag_of(metadata, found["ETag"]),
        "mimeType": found.get("ContentType") or "application/octet-stream",
        "putTime": put_time(found["LastModified"]),
        "type": storage.STORAGE_CLASSES.index(found.get("StorageClass") or "STANDARD"),
    }
    if md5 := source_object.md5_of(found):
        shown["md5"] = md5
    if hidden := metadata.get(storage.END_USER_ENTRY):
        end_user = hidden_text.reveal(storage.END_USER_ENTRY, hidden, keys)
        shown |= {} if end_user is None else {"endUser": end_user}
    if with_parts:
        text = metadata.get(storage.PARTS_ENTRY)
        parts = part_sizes.of(shown["hash"], shown["fsize"], text)
        shown |= {} if parts is None else {"parts": parts}
    if of_client := object_metadata.from_entries(metadata):
        shown["x-qn-meta"] = of_client
    return shown


def put_time(modified: datetime) -> int:
    """A time in units of 100 ns since 1970."""
    return round(modified.timestamp() * 10_000_000)
