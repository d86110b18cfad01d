"""The length of a WebM that was recorded without one, as MediaRecorder does (RFC 9559)."""

from __future__ import annotations

import io
from typing import BinaryIO

_HEAD_BYTES = 64 * 1024
_CLUSTER, _DURATION, _SCALE = b"\x1f\x43\xb6\x75", b"\x44\x89", b"\x2a\xd7\xb1"
_INFO = b"\x15\x49\xa9\x66"
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_TIMESTAMP, _SIMPLE_BLOCK, _GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_DEFAULT_SCALE = 1_000_000  # nanoseconds in a tick


def clusters_seconds(stream: BinaryIO, size_bytes: int, tail_bytes: int) -> float | None:
    """When the last frame begins, in seconds; None where the header tells the length."""
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    info = _info(head)
    if info is None:
        return None
    fields = dict(_elements(info, 0, len(info)))
    if _DURATION in fields:
        return None
    scale = int.from_bytes(fields.get(_SCALE, b"")) or _DEFAULT_SCALE
    stream.seek(max(0, size_bytes - tail_bytes), io.SEEK_SET)
    tail = stream.read()
    place = tail.rfind(_CLUSTER)
    last = _last_tick(tail, place + 4) if place != -1 else None
    return last * scale / 1e9 if last else None


def _info(head: bytes) -> bytes | None:
    """The element that may tell the length: in the segment, which follows EBML's own header."""
    if not head.startswith(_EBML):
        return None
    at, length = _sized(head, len(_EBML))
    at += length
    if not head.startswith(_SEGMENT, at):
        return None
    at, _ = _sized(head, at + len(_SEGMENT))
    return dict(_elements(head, at, len(head))).get(_INFO)


def _last_tick(data: bytes, at: int) -> int | None:
    at, _ = _sized(data, at)
    base, last = 0, None
    for name, content in _elements(data, at, len(data)):
        if name[0] == _TIMESTAMP:
            base = last = int.from_bytes(content)
        elif name[0] == _SIMPLE_BLOCK:
            last = max(last or 0, base + _block_tick(content))
        elif name[0] == _GROUP:
            inner = dict(_elements(content, 0, len(content)))
            block = inner.get(bytes((_BLOCK,)), b"")
            last = max(last or 0, base + _block_tick(block))
    return last


def _block_tick(block: bytes) -> int:
    """Relative to its cluster's: two bytes with a sign behind the number of the track."""
    at, _ = _sized(block, 0)
    return int.from_bytes(block[at : at + 2], signed=True)


def _elements(data: bytes, at: int, end: int) -> list[tuple[bytes, bytes]]:
    """Names and contents, until one that does not fit."""
    found = []
    while at < min(end, len(data)):
        width = 9 - data[at].bit_length()
        name = data[at : at + width]
        start, length = _sized(data, at + width)
        if width > 4 or start + length > len(data):
            break
        found.append((name, data[start : start + length]))
        at = start + length
    return found


def _sized(data: bytes, at: int) -> tuple[int, int]:
    """Behind a size (RFC 8794, 4), and the size; 0 for one that is not known."""
    if at >= len(data) or not data[at]:
        return len(data), 0
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)
    return at + width, 0 if value == (1 << 7 * width) - 1 else value
