"""Making results: looked for first, made by one at a time, stored before they are told of."""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upgate.contents import qetag
from upgate.errors import FopError, OutputTooLargeError, ResultBusyError
from upgate.fops import result_name
from upgate.fops.fop import Fop, Pipe
from upgate.fops.result_name import ResultName
from upgate.fops.result_store import Result, ResultStore
from upgate.fops.saved_result import PLAYLIST_TYPE, segment_reference
from upgate.objects import storage
from upgate.objects.source_object import SourceObject
from upgate_media import source_file
from upgate_media.avthumb_hls import rewrite_playlist
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits
from upgate_media.pipe import run_pipe
from upgate_media.run import inspect
from upgate_media.run_types import Fetch, MediaSettings, Output, Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What is left of an invocation's time for storing the result and telling of it.
_MARGIN_SECONDS = 5.0
_LEASE_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerPorts:
    """The outside world of a maker; `folder` is where its files may be."""

    s3: S3Client
    work_bucket: str
    results: ResultStore
    fetch: Fetch
    folder: Path
    limits: MediaLimits = DEFAULT_LIMITS


class Maker:
    """Makes results of pipes; one instance serves a whole function.

    Whoever has one calls `forget_source` when a request or message is over.
    """

    def __init__(self, ports: MakerPorts) -> None:
        self._ports = ports
        self._kept: tuple[SourceObject, Source, Path] | None = None

    def make(
        self, source: SourceObject, pipe: Pipe, seconds_left: float, *, force: bool = False
    ) -> tuple[Result, bool]:
        """The result of a pipe, and whether it was there already.

        Raises:
            FopError: it cannot be made; the reason is kept for a while.
            ResultBusyError: somebody else is making it.
            StorageFailedError: S3 or the ledger failed; anybody may try again.
        """
        name = result_name.of(pipe, source.etag)
        if not force:
            standing = self._ports.results.find(name)
            if standing is not None and standing.result is not None:
                return standing.result, True
        if not self._ports.results.claim(name, seconds_left + _LEASE_MARGIN_SECONDS, force=force):
            return self._made_meanwhile(name)
        try:
            result = self._compute(name, source, pipe, seconds_left)
        except FopError as error:
            self._ports.results.fail(name, error.message)
            raise
        except OSError as error:
            if error.errno != errno.ENOSPC:
                self._ports.results.release(name)
                raise
            refused = OutputTooLargeError("source and result need more room than there is")
            self._ports.results.fail(name, refused.message)
            raise refused from error
        except BaseException:
            self._ports.results.release(name)
            raise
        self._ports.results.finish(name, result)
        return result, False

    def forget_source(self) -> None:
        """Remove the source that is kept for the next command on the same object."""
        if self._kept is not None:
            shutil.rmtree(self._kept[2], ignore_errors=True)
            self._kept = None

    def describe(self, source: SourceObject, fop: Fop, seconds_left: float) -> Mapping[str, Any]:
        """What a JSON command says of the source; raises FopError, StorageFailedError."""
        with self._workspace() as folder:
            local = (
                source_file.download_edges(self._ports.s3, source, folder)
                if fop.name == "avinfo"
                else self._download(source, folder, self._ports.limits.image_source_bytes)
            )
            return inspect(fop, local, self._settings(seconds_left))

    def _made_meanwhile(self, name: ResultName) -> tuple[Result, bool]:
        standing = self._ports.results.find(name)
        if standing is None or standing.result is None:
            raise ResultBusyError
        return standing.result, True

    def _compute(
        self, name: ResultName, source: SourceObject, pipe: Pipe, seconds_left: float
    ) -> Result:
        local = self._kept_source(source)
        with self._workspace() as folder:
            output = run_pipe(pipe.commands, local, folder, self._settings(seconds_left))
            return self._store(name, output)

    def _kept_source(self, source: SourceObject) -> Source:
        """The commands of a job share one download."""
        if self._kept is None or self._kept[0] != source:
            self.forget_source()
            folder = Path(tempfile.mkdtemp(prefix="source-", dir=self._ports.folder))
            try:
                local = self._download(source, folder, self._ports.limits.source_bytes)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._kept = source, local, folder
        return self._kept[1]

    def _download(self, source: SourceObject, folder: Path, limit_bytes: int) -> Source:
        return source_file.download(self._ports.s3, source, folder, limit_bytes)

    def _settings(self, seconds_left: float) -> MediaSettings:
        return MediaSettings(
            seconds_left=max(seconds_left - _MARGIN_SECONDS, 0.0),
            fetch=self._ports.fetch,
            limits=self._ports.limits,
        )

    def _store(self, name: ResultName, output: Output) -> Result:
        """Segments before the playlist that names them."""
        for extra in output.extra:
            self._put(f"{name.key}/{extra.name}", extra.path, extra.mime_type)
        if output.mime_type == PLAYLIST_TYPE:
            text = rewrite_playlist(
                output.path.read_text("utf-8"),
                lambda reference: segment_reference(name.key, reference),
            )
            output.path.write_text(text, "utf-8")
        etag = self._put(name.key, output.path, output.mime_type)
        return Result(name.key, etag, output.mime_type, output.path.stat().st_size)

    def _put(self, key: str, path: Path, mime_type: str) -> str:
        etag = _etag(path)
        with storage.failures(), path.open("rb") as body:
            self._ports.s3.put_object(
                Bucket=self._ports.work_bucket,
                Key=result_name.object_name(key),
                Body=body,
                ContentType=mime_type,
                Metadata={"upgate-etag": etag},
            )
        return etag

    def _workspace(self) -> _Workspace:
        return _Workspace(self._ports.folder)


class _Workspace:
    """A folder that is gone afterwards: an environment's disk serves many invocations."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="fop-", dir=self._parent))
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def _etag(path: Path) -> str:
    """The etag of a file, block by block (protocol.md 5)."""
    digests = []
    with path.open("rb") as file:
        while block := file.read(qetag.BLOCK_BYTES):
            digests.append(hashlib.sha1(block, usedforsecurity=False).digest())
    return qetag.from_block_digests(digests or qetag.block_digests(b""))
