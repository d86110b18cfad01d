"""`avthumb`: audio and video into another format (protocol.md 9.5)."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from upgate.errors import (
    BadFopError,
    OutputTooLargeError,
    RemoteFileError,
    SourceTooLargeError,
    UnprocessableSourceError,
)
from upgate.fops.fop import Fop
from upgate_media.avthumb_command import cut_arguments, output_arguments, output_size
from upgate_media.avthumb_hls import collect_hls, hls_arguments, playlist_path
from upgate_media.avthumb_options import AvthumbOptions, SubtitleOptions, parse_avthumb
from upgate_media.avthumb_watermark import prepare_overlays
from upgate_media.estimate import estimate_seconds, refuse_too_slow
from upgate_media.ffmpeg import own_input, source_input
from upgate_media.ffmpeg_process import Progress, run_ffmpeg
from upgate_media.ffmpeg_program import executable
from upgate_media.probe import AudioFacts, MediaFacts, VideoFacts, probe
from upgate_media.run_types import MediaSettings, Output, Source

_UTF8_BOM = b"\xef\xbb\xbf"
# Formats whose headers tell the length exactly, so that a shorter result means a cut-off source.
_EXACT_FORMATS = ("mov", "matroska")
_MISSING_SECONDS, _MISSING_SHARE = 0.5, 0.1


def run_avthumb(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Transcode the source into the workspace.

    Raises:
        BadFopError: a parameter is wrong, or asks for what the source or the encoder cannot give.
        UnprocessableSourceError: not audio or video, damaged, cut off, or without what is wanted.
        SourceTooLargeError, OutputTooLargeError: beyond a limit.
        TooSlowError: would not, or did not, end in settings.seconds_left.
    """
    started = time.monotonic()
    options = parse_avthumb(fop, settings.limits)
    if source.size_bytes > settings.limits.source_bytes:
        raise SourceTooLargeError(f"the source has more than {settings.limits.source_bytes} bytes")
    facts = probe(source.path, settings.limits)
    options = _fitted(options, facts, settings.limits.segments)
    pixels = 0
    if options.video is not None and facts.video is not None:
        width, height = output_size(options.video, facts.video)
        pixels = width * height
    refuse_too_slow(estimate_seconds(options, facts, pixels), settings.seconds_left)
    inputs, output = _command(options, facts, source, workspace, settings)
    left = settings.seconds_left - (time.monotonic() - started)
    progress = run_ffmpeg(executable(), [*inputs, *output], workspace, left, settings.limits)
    _check_whole(options, facts, progress)
    if options.hls is not None:
        return collect_hls(options.hls, workspace, settings.limits.segments)
    return Output(_output_path(options, workspace), options.container.mime_type)


def _fitted(options: AvthumbOptions, facts: MediaFacts, segments: int) -> AvthumbOptions:
    """The options without what the source does not have; something must remain."""
    audio = options.audio if facts.audio is not None else None
    video = options.video if facts.video is not None else None
    if audio is None and video is None:
        wanted = "audio" if options.video is None else "video"
        raise UnprocessableSourceError(f"the source has no {wanted}")
    if facts.duration_seconds is not None and options.start_seconds >= facts.duration_seconds:
        raise BadFopError(
            f"avthumb: ss is past the end of the source ({facts.duration_seconds:.3f} s)"
        )
    if options.hls and (facts.duration_seconds or 0) > segments * options.hls.segment_seconds:
        raise OutputTooLargeError(f"avthumb: more than {segments} segments; use a longer segtime")
    return replace(options, audio=audio, video=video)


def _command(
    options: AvthumbOptions,
    facts: MediaFacts,
    source: Source,
    workspace: Path,
    settings: MediaSettings,
) -> tuple[list[str], list[str]]:
    """The inputs and the output of the command line; fetches what the inputs need."""
    inputs = [*cut_arguments(options), *source_input(source.path, facts.demuxer, settings.limits)]
    overlays = prepare_overlays(options.watermark, workspace, settings) if options.video else ()
    for overlay in overlays:
        inputs += own_input(overlay.path, "png_pipe")
    subtitle_input = 0
    if options.video and options.subtitles and options.subtitles.url:
        inputs += [*cut_arguments(options), *_subtitles(options.subtitles, workspace, settings)]
        subtitle_input = 1 + len(overlays)
    output = output_arguments(options, facts, overlays, subtitle_input)
    if settings.limits.tool_threads:
        output += ["-threads", str(settings.limits.tool_threads)]
    if options.hls is not None:
        if options.video is not None:
            every = options.hls.segment_seconds
            output += ["-force_key_frames", f"expr:gte(t,n_forced*{every})"]
        output += hls_arguments(options.hls, workspace)
    output += [*options.container.muxer_args, "-f", options.container.muxer]
    return inputs, [*output, f"file:{_output_path(options, workspace)}"]


def _subtitles(subtitles: SubtitleOptions, workspace: Path, settings: MediaSettings) -> list[str]:
    data = settings.fetch(subtitles.url or "")
    if len(data) > settings.limits.remote_bytes:
        raise RemoteFileError
    text = data.removeprefix(_UTF8_BOM).lstrip()
    kind = "srt"
    if text.startswith(b"WEBVTT"):
        kind = "webvtt"
    elif text.startswith(b"[Script Info]"):
        kind = "ass"
    elif b"-->" not in text:
        raise RemoteFileError
    path = workspace / "subtitles"
    path.write_bytes(text)
    return own_input(path, kind)


def _output_path(options: AvthumbOptions, workspace: Path) -> Path:
    if options.hls is not None:
        return playlist_path(workspace.resolve())
    return workspace.resolve() / f"output.{options.container.name}"


def _check_whole(options: AvthumbOptions, facts: MediaFacts, progress: Progress) -> None:
    """ffmpeg ends well where the bytes end, and goes on after what it cannot decode.

    Raises:
        UnprocessableSourceError: much of the source is missing from the result.
    """
    streams: list[AudioFacts | VideoFacts] = []
    if facts.audio is not None and options.audio is not None:
        streams.append(facts.audio)
    if facts.video is not None and options.video is not None:
        streams.append(facts.video)
    frames = sum(stream.frames for stream in streams)
    if frames and progress.decoding_errors > frames * _MISSING_SHARE:
        raise UnprocessableSourceError(
            f"the source is damaged: {progress.decoding_errors} of {frames} frames are unreadable"
        )
    expected = _expected_seconds(options, facts, streams)
    written = progress.written_seconds or 0.0
    if expected - written > max(_MISSING_SECONDS, expected * _MISSING_SHARE):
        raise UnprocessableSourceError(
            f"the source is cut off or damaged: {written:.1f} of {expected:.1f} s could be read"
        )


def _expected_seconds(
    options: AvthumbOptions, facts: MediaFacts, streams: list[AudioFacts | VideoFacts]
) -> float:
    """How long the result should be; 0 where the source's headers do not tell exactly."""
    if facts.demuxer not in _EXACT_FORMATS:
        return 0.0
    seconds = max(stream.duration_seconds or 0.0 for stream in streams)
    is_all = len(streams) == sum(stream is not None for stream in (facts.audio, facts.video))
    if not seconds and is_all and not facts.has_subtitles:
        seconds = facts.duration_seconds or 0.0  # Matroska gives one length, that of the longest
    seconds -= options.start_seconds
    return seconds if options.duration_seconds is None else min(seconds, options.duration_seconds)
