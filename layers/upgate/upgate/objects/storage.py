"""Objects in S3: written under the rules of the policy, never read back, never deleted.

moto and the emulators let a wrong checksum pass; real S3 answers BadDigest (aws.md 3).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upgate.contents.content import BufferedContent
from upgate.errors import ObjectExistsError, StorageFailedError
from upgate.intake import object_metadata
from upgate.intake.upload_request import ObjectHeaders
from upgate.objects import possible_name

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

# S3 has no object with an empty name and Kodo has. Longer than limits.KEY_BYTES, so that no
# client's key can ever be this one.
EMPTY_KEY_NAME = "upgate/empty-key/".ljust(800, "-")

# Kodo's fileType to S3's storage classes (protocol.md 1.2).
STORAGE_CLASSES = ("STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR")

ETAG_ENTRY = "upgate-etag"
UPLOAD_ENTRY = "upgate-upload"
END_USER_ENTRY = "upgate-user"  # hidden (tokens/hidden_text.py): whoever downloads may read it
PARTS_ENTRY = "upgate-parts"
_CONFLICT_ATTEMPTS = 3

# That a client of S3 keeps open: so many calls go side by side.
CONNECTIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where and how one upload becomes an object."""

    bucket: str
    key: str
    mime_type: str
    etag: str
    upload_id: str
    insert_only: bool
    file_type: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: ObjectHeaders = field(default_factory=ObjectHeaders)
    hidden_end_user: str = ""
    part_sizes: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What an object says of itself.

    `etag` and `upload_id` are None where something else than the gateway wrote it; `metadata` is
    the client's, as S3 has it.
    """

    etag: str | None
    upload_id: str | None
    mime_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def object_name(key: str) -> str:
    """The S3 name of a client's key: the key itself, but for the empty one."""
    return key or EMPTY_KEY_NAME


def key_of(name: str) -> str:
    """The client's key behind an S3 name."""
    return "" if name == EMPTY_KEY_NAME else name


def put(client: S3Client, content: BufferedContent, destination: Destination) -> bool:
    """Store a content that is in memory with one PutObject.

    Insert-only is S3's own conditional write, so that of two at once one wins. Finding the same
    content there already is success (protocol.md 1.3, item 1): an SDK has sent the file twice.

    Returns whether the object is this upload's, so that S3 tells of it; another may have brought
    the content.

    Raises:
        ObjectExistsError: insert-only, and another content is there.
        StorageFailedError: S3 failed; nothing is known to be stored.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    request = _put_request(content, destination)
    for attempt in range(1, _CONFLICT_ATTEMPTS + 1):
        try:
            client.put_object(**request)
            return True
        except ClientError as error:
            status = status_of(error)
            if status == 412:
                found = find(client, destination)
                if found is None and attempt < _CONFLICT_ATTEMPTS:
                    continue  # deleted since
                if found is None or found.etag != destination.etag:
                    raise ObjectExistsError from error
                return found.upload_id == destination.upload_id
            # 409: another conditional write of this name is under way; S3 asks to try again.
            if status == 409 and attempt < _CONFLICT_ATTEMPTS:
                continue
            # 4xx: refused for good. 5xx: it may be there all the same, and then is to stay told.
            if status >= 500 and holds(client, destination):
                return True
            raise StorageFailedError from error
        except BotoCoreError as error:
            if holds(client, destination):
                return True
            raise StorageFailedError from error
    raise StorageFailedError


def object_arguments(destination: Destination) -> dict[str, Any]:
    """The arguments that PutObject and CreateMultipartUpload have in common."""
    headers = destination.headers
    arguments: dict[str, Any] = {
        "Bucket": destination.bucket,
        "Key": object_name(destination.key),
        "ContentType": destination.mime_type,
        "Metadata": {
            ETAG_ENTRY: destination.etag,
            UPLOAD_ENTRY: destination.upload_id,
            **_told_by_stat(destination),
            **object_metadata.to_entries(destination.metadata),
        },
        "CacheControl": headers.cache_control,
        "ContentDisposition": headers.content_disposition,
        "ContentEncoding": headers.content_encoding,
        "ContentLanguage": headers.content_language,
        "Expires": headers.expires,
        "StorageClass": STORAGE_CLASSES[destination.file_type] if destination.file_type else None,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _told_by_stat(destination: Destination) -> dict[str, str]:
    """What an object says of its upload beside its hash, where there is anything to say."""
    entries = {
        END_USER_ENTRY: destination.hidden_end_user,
        PARTS_ENTRY: destination.part_sizes,
    }
    return {name: text for name, text in entries.items() if text}


def _put_request(content: BufferedContent, destination: Destination) -> dict[str, Any]:
    request = object_arguments(destination) | {"Body": content.data} | checksum(content)
    if destination.insert_only:
        request["IfNoneMatch"] = "*"
    return request


def checksum(content: BufferedContent) -> dict[str, Any]:
    """The argument by which S3 checks a PUT on its arrival."""
    if len(content.block_digests) == 1:
        # The etag's own digest: S3 checks the bytes on arrival, and nothing is hashed twice.
        return {"ChecksumSHA1": base64.b64encode(content.block_digests[0]).decode()}
    # SHA-1 of an object above one block would be a second hash over all of it.
    return {"ChecksumCRC32": base64.b64encode(content.crc32().to_bytes(4)).decode()}


def find(client: S3Client, destination: Destination) -> StoredObject | None:
    """What is under a destination's name now, None if nothing is; raises StorageFailedError."""
    return find_at(client, destination.bucket, destination.key)


def find_at(client: S3Client, bucket: str, key: str) -> StoredObject | None:
    """The same by S3 bucket and client's key; raises StorageFailedError."""
    found = head(client, bucket, object_name(key))
    if found is None:
        return None
    metadata = found["Metadata"]
    return StoredObject(
        metadata.get(ETAG_ENTRY),
        metadata.get(UPLOAD_ENTRY),
        found.get("ContentType"),
        {name: value for name, value in metadata.items() if object_metadata.is_entry(name)},
    )


def head(
    client: S3Client, bucket: str, name: str, version: str | None = None
) -> Mapping[str, Any] | None:
    """S3's answer to HeadObject, by S3 names; None if there is none, or can be none.

    Raises:
        StorageFailedError: S3 failed.
    """
    from botocore.exceptions import ClientError

    if possible_name.fault_of(name) is not None:
        return None
    wanted: dict[str, Any] = {"VersionId": version} if version else {}
    with failures():
        try:
            return {**client.head_object(Bucket=bucket, Key=name, **wanted)}
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise


def holds(client: S3Client, destination: Destination) -> bool:
    """Whether this very upload is what its destination holds now; raises StorageFailedError."""
    found = find(client, destination)
    return found is not None and found.upload_id == destination.upload_id


@contextmanager
def failures() -> Iterator[None]:
    """Whatever goes wrong between here and AWS is a StorageFailedError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageFailedError from error


def status_of(error: ClientError) -> int:
    """The HTTP status that S3 refused with."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
