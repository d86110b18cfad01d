"""Resumable upload v2: a multipart upload (protocol.md 4).

S3 wants an object's type and metadata when its upload begins, and this protocol says them at the
end. So parts wait in the work bucket, joined there to S3's size while they arrive, and complete
lets S3 copy them: its time grows with the number of requests and not with the file.
"""

from __future__ import annotations

import hashlib
import logging
import re
from urllib.parse import parse_qs

from upgate import limits
from upgate.answers import routes
from upgate.answers.responses import Response, json_response
from upgate.contents import part_sizes, qetag
from upgate.contents.content import BufferedContent
from upgate.errors import (
    ForbiddenError,
    InvalidArgumentError,
    Md5MismatchError,
    NoSuchBucketError,
    NoSuchUploadError,
    StorageFailedError,
)
from upgate.intake import multipart_body, multipart_path
from upgate.intake.multipart_path import MultipartPath, PathKind
from upgate.intake.upload_request import UploadSession
from upgate.objects import object_key
from upgate.resumable import assembly_plan, gluing, multipart_session, uploaded_parts, work_names
from upgate.resumable.assembly import AssembledStore, Assembler
from upgate.resumable.multipart_session import MultipartSession
from upgate.resumable.ranged_content import RangedContent
from upgate.resumable.resumable_call import ResumableCall
from upgate.resumable.uploaded_parts import UploadedParts
from upgate.resumable.work_bucket import WorkBucket
from upgate.resumable.work_names import Part
from upgate.tokens.authorization import Grant
from upgate.uploads.upload import Uploader

_log = logging.getLogger(__name__)
_MD5 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_MARKERS = ("part-number-marker", "part-number_marker")  # the specification has both
_ABORTED = "aborted"


