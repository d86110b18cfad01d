"""`saveas`: a result becomes an object of the user's own (protocol.md 9.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from upgate.contents import mime
from upgate.errors import (
    BadFopError,
    NoSuchBucketError,
    ObjectExistsError,
    StorageFailedError,
    UpgateError,
)
from upgate.fops import result_name
from upgate.fops.fop import SaveAs
from upgate.fops.result_store import Result
from upgate.objects import legal_key, storage
from upgate.variables.templates import Json, render_text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PLAYLIST_TYPE = "application/x-mpegurl"


class ResultSaver:
    """Copies from the work bucket into the buckets that `buckets` names; S3 moves the bytes."""

    def __init__(
        self, client: Callable[[], S3Client], work_bucket: str, buckets: Mapping[str, str]
    ) -> None:
        self._client = client
        self._work_bucket = work_bucket
        self._buckets = buckets

    def check(self, save_as: SaveAs) -> None:
        """Refuse a destination that is none, before anything is computed for it.

        Raises:
            NoSuchBucketError, BadFopError.
        """
        if save_as.bucket not in self._buckets:
            raise NoSuchBucketError
        if save_as.key is not None:
            _check_key(save_as.key)

    def save(self, save_as: SaveAs, result: Result, source_key: str) -> str:
        """Copy the result, a playlist's segments before the playlist; returns the key.

        The copies carry no upload id: their own events find nothing owed.

        Raises:
            NoSuchBucketError, BadFopError: as `check`; or insert-only, and another object is there.
            StorageFailedError.
        """
        self.check(save_as)
        bucket = self._buckets[save_as.bucket]
        key = _key(save_as, result, source_key)
        if save_as.insert_only and self._is_there(bucket, key, result):
            return key
        for segment in self._segments(result):
            self._copy(f"{result.key}/{segment}", bucket, f"{result.key}/{segment}", None)
        try:
            self._copy(result.key, bucket, key, result, insert_only=save_as.insert_only)
        except ObjectExistsError:
            if not self._is_there(bucket, key, result):
                raise StorageFailedError from None  # deleted meanwhile: once more
        return key

    def _is_there(self, bucket: str, key: str, result: Result) -> bool:
        """Whether the destination holds the result already; BadFopError if it holds another."""
        found = storage.find_at(self._client(), bucket, key)
        if found is not None and found.etag != result.etag:
            raise BadFopError("saveas: file exists, and the token may not overwrite it")
        return found is not None

    def _copy(
        self,
        source: str,
        bucket: str,
        key: str,
        result: Result | None,
        *,
        insert_only: bool = False,
    ) -> None:
        from botocore.exceptions import ClientError

        options = {} if result is None else _replaced(result)
        if insert_only:
            options["IfNoneMatch"] = "*"
        with storage.failures():
            try:
                self._client().copy_object(
                    Bucket=bucket,
                    Key=storage.object_name(key),
                    CopySource={
                        "Bucket": self._work_bucket,
                        "Key": result_name.object_name(source),
                    },
                    **options,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if insert_only and storage.status_of(error) == 412:
                    raise ObjectExistsError from error
                raise

    def _segments(self, result: Result) -> list[str]:
        if result.mime_type != PLAYLIST_TYPE:
            return []
        prefix = result_name.object_name(result.key) + "/"
        with storage.failures():
            pages = (
                self._client()
                .get_paginator("list_objects_v2")
                .paginate(Bucket=self._work_bucket, Prefix=prefix)
            )
            return [
                item["Key"].removeprefix(prefix)
                for page in pages
                for item in page.get("Contents", [])
            ]


def segment_reference(result_key: str, reference: str) -> str:
    """How a playlist names a segment: absolute, so that it counts from the gateway's own origin.

    `reference` is the segment's name, percent-encoded.
    """
    return f"/{quote(result_key, safe='/=')}/{reference}"


def _check_key(key: str) -> None:
    try:
        legal_key.check(key)
    except UpgateError as error:
        raise BadFopError(f"saveas: the {error.message}") from error


def _replaced(result: Result) -> dict[str, object]:
    return {
        "MetadataDirective": "REPLACE",
        "ContentType": result.mime_type,
        "Metadata": {"upgate-etag": result.etag},
    }


def _key(save_as: SaveAs, result: Result, source_key: str) -> str:
    if save_as.save_key and (save_as.key is None or save_as.force_save_key):
        values: Mapping[str, Json] = {
            "bucket": save_as.bucket,
            "key": source_key,
            "etag": result.etag,
            "ext": mime.extension_for(result.mime_type),
            "mimeType": result.mime_type,
            "fsize": result.size_bytes,
        }
        rendered = render_text(save_as.save_key, values.get)
        _check_key(rendered)
        return rendered
    return result.etag if save_as.key is None else save_as.key
