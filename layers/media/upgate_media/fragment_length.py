"""The length of a fragmented MP4, as browsers and cameras record it (ISO/IEC 14496-12, 8.8)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import BinaryIO

from upgate.contents.iso_boxes import Box, boxes, find_box

_INDEX_BYTES = 16 * 1024 * 1024
# Flags of tfhd and trun: which fields are there.
_BASE_OFFSET, _DESCRIPTION, _DURATION = 0x1, 0x2, 0x8
_DATA_OFFSET, _FIRST_FLAGS, _SAMPLE_DURATION = 0x1, 0x4, 0x100
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)


def fragments_seconds(stream: BinaryIO, size_bytes: int, tail_bytes: int) -> float | None:
    """Where the last fragments end, in seconds; None for a file that is not made of fragments."""
    box = find_box(stream, size_bytes, b"moov")
    if box is None or box.end - box.start > _INDEX_BYTES:
        return None
    stream.seek(box.start, io.SEEK_SET)
    index = stream.read(box.end - box.start)
    defaults = _default_durations(index)
    if not defaults:
        return None
    scales = _time_scales(index)
    start = max(box.end, size_bytes - tail_bytes)
    stream.seek(start, io.SEEK_SET)
    tail = stream.read()
    ends: dict[int, float] = {}
    place = tail.find(b"moof")
    while place != -1:
        fragment = next(boxes(tail, max(0, place - 4)), None)
        if fragment is not None and fragment.kind == b"moof":
            for track, ticks in _ends(tail, fragment, defaults).items():
                if scale := scales.get(track):
                    ends[track] = max(ends.get(track, 0.0), ticks / scale)
        place = tail.find(b"moof", place + 4)
    return max(ends.values(), default=None)


def _children(data: bytes, box: Box, kind: bytes) -> list[Box]:
    return [child for child in boxes(data, box.content, box.end) if child.kind == kind]


def _number(data: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(data[at : at + length])


def _default_durations(index: bytes) -> dict[int, int]:
    """Of the samples of each track, in its ticks; empty without `mvex`."""
    moov = next(boxes(index))
    return {
        _number(index, trex.content + 4): _number(index, trex.content + 12)
        for mvex in _children(index, moov, b"mvex")
        for trex in _children(index, mvex, b"trex")
    }


def _time_scales(index: bytes) -> dict[int, int]:
    """Ticks in a second, by track."""
    moov = next(boxes(index))
    scales = {}
    for track in _children(index, moov, b"trak"):
        for head in _children(index, track, b"tkhd"):
            wide = 8 if index[head.content] == 1 else 0
            number = _number(index, head.content + 12 + wide)
            for media in _children(index, track, b"mdia"):
                for header in _children(index, media, b"mdhd"):
                    wide = 8 if index[header.content] == 1 else 0
                    scales[number] = _number(index, header.content + 12 + wide)
    return scales


def _ends(data: bytes, fragment: Box, defaults: Mapping[int, int]) -> dict[int, int]:
    """Where the samples of a fragment end, by track, in its ticks."""
    ends: dict[int, int] = {}
    for run in _children(data, fragment, b"traf"):
        heads, times = _children(data, run, b"tfhd"), _children(data, run, b"tfdt")
        if not heads or not times:
            continue
        flags, at = _number(data, heads[0].content + 1, 3), heads[0].content + 4
        track, at = _number(data, at), at + 4
        at += 8 * bool(flags & _BASE_OFFSET) + 4 * bool(flags & _DESCRIPTION)
        duration = _number(data, at) if flags & _DURATION else defaults.get(track, 0)
        wide = data[times[0].content] == 1
        end = _number(data, times[0].content + 4, 8 if wide else 4)
        for samples in _children(data, run, b"trun"):
            end += _run_ticks(data, samples, duration)
        ends[track] = end
    return ends


def _run_ticks(data: bytes, run: Box, duration: int) -> int:
    flags, count = _number(data, run.content + 1, 3), _number(data, run.content + 4)
    if not flags & _SAMPLE_DURATION:
        return count * duration
    at = run.content + 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    step = 4 * sum(bool(flags & field) for field in _SAMPLE_FIELDS)
    return sum(_number(data, place) for place in range(at, min(at + count * step, run.end), step))
