"""Why ffmpeg gave up, as one of our errors with a reason that helps whoever sent the command.

ffmpeg's exit code says little (almost always 1 or 8), its words say enough. They also name files
and addresses, which are nobody's business outside.
"""

from __future__ import annotations

import re
import signal

from upgate.errors import (
    BadFopError,
    FopError,
    OutputTooLargeError,
    SourceTooLargeError,
    UnprocessableSourceError,
)

_PREFIX = re.compile(r"^(?:\[[^\]]*\]\s*)+")  # [mov,mp4 @ 0x55d1c8f0]
_PLACE = re.compile(r"(?:file:|[a-z][a-z0-9+.-]*://|/)[^\s'\",]*", re.IGNORECASE)
_REASON_CHARACTERS = 200

# Words of ffmpeg 9 and what they mean; the first that occurs decides.
_SIGNS: tuple[tuple[str, type[FopError], str], ...] = (
    ("No space left on device", OutputTooLargeError, "the result does not fit into the workspace"),
    ("File too large", OutputTooLargeError, "the result is too large"),
    ("Cannot allocate memory", SourceTooLargeError, "processing needs more memory than allowed"),
    ("malloc of size", SourceTooLargeError, "processing needs more memory than allowed"),  # x264
    ("pthread_create() failed", SourceTooLargeError, "processing needs more memory than allowed"),
    ("picture size", SourceTooLargeError, "a frame has more pixels than allowed"),
    ("moov atom not found", UnprocessableSourceError, "the file is cut off: its index is missing"),
    # An encoder that no frame has reached knows no size: the source is at fault, not the command.
    ("before EOF", UnprocessableSourceError, "nothing in the source could be decoded"),
    (
        "Decode error rate",
        UnprocessableSourceError,
        "the source is damaged: most frames are",
    ),
    ("Error initializing output", BadFopError, ""),
    ("Error while opening encoder", BadFopError, ""),
    ("Could not write header", BadFopError, ""),
    ("incorrect codec parameters", BadFopError, ""),
    ("is not supported by the", BadFopError, ""),
)
# Lines that only announce that another line has the cause.
_HOLLOW = (
    "Error opening input",
    "Error opening output",
    "Conversion failed",
    "Task finished",
    "Terminating thread",
    "Nothing was written",
    "Error sending frames",
    "Error while processing",
    "Error submitting",
    "Error muxing a packet",
    "Last message repeated",
)


def failure(code: int, log: str) -> FopError:
    """The error for an exit code other than 0 (negative: the signal) and the end of stderr."""
    for words, kind, reason in _SIGNS:
        if words in log:
            return kind(reason or f"ffmpeg refuses: {first_reason(log)}")
    if code == -signal.SIGKILL:
        return SourceTooLargeError("processing was killed: it needed too much memory")
    if code < 0:
        return UnprocessableSourceError("the source made ffmpeg crash; it is damaged")
    return UnprocessableSourceError(f"the source cannot be read: {first_reason(log)}")


def first_reason(log: str) -> str:
    """The first line that says something, without addresses in memory, on disk or in the net."""
    for line in log.splitlines():
        text = _PLACE.sub("the file", _PREFIX.sub("", line)).strip()
        text = "".join(character for character in text if character.isprintable())
        if text and not text.startswith(_HOLLOW):
            return text[:_REASON_CHARACTERS]
    return "no reason given"
