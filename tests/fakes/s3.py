"""An S3 that refuses what S3 refuses and moto lets pass (aws.md 3), for what the gateway calls.

Wrong checksums, user metadata above 2 KB, keys above 1,024 bytes, conditions of every kind, parts
that are too small, unknown or out of order, ranges and copy sources that are not there; any other
answer, and none at all, on demand. Which condition failed is told as AWS tells it (recorded there
in November 2025 by localstack's tests of S3's preconditions).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.fakes import s3_listing
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3_multipart import MultipartUpload, PartRefusedError, Parts

METADATA_PREFIX = "x-amz-meta-"
_KEPT = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-storage-class",
)

_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4),
    "content-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What S3 has under one name."""

    body: bytes
    headers: Mapping[str, str]
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def metadata(self) -> dict[str, str]:
        """User metadata without its prefix."""
        return {
            name.removeprefix(METADATA_PREFIX): value
            for name, value in self.headers.items()
            if name.startswith(METADATA_PREFIX)
        }

    @property
    def etag(self) -> str:
        """Another one for other bytes."""
        return _etag(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that S3 was asked."""

    operation: str
    bucket: str
    key: str
    received_bytes: int
    sent_bytes: int
    status: int


type Intercept = Callable[[str, Received, Callable[[], Reply]], Reply]


class FakeS3:
    """Path-style S3; `objects` by (bucket, key).

    `before_put` may answer a PUT in S3's place; `intercept` stands around every request, gets its
    operation's name, and may answer before or after it is carried out, or never.
    """

    def __init__(self) -> None:
        self.before_put: Callable[[Received], Reply | None] | None = None
        self.intercept: Intercept | None = None
        self.page_size = 1000
        self._numbers = itertools.count()
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """As new."""
        self.objects: dict[tuple[str, str], StoredObject] = {}
        self.versions: dict[tuple[str, str, str], StoredObject] = {}
        self.uploads: dict[str, MultipartUpload] = {}
        self.puts = 0
        self.calls: list[Call] = []
        self.rewritten: list[tuple[str, str]] = []
        self.before_put = None
        self.intercept = None
        self.page_size = 1000

    def __call__(self, request: Received) -> Reply:
        """Answer one request."""
        bucket, _, key = urlsplit(request.path).path.removeprefix("/").partition("/")
        name = (bucket, unquote(key))
        operation = _operation(request)

        def carry_out() -> Reply:
            if name[1] and _is_refused_name(name[1]):
                return error(400, "InvalidURI")
            with self.lock:
                answered: Reply = self._operations[operation](self, name, request)
                return answered

        reply = self.intercept(operation, request, carry_out) if self.intercept else carry_out()
        sent = 0 if request.method == "HEAD" else len(reply.body)
        self.calls.append(Call(operation, *name, len(request.body), sent, reply.status))
        return reply

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(call.operation == operation for call in self.calls)

    def read_back_bytes(self) -> int:
        """What GetObject gave out."""
        reads = [call for call in self.calls if call.operation == "GetObject"]
        return sum(call.sent_bytes for call in reads if call.status < 300)

    def _get(self, name: tuple[str, str], request: Received) -> Reply:
        version = _query(request).get("versionId")
        found = self.objects.get(name) if version is None else self.versions.get((*name, version))
        if found is None:
            return error(404, "NoSuchKey")
        modified = format_datetime(found.modified, usegmt=True)
        headers = {**found.headers, "ETag": found.etag, "Last-Modified": modified}
        if request.headers.get("if-match") not in (None, found.etag):
            return failed("If-Match")
        span = request.headers.get("range")
        if span is None:
            return Reply(200, found.body, headers)
        first, _, last = span.removeprefix("bytes=").partition("-")
        if int(first) >= len(found.body):
            return error(416, "InvalidRange")
        return Reply(206, found.body[int(first) : int(last) + 1], headers)

    def _put(self, name: tuple[str, str], request: Received) -> Reply:
        self.puts += 1
        if self.before_put and (reply := self.before_put(request)):
            return reply
        refusal = _refusal(name[1], request)
        if refusal:
            return error(400, refusal)
        if refused := self._refused_write(name, request):
            return refused
        self._keep(name, request.body, _kept_headers(request))
        return Reply(200, headers={"ETag": _etag(request.body)})

    def _copy(self, name: tuple[str, str], request: Received) -> Reply:
        bucket, _, key = (
            unquote(request.headers["x-amz-copy-source"]).removeprefix("/").partition("/")
        )
        source = self.objects.get((bucket, key))
        if source is None:
            return error(404, "NoSuchKey")
        if request.headers.get("x-amz-copy-source-if-match") not in (None, source.etag):
            return failed("x-amz-copy-source-If-Match")
        if refused := self._refused_write(name, request):
            return refused
        is_replaced = request.headers.get("x-amz-metadata-directive") == "REPLACE"
        headers = _kept_headers(request) if is_replaced else source.headers
        self._keep(name, source.body, headers)
        return _document("CopyObjectResult", f"<ETag>{source.etag}</ETag>")

    def _keep(self, name: tuple[str, str], body: bytes, headers: Mapping[str, str]) -> str:
        """Gives the object's version."""
        if name in self.objects and self.objects[name].body != body:
            self.rewritten.append(name)
        version = f"version-{len(self.versions)}"
        self.objects[name] = self.versions[*name, version] = StoredObject(body, headers)
        return version

    def _refused_write(self, name: tuple[str, str], request: Received) -> Reply | None:
        """The answer to a conditional write whose condition does not hold."""
        there = self.objects.get(name)
        if request.headers.get("if-none-match") == "*" and there is not None:
            return failed("If-None-Match")
        wanted = request.headers.get("if-match")
        if wanted is not None and there is None:
            return error(404, "NoSuchKey")
        if wanted is not None and there is not None and wanted != there.etag:
            return failed("If-Match")
        return None

    def _delete(self, name: tuple[str, str], request: Received) -> Reply:
        wanted, there = request.headers.get("if-match"), self.objects.get(name)
        if wanted is not None and there is None:
            return error(404, "NoSuchKey")
        if wanted not in (None, "*") and there is not None and wanted != there.etag:
            return failed("If-Match")
        if self.objects.pop(name, None) is not None:
            for upload in self.uploads.values():
                upload.is_passed_by |= upload.name == name
        return Reply(204)

    def _list(self, name: tuple[str, str], request: Received) -> Reply:
        keys = {
            key: (len(found.body), found.modified)
            for (bucket, key), found in self.objects.items()
            if bucket == name[0]
        }
        return Reply(200, s3_listing.page(keys, _query(request), self.page_size))

    def _create_upload(self, name: tuple[str, str], request: Received) -> Reply:
        refusal = _refusal(name[1], request)
        if refusal:
            return error(400, refusal)
        upload_id = f"upload-{next(self._numbers)}"  # an id is used once
        # A name that is taken when an upload begins: whatever becomes of it, it conflicts.
        self.uploads[upload_id] = MultipartUpload(
            name, _kept_headers(request), is_passed_by=name in self.objects
        )
        return _document("InitiateMultipartUploadResult", f"<UploadId>{upload_id}</UploadId>")

    def _upload_part(self, name: tuple[str, str], request: Received) -> Reply:
        parts = self._parts(name, request)
        if isinstance(parts, Reply):
            return parts
        refusal = _refusal(name[1], request)
        if refusal:
            return error(400, refusal)
        if any(header.startswith("x-amz-checksum") for header in request.headers):
            return error(400, "InvalidRequest")  # the upload was created without an algorithm
        parts.bodies[int(_query(request)["partNumber"])] = request.body
        return Reply(200, headers={"ETag": _etag(request.body)})

    def _copy_part(self, name: tuple[str, str], request: Received) -> Reply:
        parts = self._parts(name, request)
        if isinstance(parts, Reply):
            return parts
        bucket, _, key = unquote(request.headers["x-amz-copy-source"]).partition("/")
        source = self.objects.get((bucket, key))
        if source is None:
            return error(404, "NoSuchKey")
        parts.bodies[int(_query(request)["partNumber"])] = source.body
        return _document("CopyPartResult", f"<ETag>{source.etag}</ETag>")

    def _complete_upload(self, name: tuple[str, str], request: Received) -> Reply:
        parts = self._parts(name, request)
        if isinstance(parts, Reply):
            return parts
        if refused := self._refused_write(name, request):
            return refused
        upload_id = _query(request)["uploadId"]
        if request.headers.get("if-none-match") == "*" and self.uploads[upload_id].is_passed_by:
            return error(409, "ConditionalRequestConflict", "If-None-Match")
        try:
            body = parts.joined(request.body.decode(), _etag)
        except PartRefusedError as wrong:
            return error(400, wrong.code)
        self._keep(name, body, self.uploads.pop(upload_id).headers)
        return _document("CompleteMultipartUploadResult", f"<ETag>{_etag(body)}</ETag>")

    def _list_parts(self, name: tuple[str, str], request: Received) -> Reply:
        parts = self._parts(name, request)
        if isinstance(parts, Reply):
            return parts
        query = _query(request)
        after = int(query.get("part-number-marker", "0"))
        numbers = sorted(number for number in parts.bodies if number > after)
        shown = numbers[: self.page_size]
        entries = "".join(
            f"<Part><PartNumber>{number}</PartNumber>"
            f"<ETag>{escape(_etag(parts.bodies[number]))}</ETag></Part>"
            for number in shown
        )
        is_truncated = "true" if len(numbers) > len(shown) else "false"
        last = shown[-1] if shown else after
        return _document(
            "ListPartsResult",
            f"<NextPartNumberMarker>{last}</NextPartNumberMarker>"
            f"<IsTruncated>{is_truncated}</IsTruncated>{entries}",
        )

    def _abort_upload(self, name: tuple[str, str], request: Received) -> Reply:
        parts = self._parts(name, request)
        if isinstance(parts, Reply):
            return parts
        del self.uploads[_query(request)["uploadId"]]
        return Reply(204)

    def _parts(self, name: tuple[str, str], request: Received) -> Parts | Reply:
        upload = self.uploads.get(_query(request)["uploadId"])
        if upload is None or upload.name != name:
            return error(404, "NoSuchUpload")
        return upload.parts

    _operations: ClassVar[dict[str, Any]] = {
        "HeadObject": _get,
        "GetObject": _get,
        "PutObject": _put,
        "CopyObject": _copy,
        "DeleteObject": _delete,
        "ListObjectsV2": _list,
        "ListParts": _list_parts,
        "CreateMultipartUpload": _create_upload,
        "UploadPart": _upload_part,
        "UploadPartCopy": _copy_part,
        "CompleteMultipartUpload": _complete_upload,
        "AbortMultipartUpload": _abort_upload,
    }


def error(status: int, code: str, condition: str | None = None) -> Reply:
    """S3's own way to say no."""
    named = f"<Condition>{condition}</Condition>" if condition else ""
    body = f"<Error><Code>{code}</Code><Message>{code}</Message>{named}</Error>".encode()
    return Reply(status, body, {"Content-Type": "application/xml"})


def failed(condition: str) -> Reply:
    """S3's answer to a condition that does not hold, by the header that has it."""
    return error(412, "PreconditionFailed", condition)


def _operation(request: Received) -> str:
    query = _query(request)
    if "list-type" in query:
        return "ListObjectsV2"
    if request.method == "GET" and "uploadId" in query:
        return "ListParts"
    if request.method == "POST":
        return "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload"
    if request.method == "PUT" and "uploadId" in query:
        return "UploadPartCopy" if "x-amz-copy-source" in request.headers else "UploadPart"
    if request.method == "PUT" and "x-amz-copy-source" in request.headers:
        return "CopyObject"
    return {
        "HEAD": "HeadObject",
        "GET": "GetObject",
        "PUT": "PutObject",
        "DELETE": "AbortMultipartUpload" if "uploadId" in query else "DeleteObject",
    }[request.method]


def _query(request: Received) -> dict[str, str]:
    fields = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _kept_headers(request: Received) -> dict[str, str]:
    return {
        header: value
        for header, value in request.headers.items()
        if header in _KEPT or header.startswith(METADATA_PREFIX)
    }


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
    for header, digest in _DIGESTS.items():
        claimed = request.headers.get(header)
        if claimed is not None and claimed != base64.b64encode(digest(request.body)).decode():
            return "BadDigest"
    return None


def _etag(body: bytes) -> str:
    """Nobody may rely on an ETag being an MD5: with a KMS key it is none."""
    return f'"{zlib.crc32(body):08x}-{len(body)}"'


def _document(root: str, content: str) -> Reply:
    body = f"<{root}>{content}</{root}>".encode()
    return Reply(200, body, {"Content-Type": "application/xml"})


def _is_refused_name(key: str) -> bool:
    """What S3 answers 400 to: too long, or climbing out of the bucket (S3 User Guide, "Naming")."""
    depths = itertools.accumulate(
        -1 if element == ".." else element not in ("", ".") for element in key.split("/")
    )
    return len(key.encode()) > 1024 or min(depths) < 0
