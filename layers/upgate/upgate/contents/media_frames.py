"""Formats whose first bytes prove too little: a header is believed only when its fields agree."""

from __future__ import annotations

from typing import Final

_DIB_HEADER_BYTES: Final = frozenset((12, 40, 52, 56, 64, 108, 124))
_BITRATES_V1: Final = (
    (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),  # layer I
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),  # layer II
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # layer III
)
_BITRATES_V2: Final = (
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_SAMPLE_RATES: Final = (44100, 48000, 32000)
_PACKET_BYTES: Final = 188


def is_bmp(data: bytes) -> bool:
    """BM, and a DIB header of a size that exists, before the pixels."""
    if not data.startswith(b"BM") or len(data) < 26:
        return False
    pixels_at, header_bytes = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    return header_bytes in _DIB_HEADER_BYTES and pixels_at >= 14 + header_bytes


def is_mpeg_audio(data: bytes) -> bool:
    """MPEG audio without an ID3 tag: a frame, and where it ends the next one."""
    length, _ = mpeg_frame(data)
    return length > 0 and (mpeg_frame(data[length:])[0] > 0 or len(data) == length)


def mpeg_frame(data: bytes) -> tuple[int, float]:
    """Bytes and seconds of the frame at the start of `data` (ISO/IEC 11172-3, 2.4.1.3).

    (0, 0.0) if there is none.
    """
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return 0, 0.0
    version, layer_code = data[1] >> 3 & 3, data[1] >> 1 & 3
    bitrate_index, rate_index, padding = data[2] >> 4, data[2] >> 2 & 3, data[2] >> 1 & 1
    if version == 1 or layer_code == 0 or bitrate_index in (0, 15) or rate_index == 3:
        return 0, 0.0
    layer = 3 - layer_code
    bitrate = (_BITRATES_V1 if version == 3 else _BITRATES_V2)[layer][bitrate_index] * 1000
    sample_rate = _SAMPLE_RATES[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    if layer == 0:
        return (12 * bitrate // sample_rate + padding) * 4, 384 / sample_rate
    samples_per_byte = 72 if layer == 2 and version != 3 else 144
    return samples_per_byte * bitrate // sample_rate + padding, samples_per_byte * 8 / sample_rate


def is_adts(data: bytes) -> bool:
    """AAC with ADTS headers: a frame, and where it ends the next one (ISO/IEC 13818-7, 6.2)."""
    length = adts_frame_bytes(data)
    return length > 7 and (adts_frame_bytes(data[length:]) > 7 or len(data) == length)


def adts_frame_bytes(data: bytes) -> int:
    """Length of the frame at the start of `data`, its header included; 0 if there is none."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0 or data[2] >> 2 & 15 > 12:
        return 0
    return (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5


def is_transport_stream(data: bytes) -> bool:
    """MPEG-2 transport stream: the sync byte of three packets, with or without a time code each."""
    if min(data[: 3 * _PACKET_BYTES], default=0xFF) > 8:
        return False  # the sync byte is a "G": this may as well be text
    for packet_bytes, start in ((_PACKET_BYTES, 0), (_PACKET_BYTES + 4, 4)):
        if data[start::packet_bytes][:3] == b"GGG":
            return True
    return False
