"""`/delete`, `/copy`, `/move`, `/chgm` (protocol.md 12): S3 does the work, no byte comes here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.errors import InvalidArgumentError, ObjectExistsError
from upgate.management import object_stat
from upgate.management.changed_headers import ChangedHeaders
from upgate.management.entry import Entry
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Of an object's headers, those that a copy has to be told again.
_KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "StorageClass",
)


def delete(client: S3Client, entry: Entry) -> None:
    """Remove an object.

    Raises:
        NoSuchEntryError: there is none.
        StorageFailedError: S3 failed.
    """
    object_stat.head(client, entry)
    with storage.failures():
        client.delete_object(Bucket=entry.s3_bucket, Key=entry.s3_name)


def copy(client: S3Client, source: Entry, target: Entry, *, force: bool) -> None:
    """Copy an object with all that is known of it.

    Raises:
        NoSuchEntryError: there is no source.
        ObjectExistsError: there is a target, and no `force`.
        InvalidArgumentError: larger than limits.COPY_BYTES, which S3 copies in parts only.
        StorageFailedError: S3 failed.
    """
    found = object_stat.head(client, source)
    if source == target:
        if not force:
            raise ObjectExistsError
        return
    if not force and storage.head(client, target.s3_bucket, target.s3_name) is not None:
        raise ObjectExistsError
    # Between two at once S3's condition decides.
    _write(client, source, target, found, {} if force else {"IfNoneMatch": "*"})


def move(client: S3Client, source: Entry, target: Entry, *, force: bool) -> None:
    """Copy, then remove the source; raises as they do. Onto itself nothing happens."""
    copy(client, source, target, force=force)
    if source != target:
        delete(client, source)


def change(client: S3Client, entry: Entry, changed: ChangedHeaders) -> None:
    """Give an object another type or metadata; raises as `copy` does with `force`.

    S3 changes nothing in place: the object is copied onto itself.
    """
    found = dict(object_stat.head(client, entry))
    if changed.mime_type:
        found["ContentType"] = changed.mime_type
    kept = {
        name: value
        for name, value in found["Metadata"].items()
        if not (changed.metadata and name.startswith(storage.CLIENT_PREFIX))
    }
    found["Metadata"] = kept | {
        storage.CLIENT_PREFIX + name: value for name, value in changed.metadata.items()
    }
    _write(client, entry, entry, found, {})


def _write(
    client: S3Client,
    source: Entry,
    target: Entry,
    found: Mapping[str, Any],
    condition: Mapping[str, Any],
) -> None:
    """Have S3 copy what `found` tells of, without the name of the upload that it came from.

    The copy's own event then finds nothing owed.
    """
    from botocore.exceptions import ClientError

    if found["ContentLength"] > limits.COPY_BYTES:
        raise InvalidArgumentError(f"the object has more than {limits.COPY_BYTES} bytes")
    metadata = {
        name: value for name, value in found["Metadata"].items() if name != storage.UPLOAD_ENTRY
    }
    options: dict[str, Any] = {name: found[name] for name in _KEPT if found.get(name)}
    with storage.failures():
        try:
            client.copy_object(
                Bucket=target.s3_bucket,
                Key=target.s3_name,
                CopySource={"Bucket": source.s3_bucket, "Key": source.s3_name},
                CopySourceIfMatch=found["ETag"],
                Metadata=metadata,
                MetadataDirective="REPLACE",
                **options,
                **condition,
            )
        except ClientError as error:
            if condition and storage.status_of(error) == 412:
                raise ObjectExistsError from error
            raise
