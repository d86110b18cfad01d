"""Runs ffmpeg: without a shell, with a deadline, and with bounds on memory and output."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from upgate.errors import OutputTooLargeError, TooSlowError
from upgate_media.ffmpeg_failure import failure
from upgate_media.media_limits import MediaLimits

_POLL_SECONDS = 0.1
_TAIL_BYTES = 16 * 1024
_LOG_BYTES = 1024 * 1024
# `repeat`: an error that comes again is a line again, so that errors can be counted.
_QUIET = ("-hide_banner", "-nostdin", "-y", "-loglevel", "repeat+error", "-nostats")
_ENVIRONMENT = {"LC_ALL": "C"}
_DECODING_ERRORS = ("Error submitting packet to decoder", "Decoding error:")


@dataclass(frozen=True, slots=True)
class Progress:
    """What ffmpeg says at its end: the length of what it wrote, None if it said nothing.

    `decoding_errors` counts the packets that no decoder could read; ffmpeg goes on after them.
    """

    written_seconds: float | None
    decoding_errors: int


class _Verdict(Enum):
    TIME = auto()
    OUTPUT = auto()


def run_ffmpeg(
    program: str,
    arguments: Sequence[str],
    workspace: Path,
    seconds_left: float,
    limits: MediaLimits,
) -> Progress:
    """Run the program in the workspace and wait for its end.

    The process gets none of our environment: no credentials, no proxies. It leads a group of its
    own, and the whole group is killed at the deadline or when the workspace outgrows the limit.

    Raises:
        TooSlowError: the time is over.
        OutputTooLargeError: more than limits.output_bytes.
        UnprocessableSourceError, BadFopError: as ffmpeg's own words tell; see `ffmpeg_failure`.
    """
    if seconds_left <= 0:
        raise TooSlowError(0.0, "no time is left for processing")
    log, progress = workspace / "ffmpeg.log", workspace / "ffmpeg.progress"
    command = [program, *_QUIET, "-progress", "pipe:1", *arguments]
    allowed = _size(workspace) + limits.output_bytes
    with log.open("wb") as errors, progress.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - a list, its values read strictly
            command,
            cwd=workspace,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
    watch = _Watch(process, workspace, seconds_left, allowed)
    try:
        _bound(process, limits)
        watch.start()
        code = process.wait()
    finally:
        if process.returncode is None:
            _kill(process)
            process.wait()
        if watch.ident is not None:
            watch.stop()
    if code and watch.verdict is _Verdict.TIME:
        raise TooSlowError(
            seconds_left, f"processing was stopped: it took longer than {seconds_left:.0f} s"
        )
    if watch.verdict is _Verdict.OUTPUT or code == -signal.SIGXFSZ or _size(workspace) > allowed:
        raise OutputTooLargeError(f"the result is larger than {limits.output_bytes} bytes")
    if code:
        raise failure(code, _tail(log))
    errors_seen = _tail(log, _LOG_BYTES)
    return Progress(
        _written_seconds(_tail(progress)),
        sum(errors_seen.count(words) for words in _DECODING_ERRORS),
    )


class _Watch(threading.Thread):
    """Kills the process's group when the time is over or the workspace has grown too large.

    A thread, so that the caller waits for the process itself: no poll delays a short command.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], workspace: Path, seconds: float, allowed_bytes: int
    ) -> None:
        super().__init__(daemon=True)
        self.verdict: _Verdict | None = None
        self._process = process
        self._workspace = workspace
        self._deadline = time.monotonic() + seconds
        self._allowed_bytes = allowed_bytes
        self._over = threading.Event()

    def run(self) -> None:
        while self.verdict is None:
            left = self._deadline - time.monotonic()
            if self._over.wait(max(0.0, min(_POLL_SECONDS, left))):
                return
            if time.monotonic() >= self._deadline:
                self.verdict = _Verdict.TIME
            elif _size(self._workspace) > self._allowed_bytes:
                self.verdict = _Verdict.OUTPUT
        _kill(self._process)

    def stop(self) -> None:
        self._over.set()
        self.join()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the leader's id is the group's


def _bound(process: subprocess.Popen[bytes], limits: MediaLimits) -> None:
    """Limits of the kernel's, set from outside: preexec_fn is not safe among threads."""
    if not hasattr(resource, "prlimit"):
        return
    with contextlib.suppress(ProcessLookupError):
        for kind, value in (
            (resource.RLIMIT_FSIZE, limits.output_bytes),
            (resource.RLIMIT_AS, limits.tool_memory_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(process.pid, kind, (value, value))


def _size(workspace: Path) -> int:
    total = 0
    for entry in os.scandir(workspace):
        with contextlib.suppress(FileNotFoundError):  # ffmpeg renames its playlist
            total += entry.stat(follow_symlinks=False).st_size
    return total


def _tail(path: Path, limit_bytes: int = _TAIL_BYTES) -> str:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - limit_bytes))
        if size > limit_bytes:
            stream.readline()  # the rest of a line that is cut
        return stream.read().decode("utf-8", "replace")


def _written_seconds(progress: str) -> float | None:
    """The last `out_time_us=`, in microseconds, or N/A."""
    for line in reversed(progress.splitlines()):
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.isdecimal():
            return int(value) / 1_000_000
    return None
