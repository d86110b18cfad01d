"""EncodedEntryURI: `bucket:key` in URL-safe base64, as the management calls name an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate import encoding, limits
from upgate.errors import InvalidArgumentError, KeyTooLongError, NoSuchBucketError
from upgate.objects import possible_name, storage


class EntryWithoutKeyError(InvalidArgumentError):
    """An entry that is a bucket's name, without a colon."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object by its S3 names; `key` is the client's."""

    s3_bucket: str
    key: str

    @property
    def s3_name(self) -> str:
        """The object's name in S3."""
        return storage.object_name(self.key)


def parse(text: str, buckets: Mapping[str, str]) -> Entry:
    """Read an entry; `buckets` maps a logical bucket to its S3 bucket.

    Raises:
        InvalidArgumentError: not base64 of `bucket:key`, or a key that S3 cannot have.
        EntryWithoutKeyError: a bucket alone.
        NoSuchBucketError: another stack's bucket.
        KeyTooLongError: no object can have this key.
    """
    try:
        bucket, colon, key = encoding.decode_text(text).partition(":")
    except ValueError as error:
        raise InvalidArgumentError("the entry is not URL-safe base64 of bucket:key") from error
    if not colon:
        raise EntryWithoutKeyError("the entry names a bucket without a key")
    if bucket not in buckets:
        raise NoSuchBucketError
    if len(key.encode()) > limits.KEY_BYTES:
        raise KeyTooLongError
    if fault := possible_name.fault_of(storage.object_name(key)):
        raise InvalidArgumentError(f"the entry's key {fault}")
    return Entry(buckets[bucket], key)