class MultipartUploads:
    """The five calls; one instance serves all requests of a function."""

    def __init__(self, uploader: Uploader, work: WorkBucket, assembler: Assembler) -> None:
        self._uploader = uploader
        self._work = work
        self._assembler = assembler
        self._carriers = {
            ("POST", PathKind.UPLOADS): self.initiate,
            ("PUT", PathKind.PART): self.upload_part,
            ("POST", PathKind.UPLOAD): self.complete,
            ("DELETE", PathKind.UPLOAD): self.abort,
            ("GET", PathKind.UPLOAD): self.list_parts,
        }

    def answer(self, call: ResumableCall) -> Response:
        """Answer any request under `/buckets/`.

        Raises:
            NotFoundError, MethodNotAllowedError: it is none of the five.
            UpgateError: see the calls.
        """
        path = multipart_path.parse(call.path)
        carry = self._carriers.get((call.method, path.kind)) if path else None
        if path is None or carry is None:
            routes.refuse(call.path)
        return carry(call, path)

    def initiate(self, call: ResumableCall, path: MultipartPath) -> Response:
        """`POST .../uploads`: begin. What cannot come to an end is refused before any byte."""
        grant = self._grant(call, path)
        object_key.refuse_early(grant.policy, path.key)
        self._uploader.refuse_used_up(grant, call.context)
        session = multipart_session.begin(call.context.now_seconds)
        upload_id = session.to_text(path.bucket, path.key, grant.key_pair)
        return json_response(200, {"uploadId": upload_id, "expireAt": session.expires_at})

    def upload_part(self, call: ResumableCall, path: MultipartPath) -> Response:
        """`PUT .../uploads/<uploadId>/<partNumber>`: keep a part, and join it to its neighbours.

        Raises:
            KeyScopeMismatchError and others: the token is not for this upload's key.
            NoSuchUploadError: the uploadId, or the upload is closed.
            Md5MismatchError, InvalidArgumentError: the Content-MD5.
            StorageFailedError: S3 failed.
        """
        session = self._open_session(call, path)
        data = call.body()
        with call.context.stages.stage("hash"):
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            _check_md5(call.content_md5, md5)
            part = Part(path.part_number, len(data), qetag.of(data), md5)
        with call.context.stages.stage("put"):
            self._work.put(work_names.part(session.session_id, part), BufferedContent(data))
        try:
            with call.context.stages.stage("glue"):
                gluing.glue(self._work, session.session_id, part, data)
        except StorageFailedError:
            _log.warning("part %d not joined to its neighbours", part.number, exc_info=True)
        return json_response(200, {"etag": part.etag, "md5": part.md5})

    def complete(self, call: ResumableCall, path: MultipartPath) -> Response:
        """`POST .../uploads/<uploadId>`: the object, from the parts that the body names.

        Raises:
            NoSuchUploadError: the uploadId, or the upload is aborted, or another complete of it
                came first: one with other parts, or that says something else of the object.
            InvalidArgumentError: the body, or a part that was not sent.
            UpgateError: see `Uploader.receive`.
        """
        session = self._session(call, path)
        body = call.body()
        with call.context.stages.stage("parse"):
            request, named = multipart_body.parse(
                body,
                call.token(),
                path.key,
                UploadSession(identity=session.session_id, started_at=session.created_at),
            )
        with call.context.stages.stage("list"):
            uploaded = UploadedParts.listed(self._work, session.session_id)
            if uploaded.is_closed and self._mark(session) == _ABORTED:
                raise NoSuchUploadError
        parts = uploaded.choose(named)
        pieces = [work_names.part_piece(session.session_id, part) for part in parts]
        etag = qetag.from_parts([(part.size_bytes, part.etag) for part in parts])
        planned = assembly_plan.plan(pieces, uploaded.groups(parts))
        made = work_names.made_upload(session.session_id)
        store = AssembledStore(
            self._assembler,
            planned,
            lambda _: made,
            claim_name=work_names.closed(session.session_id),
        )
        cut = "" if qetag.is_plain(etag) else part_sizes.to_text([p.size_bytes for p in parts])
        content = RangedContent(self._work, pieces, etag, cut)
        return self._uploader.receive(request, content, store, call.context)

    def abort(self, call: ResumableCall, path: MultipartPath) -> Response:
        """`DELETE .../uploads/<uploadId>`: no part, complete or listing any more; repeatable.

        Raises:
            KeyScopeMismatchError and others: the token is not for this upload's key.
            NoSuchUploadError: the uploadId, or a complete has begun.
            StorageFailedError: S3 failed.
        """
        session = self._session_in_scope(call, path)
        closed = work_names.closed(session.session_id)
        if self._work.set_mark(closed, _ABORTED) not in (None, _ABORTED):
            raise NoSuchUploadError
        return json_response(200, {})

    def list_parts(self, call: ResumableCall, path: MultipartPath) -> Response:
        """`GET .../uploads/<uploadId>?max-parts=N&part-number-marker=M`.

        Raises:
            KeyScopeMismatchError and others: the token is not for this upload's key.
            NoSuchUploadError: the uploadId, or the upload is closed.
            InvalidArgumentError: a number in the query.
            StorageFailedError: S3 failed.
        """
        session = self._open_session(call, path)
        query = {name: values[-1] for name, values in parse_qs(call.query).items()}
        count = _number(query, ("max-parts",), 1, limits.LISTED_PARTS, limits.LISTED_PARTS)
        after = _number(query, _MARKERS, 0, limits.PARTS, 0)
        page = uploaded_parts.page(self._work, session.session_id, after, count)
        return json_response(
            200,
            {
                "uploadId": path.upload_id,
                "expireAt": session.expires_at,
                "partNumberMarker": page.marker,
                "parts": [
                    {
                        "size": part.size_bytes,
                        "etag": part.etag,
                        "partNumber": part.number,
                        "putTime": listed.modified_at,
                    }
                    for part, listed in page.parts
                ],
            },
        )

    def _grant(self, call: ResumableCall, path: MultipartPath) -> Grant:
        grant = call.grant(self._uploader)
        if path.bucket != grant.policy.scope.bucket:
            if self._uploader.has_bucket(path.bucket):
                raise ForbiddenError("bucket doesn't match with scope")
            raise NoSuchBucketError
        return grant

    def _session(self, call: ResumableCall, path: MultipartPath) -> MultipartSession:
        return _parsed(call, path, self._grant(call, path))

    def _session_in_scope(self, call: ResumableCall, path: MultipartPath) -> MultipartSession:
        """The upload, for a token that may end it; complete chooses its key and asks itself."""
        grant = self._grant(call, path)
        object_key.refuse_early(grant.policy, path.key)
        return _parsed(call, path, grant)

    def _open_session(self, call: ResumableCall, path: MultipartPath) -> MultipartSession:
        session = self._session_in_scope(call, path)
        with call.context.stages.stage("state"):
            if self._mark(session) is not None:
                raise NoSuchUploadError
        return session

    def _mark(self, session: MultipartSession) -> str | None:
        return self._work.mark(work_names.closed(session.session_id))


def _parsed(call: ResumableCall, path: MultipartPath, grant: Grant) -> MultipartSession:
    return multipart_session.parse(
        path.upload_id, path.bucket, path.key, grant.key_pair, call.context.now_seconds
    )


def _check_md5(claimed: str | None, md5: str) -> None:
    if not claimed:
        return
    if not _MD5.fullmatch(claimed):
        raise InvalidArgumentError("Content-MD5 is not 32 hexadecimal digits")
    if claimed.lower() != md5:
        raise Md5MismatchError


def _number(
    query: dict[str, str], names: tuple[str, ...], least: int, most: int, default: int
) -> int:
    text = next((query[name] for name in names if name in query), None)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise InvalidArgumentError(f"{names[0]} is not a number from {least} to {most}")
    return int(text)
