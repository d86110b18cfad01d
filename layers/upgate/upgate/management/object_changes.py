"""`/delete`, `/copy`, `/move`, `/chgm` (protocol.md 12): S3 does the work, no byte comes here.

Uploads go on meanwhile. So every request to S3 that changes something says what it was decided
on, and where that is true no more, it is decided anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from upgate import limits
from upgate.errors import (
    InvalidArgumentError,
    NoSuchEntryError,
    ObjectExistsError,
    StorageFailedError,
)
from upgate.intake import object_metadata
from upgate.management import object_stat
from upgate.management.changed_headers import ChangedHeaders
from upgate.management.entry import Entry
from upgate.objects import storage

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

# How often something is decided anew; between look and change are a few milliseconds.
_ATTEMPTS = 20
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


class _Removal(Enum):
    """What came of a conditional delete."""

    DONE = auto()
    GONE = auto()
    """There was none any more."""
    REPLACED = auto()
    """Another content is there now."""


class _OutdatedError(Exception):
    """What was decided on is true no more."""


def delete(client: S3Client, entry: Entry) -> None:
    """Remove an object; of two calls at once one finds it gone.

    Raises:
        NoSuchEntryError: there is none.
        StorageFailedError: S3 failed.
    """
    if _remove(client, entry, "*") is not _Removal.DONE:
        raise NoSuchEntryError


def copy(client: S3Client, source: Entry, target: Entry, *, force: bool) -> None:
    """Copy an object with all that is known of it.

    Raises:
        NoSuchEntryError: there is no source.
        ObjectExistsError: there is a target, and no `force`.
        InvalidArgumentError: larger than limits.COPY_BYTES, which S3 copies in parts only.
        StorageFailedError: S3 failed.
    """
    _copy(client, source, target, force=force)


def move(client: S3Client, source: Entry, target: Entry, *, force: bool) -> None:
    """Copy, then remove what was copied; raises as they do. Onto itself nothing happens.

    What was uploaded under the source's name meanwhile stays there: it came after the move. Where
    somebody else has removed the source meanwhile it is NoSuchEntryError, and the copy stays: it
    may be what another upload of the same content was answered for.
    """
    etag = _copy(client, source, target, force=force)
    if source != target and _remove(client, source, etag) is _Removal.GONE:
        raise NoSuchEntryError


def change(client: S3Client, entry: Entry, changed: ChangedHeaders) -> None:
    """Give an object another type, other headers or metadata; what is not named stays.

    S3 changes nothing in place: the object is copied onto itself, where it is still the same.

    Raises:
        ConditionNotMetError: it is not what the change asks for.
        UpgateError: as `copy` does with `force`.
    """

    def attempt() -> None:
        found = dict(object_stat.head(client, entry))
        if changed.condition is not None:
            changed.condition.check(object_stat.document(found))
        if changed.mime_type:
            found["ContentType"] = changed.mime_type
        found |= changed.headers
        found["Metadata"] = _merged(found["Metadata"], changed.metadata)
        _write(client, entry, entry, found, {"IfMatch": found["ETag"]})

    _while_outdated(attempt)


def _copy(client: S3Client, source: Entry, target: Entry, *, force: bool) -> str:
    """Copy; the ETag of what was copied."""

    def attempt() -> str:
        found = object_stat.head(client, source)
        etag: str = found["ETag"]
        if source == target:
            if not force:
                raise ObjectExistsError
            return etag
        if not force and storage.head(client, target.s3_bucket, target.s3_name) is not None:
            raise ObjectExistsError
        # Between two at once S3's condition decides.
        _write(client, source, target, found, {} if force else {"IfNoneMatch": "*"})
        return etag

    return _while_outdated(attempt)


def _while_outdated[T](attempt: Callable[[], T]) -> T:
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except _OutdatedError:
            continue
    raise StorageFailedError


def _remove(client: S3Client, entry: Entry, etag: str) -> _Removal:
    """Delete what has this ETag, or anything for `*`, and nothing that has come since.

    Raises:
        StorageFailedError: S3 failed.
    """
    return _while_outdated(lambda: _remove_once(client, entry, etag))


def _remove_once(client: S3Client, entry: Entry, etag: str) -> _Removal:
    from botocore.exceptions import ClientError

    with storage.failures():
        try:
            client.delete_object(Bucket=entry.s3_bucket, Key=entry.s3_name, IfMatch=etag)
        except ClientError as error:
            match storage.status_of(error):
                case 409:
                    raise _OutdatedError from error
                case 412 if etag != "*":
                    return _Removal.REPLACED
                case 404 | 412:  # S3's documents have either for what is not there
                    # After a repetition that botocore made, the first one may have removed it.
                    is_first = not error.response["ResponseMetadata"].get("RetryAttempts")
                    return _Removal.GONE if is_first else _Removal.DONE
            raise
    return _Removal.DONE


def _merged(entries: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    """An object's entries, with the client's metadata changed where it is named."""
    named = {name.lower() for name in changed}
    old = object_metadata.from_entries(entries)
    merged = {name: value for name, value in old.items() if name.lower() not in named}
    merged |= changed
    object_metadata.check_size(merged)
    ours = {name: text for name, text in entries.items() if not object_metadata.is_entry(name)}
    return ours | object_metadata.to_entries(merged)


def _write(
    client: S3Client,
    source: Entry,
    target: Entry,
    found: Mapping[str, Any],
    condition: Mapping[str, Any],
) -> None:
    """Have S3 copy what `found` tells of, without the name of the upload that it came from.

    The copy's own event then finds nothing owed.

    Raises:
        _OutdatedError: the source is not, or the target not any more, what `found` tells of.
        ObjectExistsError: there is a target, against the condition.
        InvalidArgumentError, StorageFailedError: as `copy`.
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
            match storage.status_of(error):
                case 412 if "IfNoneMatch" in condition and _is_there(client, target, error):
                    raise ObjectExistsError from error
                case 404 | 409 | 412:
                    raise _OutdatedError from error
            raise


def _is_there(client: S3Client, target: Entry, error: ClientError) -> bool:
    """Whether it is the target that refused a copy: S3 says which condition did not hold.

    An S3 that does not say it is asked for the target.
    """
    failed = error.response["Error"].get("Condition")
    if failed is not None:
        return failed == "If-None-Match"
    return storage.head(client, target.s3_bucket, target.s3_name) is not None
