"""From options and facts to ffmpeg's arguments: pure, nothing runs here."""

from __future__ import annotations

from upgate_media.av_codecs import CHANNELS, held_bit_rate, nearest_sample_rate
from upgate_media.avthumb_options import AudioOptions, AvthumbOptions, VideoOptions
from upgate_media.avthumb_watermark import Overlay
from upgate_media.film_colour import bt709_steps
from upgate_media.probe import AudioFacts, MediaFacts, VideoFacts

# What each encoder needs besides rate and size. x264 as it comes is `medium`, which is its best
# bargain; libvpx as it comes takes ten times as long for a picture that nobody can tell apart.
_ENCODER_ARGS = {
    "libvpx": ("-deadline", "good", "-cpu-used", "4"),
    "libvpx-vp9": ("-deadline", "good", "-cpu-used", "4", "-row-mt", "1"),
}
_QUALITY_ARGS = {
    "libx264": ("-crf", "23"),
    "libvpx": ("-crf", "10"),
    "libvpx-vp9": ("-crf", "32"),
    "libtheora": ("-q:v", "6"),
    "libxvid": ("-q:v", "4"),
    "flv": ("-q:v", "4"),
}
_CAPPED = ("libx264", "libvpx", "libvpx-vp9")  # take a quality and a highest rate together
_PIXELS_PER_BIT = 4  # a guess at a rate, for a source that does not tell its own
_LEAST_RATES = {"libvorbis": 48_000, "libopus": 16_000, "libmp3lame": 8_000, "aac": 16_000}
_TURNS = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
_AAC_QUALITY = 100  # libfaac's scale, on which 100 is 100 %; ffmpeg's own encoder has 1
_AAC_QUALITIES = (0.1, 2.0)


def output_size(video: VideoOptions, facts: VideoFacts) -> tuple[int, int]:
    """Width and height of the result: turned, then scaled, then made even for 4:2:0."""
    width, height = facts.width, facts.height
    if video.rotate in (90, 270):
        width, height = height, width
    if video.size is not None:
        box_width, box_height = video.size
        if video.fits:
            scale = min(box_width / width, box_height / height)
            width, height = round(width * scale), round(height * scale)
        else:
            width, height = box_width, box_height
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def cut_arguments(options: AvthumbOptions) -> list[str]:
    """What stands before the source: where to begin (ffmpeg seeks, then decodes to the frame)."""
    return ["-ss", f"{options.start_seconds:.6f}"] if options.start_seconds else []


def output_arguments(
    options: AvthumbOptions, facts: MediaFacts, overlays: tuple[Overlay, ...], subtitle_input: int
) -> list[str]:
    """All arguments of the output but its container's; the source is input 0, overlays follow.

    `subtitle_input` is the number of the input that has the subtitles.
    """
    arguments: list[str] = []
    if options.video is not None and facts.video is not None:
        arguments += _video_arguments(options.video, facts.video, overlays)
    if options.audio is not None and facts.audio is not None:
        arguments += _audio_arguments(options, options.audio, facts.audio)
    if options.subtitles is not None and (subtitle_input or facts.has_subtitles):
        arguments += ["-map", f"{subtitle_input}:s:0", "-c:s", options.subtitles.encoder]
    if options.duration_seconds is not None:
        arguments += ["-t", f"{options.duration_seconds:.6f}"]
    if options.strips_metadata:
        arguments += ["-map_metadata", "-1", "-map_chapters", "-1"]
    return arguments


def _video_arguments(
    video: VideoOptions, facts: VideoFacts, overlays: tuple[Overlay, ...]
) -> list[str]:
    size = output_size(video, facts)
    arguments = ["-filter_complex", _filters(video, facts, size, overlays), "-map", "[v]"]
    arguments += ["-c:v", video.encoder, *_ENCODER_ARGS.get(video.encoder, ())]
    arguments += _video_rate(video, facts, size)
    arguments += ["-pix_fmt", "yuv420p"]
    if video.frame_rate is not None:
        arguments += ["-r", f"{video.frame_rate:g}"]
    if video.aspect is not None:
        arguments += ["-aspect", "{}:{}".format(*video.aspect)]
    return arguments


