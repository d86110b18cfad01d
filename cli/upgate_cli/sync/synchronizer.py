"""Decides what to send of a tree, and sends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from upgate_cli.errors import CommandError, HopelessError
from upgate_cli.gateway.bucket_objects import BucketObjects, RemoteObject
from upgate_cli.parallel import in_parallel
from upgate_cli.progress import TransferProgress
from upgate_cli.sync.manifest import Manifest
from upgate_cli.sync.tree import TreeFile
from upgate_cli.transfer.naming import choose_key
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import Extras, Target
from upgate_cli.transfer.uploader import Uploader


@dataclass(slots=True)
class Counts:
    """What `--json` prints of a run."""

    uploaded: int = 0
    skipped: int = 0
    deleted: int = 0
    failed: int = 0

    def as_json(self) -> dict[str, int]:
        """The members by their names."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronizer:
    """Brings files of one tree to `bucket:prefix`; `say` gets a line per upload.

    `objects` is the bucket itself, None where only the manifest can tell what it has. `resend`
    distrusts both, `checksum` distrusts the files' times.
    """

    uploader: Uploader
    manifest: Manifest
    bucket: str
    prefix: str
    parallel: int
    cancelled: threading.Event
    say: Callable[[str], None]
    complain: Callable[[str], None]
    counts: Counts = field(default_factory=Counts)
    objects: BucketObjects | None = None
    resend: bool = False
    checksum: bool = False

    def fail(self, message: str) -> None:
        """Count and tell a failure."""
        self.counts.failed += 1
        self.complain(message)

    def listed(self) -> Mapping[str, RemoteObject] | None:
        """What the bucket has under the prefix; None where it cannot be asked.

        Raises:
            CommandError: the gateway refused, or is not there.
        """
        return self.objects.under(self.prefix) if self.objects else None

    def plan(
        self, files: Iterable[TreeFile], remote: Mapping[str, RemoteObject] | None
    ) -> list[TreeFile]:
        """Those whose content is not what is under their key; the others are counted."""
        changed = []
        for file in files:
            try:
                if self.is_uploaded(file, remote):
                    self.counts.skipped += 1
                else:
                    changed.append(file)
            except HopelessError:
                raise
            except CommandError as error:
                self.fail(_about(file, error))
        return changed

    def is_uploaded(self, file: TreeFile, remote: Mapping[str, RemoteObject] | None = None) -> bool:
        """Whether this file's content is under its key already.

        Raises:
            CommandError: the file cannot be read, or has no name that a key could have.
        """
        key = self.key_of(file)
        known = self.manifest.get(key)
        if remote is not None:
            there = remote.get(key)
        else:
            there = RemoteObject(known.etag, known.state.size_bytes) if known else None
        if self.resend or there is None or there.size_bytes != file.state.size_bytes:
            return False
        if known is not None and known.is_surely(file.state) and not self.checksum:
            return known.etag == there.etag
        with SourceFile(file.path) as source:
            etag = source.etag()
            if etag == there.etag:
                self.manifest.put(key, etag, source.state, source.opened_ns)
        return etag == there.etag

    def send(self, files: Sequence[TreeFile]) -> None:
        """Upload files, several at once; what fails is counted and told.

        Raises:
            HopelessError: no file can be uploaded: the rest is not tried.
        """
        total = sum(file.state.size_bytes for file in files)
        with TransferProgress(f"{len(files)} files", total_bytes=total) as progress:
            outcomes = in_parallel(
                lambda file: self._send_one(file, progress), files, self.parallel, self.cancelled
            )
            for file, error in outcomes:
                if error is None:
                    self.counts.uploaded += 1
                    self.say(f"uploaded {file.name}")
                elif isinstance(error, HopelessError):
                    self.counts.failed += 1
                    raise error
                else:
                    self.fail(_about(file, error))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; each is counted, and what stays is told."""
        assert self.objects is not None  # noqa: S101 - without it nothing is known to be surplus

        def count(key: str) -> None:
            self.counts.deleted += 1
            self.say(f"deleted {key}")

        for complaint in self.objects.remove(keys, count):
            self.fail(complaint)

    def _send_one(
        self, file: TreeFile, progress: TransferProgress
    ) -> tuple[TreeFile, CommandError | None]:
        try:
            key = self.key_of(file)
            with SourceFile(file.path) as source:
                uploaded = self.uploader.upload(
                    source, Target(self.bucket, key), Extras(), progress.advance
                )
                self.manifest.put(key, uploaded.etag, source.state, source.opened_ns)
        except CommandError as error:
            if isinstance(error, HopelessError):
                self.cancelled.set()  # before another thread begins what is as hopeless
            return file, error
        return file, None

    def key_of(self, file: TreeFile) -> str:
        """The key that a file goes to; raises CommandError where none can have its name."""
        try:
            key = choose_key(None, self.prefix + file.name, None, file.name)
            assert key is not None  # noqa: S101 - it was given
            key.encode()
        except UnicodeEncodeError:
            raise CommandError("the name is not UTF-8; rename it") from None
        return key


def _about(file: TreeFile, error: CommandError) -> str:
    path = str(file.path)
    return error.message if path in error.message else f"{path}: {error.message}"
