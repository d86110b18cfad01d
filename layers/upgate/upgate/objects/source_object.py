"""An object as processing and downloads see it: what S3 says of it, without its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upgate.intake import object_metadata
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObject:
    """One object of S3.

    `etag` is the protocol's (protocol.md 5), or S3's own where another tool wrote the object;
    `s3_etag` is S3's, with its quotes; `upload_id` names the upload that stored it.
    """

    s3_bucket: str
    s3_name: str
    etag: str
    s3_etag: str
    size_bytes: int
    mime_type: str
    upload_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The client's own, by the names that it gave."""


def find(
    client: S3Client, s3_bucket: str, s3_name: str, version: str | None = None
) -> SourceObject | None:
    """Ask S3 for an object, as it is now or as one version; None if there is none.

    Raises:
        StorageFailedError: S3 failed.
    """
    head = storage.head(client, s3_bucket, s3_name, version)
    if head is None:
        return None
    metadata, s3_etag = head["Metadata"], head["ETag"]
    return SourceObject(
        s3_bucket=s3_bucket,
        s3_name=s3_name,
        etag=etag_of(metadata, s3_etag),
        s3_etag=s3_etag,
        size_bytes=head["ContentLength"],
        mime_type=head.get("ContentType") or "application/octet-stream",
        upload_id=metadata.get(storage.UPLOAD_ENTRY),
        metadata=object_metadata.from_entries(metadata),
    )


def md5_of(head: Mapping[str, Any]) -> str | None:
    """The MD5 of an object in hexadecimal, where S3's etag is it, by S3's answer to HeadObject.

    It is for what came in one piece, unless a key of KMS or of a client's own encrypts it.
    """
    s3_etag = head["ETag"].strip('"')
    is_plain = head.get("ServerSideEncryption", "AES256") == "AES256"
    if is_plain and "SSECustomerAlgorithm" not in head and _MD5.fullmatch(s3_etag):
        return str(s3_etag)
    return None


def etag_of(metadata: Mapping[str, str], s3_etag: str) -> str:
    """The protocol's etag by an object's metadata, or S3's own where another tool wrote it."""
    return metadata.get(storage.ETAG_ENTRY) or "s3-" + s3_etag.strip('"')
