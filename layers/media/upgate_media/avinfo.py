"""`avinfo` as ffprobe prints it, and the shorter $(avinfo) (protocol.md 6.2 and 9.6).

As ffprobe has it, numbers that are measured (durations, rates, counts) are texts, and only what
counts or indexes a part of the structure is a number.
"""

from __future__ import annotations

import string
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from upgate_media.media_limits import MediaLimits
from upgate_media.probe import (
    CLOSE_SECONDS,
    RECORDED,
    clockwise_degrees,
    counted,
    display_matrix,
    is_cover,
    is_mirrored,
    opened,
    probe,
)

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.rational import AVRational
    from av.stream import Stream
    from av.video.stream import VideoStream

type Json = str | int | dict[str, Json] | list[Json]

_MICROSECONDS = 1_000_000
_TAG_LETTERS = string.ascii_letters + string.digits + "._- "  # others as their numbers
_TAGS, _TAG_CHARACTERS = 64, 1024
# The fields of the magic variable, from the documented sample.
_COMMON = frozenset({"nb_frames", "r_frame_rate", "side_data_list"}) | {
    "bit_rate",
    "codec_name",
    "codec_type",
    "duration",
    "index",
    "start_time",
    "tags",
}
_AUDIO = _COMMON | {"channels", "sample_fmt", "sample_rate"}
_SHAPE = {"display_aspect_ratio", "height", "pix_fmt", "sample_aspect_ratio", "width"}
_VIDEO = _COMMON | _SHAPE
_FORMAT = frozenset({"format_long_name", "format_name", "nb_streams"}) | {
    "bit_rate",
    "duration",
    "size",
    "start_time",
    "tags",
}


def read_avinfo(source: Path | BinaryIO, size_bytes: int, limits: MediaLimits) -> dict[str, Json]:
    """The answer to `?avinfo`: {"streams": [...], "format": {...}} in ffprobe's field names.

    `size_bytes` is the whole file's, of which `source` may be only a beginning.

    Raises:
        UnprocessableSourceError, SourceTooLargeError: as `probe`.
    """
    probe(source, limits)
    _rewind(source)
    with opened(source) as container:
        streams = [_stream(stream) for stream in container.streams]
        form, started = _format(container, size_bytes), container.start_time or 0
    _tell_counted(source, started / _MICROSECONDS, form, streams)
    return {"streams": list[Json](streams), "format": form}


def avinfo_variable(
    source: Path | BinaryIO, size_bytes: int, limits: MediaLimits
) -> dict[str, Json]:
    """The value of $(avinfo): {"audio": {...}, "video": {...}, "format": {...}}, keys sorted.

    The first stream of each kind; a kind that the file does not have is an empty object.

    Raises:
        UnprocessableSourceError, SourceTooLargeError: as `probe`.
    """
    probe(source, limits)
    _rewind(source)
    with opened(source) as container:
        audio = next(iter(container.streams.audio), None)
        video = next((s for s in container.streams.video if not is_cover(s)), None)
        sound = _stream(audio) if audio is not None else {}
        film = _stream(video) if video is not None else {}
        form, started = _format(container, size_bytes), container.start_time or 0
    _tell_counted(source, started / _MICROSECONDS, form, [part for part in (sound, film) if part])
    return {
        "audio": _chosen(sound, _AUDIO),
        "format": _chosen(form, _FORMAT),
        "video": _chosen(film, _VIDEO),
    }


def _tell_counted(
    source: Path | BinaryIO,
    started: float,
    form: dict[str, Json],
    streams: list[dict[str, Json]],
) -> None:
    """Put the length that was counted where ffmpeg's is a guess, and the rate that follows."""
    demuxer = str(form["format_name"]).partition(",")[0]
    seconds = counted(source, demuxer, started)
    if not seconds:
        return
    size = int(str(form["size"]))
    told = float(str(form.get("duration", 0)))
    if abs(told - seconds) < CLOSE_SECONDS and demuxer in RECORDED:
        return
    form |= {"duration": f"{seconds:.6f}", "bit_rate": str(round(size * 8 / seconds))}
    for fields in streams:
        fields["duration"] = f"{seconds:.6f}"
        numerator, _, denominator = str(fields.get("time_base", "0/1")).partition("/")
        if int(numerator):
            fields["duration_ts"] = round(seconds * int(denominator) / int(numerator))
        if len(streams) == 1 and demuxer not in RECORDED:
            fields["bit_rate"] = str(form["bit_rate"])


def _rewind(source: Path | BinaryIO) -> None:
    if not isinstance(source, Path):
        source.seek(0)


def _chosen(fields: dict[str, Json], names: frozenset[str]) -> dict[str, Json]:
    return {name: fields[name] for name in sorted(names & fields.keys())}


def _stream(stream: Stream) -> dict[str, Json]:
    fields: dict[str, Json] = {"index": stream.index}
    context = stream.codec_context
    if context is not None:
        fields["codec_name"] = context.codec.canonical_name
        fields["codec_long_name"] = context.codec.long_name
        if stream.profile:
            fields["profile"] = stream.profile
    fields["codec_type"] = stream.type
    if context is not None:
        fields |= _tag(context)
    if stream.type == "video" and context is not None:
        fields |= _video(stream)  # type: ignore[arg-type]
    elif stream.type == "audio" and context is not None:
        fields |= _audio(stream)  # type: ignore[arg-type]
    else:
        fields |= {"r_frame_rate": "0/0", "avg_frame_rate": "0/0"}
    return fields | _times(stream)


