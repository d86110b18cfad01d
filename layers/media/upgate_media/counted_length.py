"""How long a recording is, counted, where ffmpeg would guess from its first frames.

ADTS, AMR and MP3 without a Xing header are frames one after the other with no length anywhere. And
what is recorded piece by piece, fragmented MP4 and WebM, has a length that its header leaves open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from upgate.contents.media_frames import adts_frame_bytes, mpeg_frame
from upgate_media.fragment_length import fragments_seconds
from upgate_media.webm_length import clusters_seconds

_READ_BYTES = 64 * 1024 * 1024  # counted at the most; the rest is reckoned from that
_TAIL_BYTES = 16 * 1024 * 1024  # where the last fragment, or the last cluster, is looked for
_RESYNC_BYTES = 4096  # junk among frames that is passed over
_TRAILER_BYTES = 64 * 1024  # a tag at the end, which is no sound
_ADTS_RATES = (
    *(96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350),
)
_ADTS_SAMPLES = 1024
_AMR_SECONDS = 0.02
_AMR_FRAMES = {
    b"#!AMR\n": (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1),  # RFC 4867, 5.3
    b"#!AMR-WB\n": (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1),
}

# Bytes and seconds of the frame at a place, (0, 0.0) where none is.
type _Frame = tuple[int, float]
type _FrameAt = Callable[[bytes, int], _Frame]


def counted_seconds(stream: BinaryIO, size_bytes: int, demuxer: str) -> float | None:
    """The length in seconds, None where ffmpeg's is measured and not guessed.

    `demuxer` is ffmpeg's name. What `stream` lacks of the file (a hole of zeros) is reckoned from
    what it has.
    """
    match demuxer:
        case "aac":
            return _frames_seconds(stream, size_bytes, _adts_frame)
        case "mp3":
            return _frames_seconds(stream, size_bytes, _mpeg_frame)
        case "amr":
            return _frames_seconds(stream, size_bytes, None)
        case "mov":
            return fragments_seconds(stream, size_bytes, _TAIL_BYTES)
        case "matroska":
            return clusters_seconds(stream, size_bytes, _TAIL_BYTES)
        case _:
            return None


def _frames_seconds(stream: BinaryIO, size_bytes: int, frame_at: _FrameAt | None) -> float | None:
    stream.seek(0)
    data = stream.read(_READ_BYTES)
    position = first = _id3_bytes(data)
    if frame_at is None:
        magic = next((words for words in _AMR_FRAMES if data.startswith(words)), None)
        if magic is None:
            return None
        position = first = len(magic)
        frame_at = _amr_frame(_AMR_FRAMES[magic])
    elif frame_at is _mpeg_frame and _has_xing(data, first):
        return None
    seconds = 0.0
    while position < len(data):
        length, lasting = frame_at(data, position)
        if not length:
            found = _next_frame(data, position, frame_at)
            if found is None:
                break
            position = found
            continue
        position += length
        seconds += lasting
    if not seconds:
        return None
    if size_bytes - position > _TRAILER_BYTES:
        seconds *= (size_bytes - first) / (position - first)
    return seconds


def _next_frame(data: bytes, position: int, frame_at: _FrameAt) -> int | None:
    """Where frames go on after junk: two in a row, since two bytes alone prove nothing."""
    for place in range(position + 1, min(position + _RESYNC_BYTES, len(data))):
        length, _ = frame_at(data, place)
        if length and frame_at(data, place + length)[0]:
            return place
    return None


def _id3_bytes(data: bytes) -> int:
    """Length of the ID3v2 tag at the start: four times seven bits (id3.org, ID3v2.4, 3.1)."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    length = 0
    for byte in data[6:10]:
        length = length << 7 | byte & 0x7F
    return 10 + length + (10 if data[5] & 0x10 else 0)


def _has_xing(data: bytes, position: int) -> bool:
    start = next(
        (at for at in range(position, position + _RESYNC_BYTES) if _mpeg_frame(data, at)[0]),
        position,
    )
    return any(sign in data[start : start + 64] for sign in (b"Xing", b"Info", b"VBRI"))


def _adts_frame(data: bytes, position: int) -> _Frame:
    header = data[position : position + 7]
    length = adts_frame_bytes(header)
    if length <= 7:
        return 0, 0.0
    blocks = (header[6] & 3) + 1
    return length, blocks * _ADTS_SAMPLES / _ADTS_RATES[header[2] >> 2 & 15]


def _mpeg_frame(data: bytes, position: int) -> _Frame:
    return mpeg_frame(data[position : position + 4])


def _amr_frame(lengths: tuple[int, ...]) -> _FrameAt:
    def frame_at(data: bytes, position: int) -> _Frame:
        # The two lowest bits and the highest are padding: 0 in every file, and in no junk for long.
        if position >= len(data) or data[position] & 0x83:
            return 0, 0.0
        length = lengths[data[position] >> 3 & 15]
        if not any(data[position : position + length]):
            return 0, 0.0  # a hole: a frame of a good recording has at least its quality bit
        return length, _AMR_SECONDS

    return frame_at
