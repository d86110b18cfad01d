"""Limits of media processing, each with a typed refusal: every source is hostile input."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one command may read, make and spend; an operator may replace any of them."""

    source_bytes: int = 4096 * MIB  # aws.md 8: above 4 GB a transcode belongs elsewhere
    output_bytes: int = 4096 * MIB  # all files of one result together
    remote_bytes: int = 20 * MIB  # a watermark picture or subtitles, fetched by URL

    # Of audio and video.
    streams: int = 64  # in one source
    duration_seconds: float = 12 * 3600.0
    video_pixels: int = 8192 * 4320  # one frame of the source
    output_side_pixels: int = 4096  # of a transcoded frame
    output_frame_rate: float = 120.0
    segments: int = 4000  # of one HLS playlist
    tool_memory_bytes: int = 6144 * MIB  # address space of one ffmpeg process
    tool_threads: int = 0  # 0: as many as ffmpeg finds fit
    picture_seconds: float = 30.0  # one frame: reading and seeking, whatever is left

    # Of pictures: Kodo's own figures for synchronous work where it has one (peers.md 2.3).
    image_source_bytes: int = 20 * MIB
    image_side_pixels: int = 30_000
    image_pixels: int = 150_000_000
    # What is decoded at once, 4 bytes each and two copies for a moment: to be raised together with
    # the function's memory. A JPEG of 150 MP that is shrunk is decoded at an eighth of its sides.
    image_decode_pixels: int = 50_000_000
    image_frames: int = 200
    image_animation_pixels: int = 150_000_000  # of all frames together
    image_scans: int = 100  # of a progressive JPEG; encoders write about 10
    image_steps: int = 16  # operations in one command
    image_output_side_pixels: int = 9_999
    image_output_pixels: int = 25_000_000
    image_avif_pixels: int = 7_680_000  # of an AVIF result: its encoder is slow
    image_icc_bytes: int = 4 * MIB  # a longer profile is passed over
    image_exif_bytes: int = 64_000  # what a JPEG segment holds; longer EXIF is left out
    watermarks: int = 10  # in one command
    watermark_pixels: int = 25_000_000  # of a watermark picture, and of a drawn text
    watermark_text_characters: int = 200


DEFAULT_LIMITS = MediaLimits()
