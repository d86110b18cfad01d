"""`/list`: a page of a bucket's objects by prefix (protocol.md 12).

S3 lists names and sizes; the hash and the type are the objects' own, so each is asked, side by
side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upgate import encoding, limits
from upgate.errors import BadMarkerError, InvalidArgumentError, NoSuchBucketError
from upgate.management import object_stat
from upgate.objects import storage
from upgate.tokens.keys import KeyPair

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What to list; `token` is S3's continuation token, empty for the first page."""

    s3_bucket: str
    prefix: str
    delimiter: str
    limit: int
    token: str
    with_parts: bool = False


def parse(fields: Mapping[str, str], buckets: Mapping[str, str]) -> ListRequest:
    """Read the query.

    Raises:
        NoSuchBucketError: of another stack, or none.
        InvalidArgumentError: a limit outside 1 to limits.LISTED_OBJECTS, a prefix or delimiter
            that no key can have.
        BadMarkerError: a marker not of ours.
    """
    bucket = fields.get("bucket", "")
    if bucket not in buckets:
        raise NoSuchBucketError
    text = fields.get("limit") or str(limits.LISTED_OBJECTS)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= limits.LISTED_OBJECTS):
        raise InvalidArgumentError(f"limit must be 1 to {limits.LISTED_OBJECTS}")
    prefix, delimiter = fields.get("prefix", ""), fields.get("delimiter", "")
    if max(len(prefix.encode()), len(delimiter.encode())) > limits.KEY_BYTES:
        raise InvalidArgumentError(f"prefix or delimiter exceeds {limits.KEY_BYTES} bytes")
    try:
        token = encoding.decode_text(fields.get("marker", ""))
    except ValueError as error:
        raise BadMarkerError from error
    with_parts = fields.get("needparts") == "true"
    return ListRequest(buckets[bucket], prefix, delimiter, int(text), token, with_parts)


def page(client: S3Client, request: ListRequest, keys: Iterable[KeyPair] = ()) -> dict[str, Any]:
    """One page. The last has no `marker`: clients that look for the name would page for ever.

    Raises:
        BadMarkerError: the marker is not S3's.
        StorageFailedError: S3 failed.
    """
    listed = _listed(client, request)
    pairs = tuple(keys)
    names = [item["Key"] for item in listed.get("Contents", ())]
    with ThreadPoolExecutor(storage.CONNECTIONS) as pool:
        found = list(pool.map(lambda name: storage.head(client, request.s3_bucket, name), names))
    answer: dict[str, Any] = {
        "items": [
            {
                "key": storage.key_of(name),
                **object_stat.document(head, pairs, with_parts=request.with_parts),
            }
            for name, head in zip(names, found, strict=True)
            if head is not None
        ],
    }
    if token := listed.get("NextContinuationToken"):
        answer["marker"] = encoding.encode(token.encode())
    if request.delimiter:
        answer["commonPrefixes"] = [item["Prefix"] for item in listed.get("CommonPrefixes", ())]
    return answer


def _listed(client: S3Client, request: ListRequest) -> Mapping[str, Any]:
    from botocore.exceptions import ClientError

    options = {"Delimiter": request.delimiter, "ContinuationToken": request.token}
    with storage.failures():
        try:
            answer = client.list_objects_v2(
                Bucket=request.s3_bucket,
                Prefix=request.prefix,
                MaxKeys=request.limit,
                **{name: value for name, value in options.items() if value},  # type: ignore[arg-type]
            )
        except ClientError as error:
            if request.token and storage.status_of(error) == 400:
                raise BadMarkerError from error
            raise
    return {**answer}
