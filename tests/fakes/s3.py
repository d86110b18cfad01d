"""An S3 that refuses what S3 refuses and moto lets pass (aws.md 3): one bucket of objects.

Wrong checksums, user metadata above 2 KB, keys above 1,024 bytes, If-None-Match, and 409 or 5xx on
demand. Only what the gateway calls: PutObject, HeadObject, GetObject.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tests.fakes.loopback import Received, Reply

METADATA_PREFIX = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What S3 has under one name."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def metadata(self) -> dict[str, str]:
        """User metadata without its prefix."""
        return {
            name.removeprefix(METADATA_PREFIX): value
            for name, value in self.headers.items()
            if name.startswith(METADATA_PREFIX)
        }


class FakeS3:
    """Path-style S3; `objects` by (bucket, key); `before_put` may answer in S3's place."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], StoredObject] = {}
        self.puts = 0
        self.before_put: Callable[[Received], Reply | None] | None = None

    def __call__(self, request: Received) -> Reply:
        """Answer one request."""
        bucket, _, key = urlsplit(request.path).path.removeprefix("/").partition("/")
        name = (bucket, unquote(key))
        if request.method == "PUT":
            return self._put(name, request)
        found = self.objects.get(name)
        if found is None:
            return _error(404, "NoSuchKey")
        return Reply(200, found.body, {**found.headers, "ETag": '"e"'})

    def _put(self, name: tuple[str, str], request: Received) -> Reply:
        self.puts += 1
        if self.before_put and (reply := self.before_put(request)):
            return reply
        refusal = _refusal(name[1], request)
        if refusal:
            return _error(400, refusal)
        if request.headers.get("if-none-match") == "*" and name in self.objects:
            return _error(412, "PreconditionFailed")
        kept: tuple[str, ...] = (
            "content-type",
            "cache-control",
            "content-disposition",
            "content-encoding",
        )
        kept += ("content-language", "expires", "x-amz-storage-class")
        headers = {
            header: value
            for header, value in request.headers.items()
            if header in kept or header.startswith(METADATA_PREFIX)
        }
        self.objects[name] = StoredObject(request.body, headers)
        return Reply(200, headers={"ETag": '"e"'})


def error(status: int, code: str) -> Reply:
    """S3's own way to say no."""
    return _error(status, code)


def _refusal(key: str, request: Received) -> str | None:
    if len(key.encode()) > 1024:
        return "KeyTooLongError"
    metadata = [
        header.removeprefix(METADATA_PREFIX) + value
        for header, value in request.headers.items()
        if header.startswith(METADATA_PREFIX)
    ]
    if len("".join(metadata).encode()) > 2048:
        return "MetadataTooLarge"
    digests = {
        "x-amz-checksum-sha1": hashlib.sha1(request.body, usedforsecurity=False).digest(),
        "x-amz-checksum-crc32": zlib.crc32(request.body).to_bytes(4),
    }
    for header, digest in digests.items():
        if (
            request.headers.get(header, base64.b64encode(digest).decode())
            != base64.b64encode(digest).decode()
        ):
            return "BadDigest"
    return None


def _error(status: int, code: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    return Reply(status, body, {"Content-Type": "application/xml"})
