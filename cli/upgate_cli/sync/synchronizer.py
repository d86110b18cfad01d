"""Decides what to send of a tree, and sends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field

from upgate_cli.errors import CommandError, HopelessError
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

    `resend` distrusts the manifest, `checksum` distrusts the files' times.
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
    resend: bool = False
    checksum: bool = False

    def fail(self, message: str) -> None:
        """Count and tell a failure."""
        self.counts.failed += 1
        self.complain(message)

    def plan(self, files: Iterable[TreeFile]) -> list[TreeFile]:
        """Those whose content is not what was uploaded under their key; the others are counted."""
        changed = []
        for file in files:
            try:
                if self.is_uploaded(file):
                    self.counts.skipped += 1
                else:
                    changed.append(file)
            except HopelessError:
                raise
            except CommandError as error:
                self.fail(_about(file, error))
        return changed

    def is_uploaded(self, file: TreeFile) -> bool:
        """Whether the manifest has this content under this file's key.

        Raises:
            CommandError: the file cannot be read, or has no name that a key could have.
        """
        key = self._key(file)
        entry = None if self.resend else self.manifest.get(key)
        if entry is None or entry.state.size_bytes != file.state.size_bytes:
            return False
        if entry.is_surely(file.state) and not self.checksum:
            return True
        with SourceFile(file.path) as source:
            if source.etag() != entry.etag:
                return False
            self.manifest.put(key, entry.etag, source.state, source.opened_ns)
        return True

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

    def _send_one(
        self, file: TreeFile, progress: TransferProgress
    ) -> tuple[TreeFile, CommandError | None]:
        try:
            key = self._key(file)
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

    def _key(self, file: TreeFile) -> str:
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