def _filters(
    video: VideoOptions, facts: VideoFacts, size: tuple[int, int], overlays: tuple[Overlay, ...]
) -> str:
    steps = [_TURNS[video.rotate]] if video.rotate else []
    turned = (
        (facts.height, facts.width) if video.rotate in (90, 270) else (facts.width, facts.height)
    )
    if size != turned:
        steps.append("scale={}:{}".format(*size))
    steps += bt709_steps(facts.colours, *size, as_rgb=False)
    if video.size is not None:
        steps.append("setsar=1")
    chain = f"[0:{facts.index}]" + (",".join(steps) or "null")
    for number, overlay in enumerate(overlays, start=1):
        chain += f"[v{number}];[v{number}][{number}:v]overlay=x={overlay.x}:y={overlay.y}"
    return chain + "[v]"


def _video_rate(video: VideoOptions, facts: VideoFacts, size: tuple[int, int]) -> list[str]:
    """The rate asked for, but never above the source's; a quality where none is asked for."""
    if video.bit_rate is not None:
        return ["-b:v", str(min(video.bit_rate, facts.bit_rate or video.bit_rate))]
    arguments = list(_QUALITY_ARGS[video.encoder])
    ceiling = facts.bit_rate
    if video.encoder.startswith("libvpx"):
        # Without a rate libvpx takes 256k for every size.
        guess = round(size[0] * size[1] * facts.frame_rate / _PIXELS_PER_BIT)
        return [*arguments, "-b:v", str(min(ceiling or guess, guess))]
    if ceiling is not None and video.encoder in _CAPPED:
        arguments += ["-maxrate", str(ceiling), "-bufsize", str(2 * ceiling)]
    return arguments


def _audio_arguments(options: AvthumbOptions, audio: AudioOptions, facts: AudioFacts) -> list[str]:
    arguments = ["-map", f"0:{facts.index}", "-c:a", audio.encoder]
    sample_rate = _sample_rate(options, audio, facts)
    channels = min(audio.channels or facts.channels, CHANNELS.get(audio.encoder, 8))
    if audio.quality is not None and audio.encoder == "aac":
        low, high = _AAC_QUALITIES
        arguments += ["-q:a", f"{min(high, max(low, audio.quality / _AAC_QUALITY)):g}"]
    elif audio.quality is not None:
        arguments += ["-q:a", str(audio.quality)]
    elif audio.bit_rate is not None and audio.encoder not in ("flac", "pcm_s16le"):
        bit_rate = _audio_rate(audio, audio.bit_rate, facts)
        held = held_bit_rate(audio.encoder, bit_rate, sample_rate or facts.sample_rate, channels)
        arguments += ["-b:a", str(held)]
    if sample_rate is not None:
        arguments += ["-ar", str(sample_rate)]
    if channels != facts.channels:
        arguments += ["-ac", str(channels)]
    if options.container.name == "mp3" and not audio.write_xing:
        arguments += ["-write_xing", "0"]
    return arguments


def _sample_rate(options: AvthumbOptions, audio: AudioOptions, facts: AudioFacts) -> int | None:
    """In Hz, one that the encoder takes; None where the source's own is left to it."""
    rate = audio.sample_rate
    if rate is not None and not options.asks_sample_rate:
        rate = min(rate, facts.sample_rate)
    if options.container.name == "flv" and audio.encoder == "libmp3lame":
        rate = min((11_025, 22_050, 44_100), key=lambda known: abs(known - (rate or 44_100)))
    if rate is None and audio.encoder == "libvorbis":
        rate = facts.sample_rate  # ffmpeg does not know what libvorbis takes
    return nearest_sample_rate(audio.encoder, rate) if rate is not None else None


def _audio_rate(audio: AudioOptions, asked: int, facts: AudioFacts) -> int:
    """Never above the source's (protocol.md 9.5), and not so low that no encoder takes it."""
    least = min(asked, _LEAST_RATES.get(audio.encoder, asked))
    return max(least, min(asked, facts.bit_rate or asked))