def _tag(context: CodecContext) -> dict[str, Json]:
    try:
        code = context.codec_tag.encode("ascii")
    except UnicodeDecodeError:  # PyAV reads the four bytes as ASCII; AAC in AVI has 0xff
        return {}
    printed = "".join(chr(byte) if chr(byte) in _TAG_LETTERS else f"[{byte}]" for byte in code)
    return {"codec_tag_string": printed, "codec_tag": f"0x{int.from_bytes(code, 'little'):04x}"}


def _video(stream: VideoStream) -> dict[str, Json]:
    context = stream.codec_context
    fields: dict[str, Json] = {"width": stream.width, "height": stream.height}
    fields["has_b_frames"] = int(context.has_b_frames)
    shape = stream.sample_aspect_ratio
    if shape and stream.height:
        fields["sample_aspect_ratio"] = _ratio(shape, ":")
        fields["display_aspect_ratio"] = _display_ratio(shape, stream.width, stream.height)
    if context.pix_fmt:
        fields["pix_fmt"] = context.pix_fmt
    fields["level"] = context.level
    fields["r_frame_rate"] = _ratio(stream.base_rate, "/")
    fields["avg_frame_rate"] = _ratio(stream.average_rate, "/")
    return fields


def _display_ratio(shape: AVRational, width: int, height: int) -> str:
    if not width or not height:
        return "0:0"
    return _ratio(Fraction(shape.numerator * width, shape.denominator * height), ":")


def _audio(stream: AudioStream) -> dict[str, Json]:
    context = stream.codec_context
    fields: dict[str, Json] = {}
    if context.format is not None:
        fields["sample_fmt"] = context.format.name
    fields["sample_rate"] = str(context.sample_rate)
    fields["channels"] = context.channels
    if not context.layout.name.endswith("channels"):  # a count is not a layout
        fields["channel_layout"] = context.layout.name
    fields["r_frame_rate"] = fields["avg_frame_rate"] = "0/0"
    return fields


def _times(stream: Stream) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    base = stream.time_base
    if base:
        fields["time_base"] = _ratio(base, "/")
        for name, ticks in (("start", stream.start_time), ("duration", stream.duration)):
            if ticks is not None:
                fields["start_pts" if name == "start" else "duration_ts"] = ticks
                seconds = float(ticks * base)
                fields["start_time" if name == "start" else name] = f"{seconds:.6f}"
    rate = getattr(stream, "bit_rate", None)
    if rate:
        fields["bit_rate"] = str(rate)
    if stream.frames:
        fields["nb_frames"] = str(stream.frames)
    names = (stream.disposition.name or "").split("|")
    fields["disposition"] = {
        flag.name or "": int(flag.name in names) for flag in type(stream.disposition)
    }
    tags = _tags(stream.metadata)
    matrix = display_matrix(stream) if stream.type == "video" else None  # type: ignore[arg-type]
    if matrix is not None:
        fields["side_data_list"] = [_display_matrix(matrix)]
        turn = clockwise_degrees(matrix)
        if turn in (90, 180, 270) and not is_mirrored(matrix):
            tags.setdefault("rotate", str(turn))  # as ffprobe had it until 2021, and clients do
    if tags:
        fields["tags"] = tags
    return fields


def _display_matrix(matrix: tuple[int, ...]) -> Json:
    """Rows of the matrix as ffprobe dumps them, and how far it turns anticlockwise, -180 to 179."""
    rows = (matrix[row : row + 3] for row in range(0, len(matrix), 3))
    dump = "".join(
        f"{row:08x}: " + "".join(f" {value:11d}" for value in values) + "\n"
        for row, values in enumerate(rows)
    )
    turn = clockwise_degrees(matrix)
    return {
        "side_data_type": "Display Matrix",
        "displaymatrix": "\n" + dump,
        "rotation": -turn if turn <= 180 else 360 - turn,
    }


def _format(container: InputContainer, size_bytes: int) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "nb_streams": len(container.streams),
        "format_name": container.format.name,
        "format_long_name": container.format.long_name,
    }
    if container.start_time is not None:
        fields["start_time"] = f"{container.start_time / _MICROSECONDS:.6f}"
    if container.duration:
        fields["duration"] = f"{container.duration / _MICROSECONDS:.6f}"
    fields["size"] = str(size_bytes)
    if container.duration:
        fields["bit_rate"] = str(size_bytes * 8 * _MICROSECONDS // container.duration)
    tags = _tags(container.metadata)
    if tags:
        fields["tags"] = tags
    return fields


def _tags(metadata: dict[str, str]) -> dict[str, Json]:
    return {
        _unicode(name)[:_TAG_CHARACTERS]: _unicode(value)[:_TAG_CHARACTERS]
        for name, value in list(metadata.items())[:_TAGS]
    }


def _unicode(text: str) -> str:
    """Bytes that are no UTF-8, which PyAV hands over as halves of surrogate pairs, replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _ratio(value: object, separator: str) -> str:
    if not value:
        return f"0{separator}{0 if separator == '/' else 1}"
    return f"{value.numerator}{separator}{value.denominator}"  # type: ignore[attr-defined]
