"""`GET /<key>`, `?<command>` and styles: the object, or what is made of it (DESIGN "Download")."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from upgate import limits
from upgate.answers import routes
from upgate.answers.responses import Response, json_response
from upgate.downloads import download_query, download_token
from upgate.downloads.download_query import DownloadQuery
from upgate.downloads.download_token import DownloadUrl
from upgate.downloads.served_object import ObjectServer, ServedObject
from upgate.downloads.style_store import StyleStore
from upgate.downloads.styles import BucketSettings
from upgate.errors import (
    DocumentNotFoundError,
    FopError,
    RawFopForbiddenError,
    ResultBusyError,
    SourceTooLargeError,
)
from upgate.fops import fop, fop_kinds, result_name
from upgate.fops.fop import Fop, Pipe
from upgate.fops.result_store import FAILED, Result, ResultStore
from upgate.fops.saved_result import ResultSaver
from upgate.jobs.ops_message import MakeResult
from upgate.jobs.ops_queue import OpsQueue
from upgate.objects import legal_key, storage
from upgate.objects.source_object import SourceObject
from upgate.tokens.upload_token import KeyLookup

# How long a client waits for what is being made elsewhere, before it is told to come back.
WAIT_SECONDS = 3.0
_POLL_SECONDS = 0.2
RETRY_AFTER_SECONDS = 3


class Tools(Protocol):
    """The media layer, imported when the first command needs it."""

    def make(self, source: SourceObject, pipe: Pipe) -> tuple[Result, bool]:
        """The result of a pipe; raises FopError, ResultBusyError or StorageFailedError."""
        ...

    def describe(self, source: SourceObject, command: Fop) -> Mapping[str, Any]:
        """What a JSON command says; raises FopError or StorageFailedError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPorts:
    """The outside world of downloads from one bucket."""

    bucket: str
    s3_bucket: str
    work_bucket: str
    find: Callable[[str, str], SourceObject | None]
    server: ObjectServer
    settings: StyleStore
    keys: KeyLookup
    results: ResultStore
    queue: OpsQueue
    saver: ResultSaver
    tools: Tools
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """One GET or HEAD; the path decoded, the query as it was sent.

    `ends_at` is the deadline of a private bucket's URL (Unix seconds), once it is verified.
    """

    method: str
    url: DownloadUrl
    now_seconds: float
    ends_at: int | None = None

    @property
    def key(self) -> str:
        """The key that the path names."""
        return self.url.path.removeprefix("/")


class Downloader:
    """Answers downloads; one instance serves a whole function."""

    def __init__(self, ports: DownloadPorts) -> None:
        self._ports = ports

    def answer(self, request: DownloadRequest) -> Response:
        """The object, its description, a result, or 202 while that is being made.

        Raises:
            DocumentNotFoundError: nothing has this key, nor a style of it.
            TokenError: the bucket is private and the URL not rightly signed, or over by now.
            FopError, InvalidArgumentError: the command cannot work, and why.
            RawFopForbiddenError: a command where only styles may be used.
        """
        settings = self._ports.settings.get(self._ports.bucket)
        if settings.is_private:
            ends_at = download_token.verify(request.url, self._ports.keys, request.now_seconds)
            request = replace(request, ends_at=ends_at)
        query = download_query.parse(request.url.query)
        if legal_key.has_dot_segment(request.key):
            raise DocumentNotFoundError  # no client could follow a redirect there
        if query.fop is None:
            return self._plain(request, query, settings)
        found = self._find(request.key)
        if settings.presets_only and not settings.is_private:
            raise RawFopForbiddenError
        if found is None:
            raise DocumentNotFoundError
        return self._process(request, query, found, query.fop)

    def _plain(
        self,
        request: DownloadRequest,
        query: DownloadQuery,
        settings: BucketSettings,
    ) -> Response:
        """A result under its own key first, then the object of just this key, then a style.

        Nothing can be uploaded under a result's key; what another tool put there (results that
        came from Kodo) is served while no result of our own is.
        """
        found = None
        if legal_key.is_of_result(request.key):
            name = result_name.object_name(request.key)
            found = self._ports.find(self._ports.work_bucket, name)
        if found is None:
            found = self._find(request.key)
        if found is not None:
            return self._serve(_served(found), request, query)
        for key, text in settings.readings(request.key):
            source = self._find(key)
            if source is not None:
                return self._process(request, query, source, text)
        routes.refuse_wrong_method(request.url.path)
        raise DocumentNotFoundError

    def _find(self, key: str) -> SourceObject | None:
        return self._ports.find(self._ports.s3_bucket, storage.object_name(key))

    def _process(
        self, request: DownloadRequest, query: DownloadQuery, source: SourceObject, text: str
    ) -> Response:
        pipe = fop.parse_pipe(text)
        if pipe.save_as is not None:
            self._ports.saver.check(pipe.save_as)
            signed = download_token.is_saveas_signed(
                request.url, pipe.save_as, text, self._ports.keys
            )
            if not signed:
                raise RawFopForbiddenError("saveas in a URL must be signed")
        if fop_kinds.describes(pipe):
            return self._describe(request, source, pipe)
        result = self._result(request, query, source, pipe)
        if result is None:
            return _come_back()
        if pipe.save_as is not None:
            key = self._ports.saver.save(pipe.save_as, result, request.key)
            return json_response(200, {"hash": result.etag, "key": key})
        return self._serve(self._stored(result), request, query)

    def _describe(self, request: DownloadRequest, source: SourceObject, pipe: Pipe) -> Response:
        """JSON, about the source or about what the commands before made of it."""
        before = Pipe(pipe.commands[:-1], None, "|".join(c.text for c in pipe.commands[:-1]))
        if before.commands:
            result = self._result(request, DownloadQuery(), source, before)
            if result is None:
                return _come_back()
            made = self._ports.find(self._ports.work_bucket, result_name.object_name(result.key))
            if made is None:
                raise DocumentNotFoundError
            source = made
        return json_response(200, self._ports.tools.describe(source, pipe.commands[-1]))

    def _result(
        self, request: DownloadRequest, query: DownloadQuery, source: SourceObject, pipe: Pipe
    ) -> Result | None:
        """The stored result, one made on the spot, or None while it is made elsewhere."""
        name = result_name.of(pipe, source.etag)
        standing = self._ports.results.find(name)
        if standing is not None and standing.result is not None:
            return standing.result
        if standing is not None and standing.state == FAILED:
            raise FopError(standing.error)
        if query.stored_only:
            raise DocumentNotFoundError
        if fop_kinds.is_quick(pipe):
            if source.size_bytes > limits.DOWNLOAD_SOURCE_BYTES:
                raise SourceTooLargeError(
                    f"the source has more than {limits.DOWNLOAD_SOURCE_BYTES} bytes"
                )
            try:
                return self._ports.tools.make(source, pipe)[0]
            except ResultBusyError:
                return self._wait(name)
        if self._ports.results.queue(name):
            self._ports.queue.send(MakeResult(self._ports.bucket, _key_of(source), pipe.text))
        return self._wait(name)

    def _wait(self, name: result_name.ResultName) -> Result | None:
        for _ in range(round(WAIT_SECONDS / _POLL_SECONDS)):
            self._ports.sleep(_POLL_SECONDS)
            standing = self._ports.results.find(name)
            if standing is not None and standing.result is not None:
                return standing.result
            if standing is not None and standing.state == FAILED:
                raise FopError(standing.error)
        return None

    def _stored(self, result: Result) -> ServedObject:
        return ServedObject(
            self._ports.work_bucket,
            result_name.object_name(result.key),
            result.mime_type,
            result.size_bytes,
        )

    def _serve(
        self, served: ServedObject, request: DownloadRequest, query: DownloadQuery
    ) -> Response:
        return self._ports.server.serve(served, request.method, query.attname, request.ends_at)


def _served(found: SourceObject) -> ServedObject:
    return ServedObject(
        found.s3_bucket, found.s3_name, found.mime_type, found.size_bytes, found.metadata
    )


def _key_of(source: SourceObject) -> str:
    return storage.key_of(source.s3_name)


def _come_back() -> Response:
    answer = json_response(202, {"status": "processing"})
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Response(answer.status, answer.body, answer.content_type, headers)
