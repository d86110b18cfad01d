from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.av_samples import ffmpeg, sample, settings, source, transcode
from upgate import encoding
from upgate.errors import (
    BadFopError,
    FopError,
    OutputTooLargeError,
    RemoteFileError,
    SourceTooLargeError,
    TooSlowError,
    UnprocessableSourceError,
)
from upgate.fops.fop import parse_pipe
from upgate_media.avthumb import run_avthumb
from upgate_media.avthumb_hls import rewrite_playlist
from upgate_media.media_limits import MediaLimits

KEY = b"examplekey123456"
SRT = b"1\n00:00:00,000 --> 00:00:01,500\nhello\n\n"


def b64(text: str) -> str:
    return encoding.encode(text.encode())


def test_the_seeds_first_command_makes_32k_at_44100(tmp_path: Path) -> None:
    output, facts = transcode("avthumb/mp3/ar/44100/ab/32k", sample("tone.aac"), tmp_path)
    assert facts.audio is not None
    assert facts.format_name == "mp3"
    assert (facts.audio.codec.removesuffix("float"), facts.audio.sample_rate) == ("mp3", 44100)
    assert facts.audio.bit_rate == 32_000
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.15)
    assert output.mime_type == "audio/mpeg"


def test_the_seeds_second_command_makes_a_variable_rate_at_16000(tmp_path: Path) -> None:
    _, facts = transcode("avthumb/mp3/aq/6/ar/16000", sample("tone.aac"), tmp_path)
    assert facts.audio is not None
    assert facts.audio.sample_rate == 16000
    assert facts.audio.bit_rate not in (None, 32_000, 64_000, 128_000)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.15)


def test_a_bit_rate_above_the_sources_becomes_the_sources(tmp_path: Path) -> None:
    _, facts = transcode("avthumb/mp3/ab/320k", sample("tone.aac"), tmp_path)
    assert facts.audio is not None
    assert facts.audio.bit_rate is not None
    assert facts.audio.bit_rate <= 80_000


@pytest.mark.parametrize(
    ("text", "codec", "mime_type"),
    [
        ("mp3", "mp3float", "audio/mpeg"),
        ("aac", "aac", "audio/aac"),
        ("m4a/acodec/libfaac", "aac", "audio/mp4"),
        ("ogg", "vorbis", "audio/ogg"),
        ("opus", "opus", "audio/ogg"),
        ("flac", "flac", "audio/flac"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("amr", "amrnb", "audio/amr"),
    ],
)
def test_every_audio_format_is_made(text: str, codec: str, mime_type: str, tmp_path: Path) -> None:
    output, facts = transcode(f"avthumb/{text}", sample("tone.wav"), tmp_path)
    assert facts.audio is not None
    assert (facts.audio.codec, output.mime_type) == (codec, mime_type)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("text", "video", "audio"),
    [
        ("mp4", "h264", "aac"),
        ("mp4/vcodec/libvpx-vp9", "vp9", "aac"),
        ("mov", "h264", "aac"),
        ("mkv", "h264", "aac"),
        ("flv", "h264", "aac"),
        ("flash", "flv", "mp3float"),
        ("webm", "vp8", "vorbis"),
        ("avi", "mpeg4", "mp3float"),
        ("ogv", "theora", "vorbis"),
    ],
)
def test_every_video_format_is_made(text: str, video: str, audio: str, tmp_path: Path) -> None:
    _, facts = transcode(f"avthumb/{text}", sample("clip.mp4"), tmp_path)
    assert facts.video is not None
    assert facts.audio is not None
    assert (facts.video.codec, facts.audio.codec) == (video, audio)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.2)


def test_a_transport_stream_is_read(tmp_path: Path) -> None:
    # The program's own iconv crashed on these; see ffmpeg_process.
    _, facts = transcode("avthumb/mp4", sample("clip.ts"), tmp_path)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.2)


def test_a_cut_begins_and_ends_where_it_is_asked(tmp_path: Path) -> None:
    _, facts = transcode("avthumb/mp4/ss/0.5/t/1", sample("clip.mp4"), tmp_path)
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.06)


def test_autoscale_keeps_the_shape_after_turning(tmp_path: Path) -> None:
    text = "avthumb/mp4/rotate/90/s/100x200/autoscale/1/an/1"
    _, facts = transcode(text, sample("clip.mp4"), tmp_path)
    assert facts.video is not None
    assert (facts.video.width, facts.video.height) == (100, 132)
    assert facts.audio is None


def test_a_frame_rate_is_kept(tmp_path: Path) -> None:
    _, facts = transcode("avthumb/mp4/r/10/vn/0", sample("clip.mp4"), tmp_path)
    assert facts.video is not None
    assert facts.video.frame_rate == 10.0


def test_a_sample_rate_that_mp3_does_not_have_becomes_the_nearest(tmp_path: Path) -> None:
    # 12050 is in Kodo's own documents.
    _, facts = transcode("avthumb/mp3/ar/12050", sample("tone.wav"), tmp_path)
    assert facts.audio is not None
    assert facts.audio.sample_rate == 12000


def test_a_watermark_is_laid_where_it_is_asked(tmp_path: Path) -> None:
    logo = io.BytesIO()
    Image.new("RGB", (20, 20), (255, 0, 255)).save(logo, "PNG")
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return logo.getvalue()

    image = b64("https://h.example/logo.png")
    text = f"avthumb/mp4/wmImage/{image}/wmGravity/SouthWest/wmOffsetX/20/wmOffsetY/-20/an/1"
    output, _ = transcode(text, sample("clip.mp4"), tmp_path, settings(fetch))
    frame = tmp_path / "frame.png"
    ffmpeg("-i", str(output.path), "-frames:v", "1", str(frame))
    with Image.open(frame) as picture:
        pixels = picture.convert("RGB").crop((25, 205, 35, 215)).tobytes()
    assert asked == ["https://h.example/logo.png"]
    assert min(pixels[0::3]) > 200
    assert max(pixels[1::3]) < 60
    assert min(pixels[2::3]) > 200


def test_a_text_is_drawn(tmp_path: Path) -> None:
    text = f"avthumb/mp4/an/1/wmText/{b64('HELLO')}/wmFontColor/{b64('#00ff00')}/wmFontSize/600"
    transcode(text, sample("clip.mp4"), tmp_path)
    with Image.open(tmp_path / "watermark-text.png") as picture:
        assert picture.height >= 18
        opacity = picture.getchannel("A")
        assert opacity.getextrema() == (0, 255)


def test_a_text_without_its_letters_in_any_font_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFopError, match="no font"):
        transcode(f"avthumb/mp4/wmText/{b64(chr(0x2A6D6))}", sample("clip.mp4"), tmp_path)


def test_what_is_no_picture_is_no_watermark(tmp_path: Path) -> None:
    text = f"avthumb/mp4/wmImage/{b64('http://h.example/x')}"
    with pytest.raises(RemoteFileError):
        transcode(text, sample("clip.mp4"), tmp_path, settings(lambda _: b"<html>"))


def test_subtitles_are_put_into_the_file(tmp_path: Path) -> None:
    text = f"avthumb/mp4/subtitle/{b64('http://h.example/a.srt')}"
    _, facts = transcode(text, sample("clip.mp4"), tmp_path, settings(lambda _: SRT))
    assert facts.has_subtitles


def test_what_is_no_subtitle_file_is_refused(tmp_path: Path) -> None:
    text = f"avthumb/mp4/subtitle/{b64('http://h.example/a.srt')}"
    with pytest.raises(RemoteFileError):
        transcode(text, sample("clip.mp4"), tmp_path, settings(lambda _: b"#EXTM3U\n/etc/passwd"))


def run(text: str, path: Path, workspace: Path) -> None:
    run_avthumb(parse_pipe(text).commands[0], source(path), workspace, settings())


def test_hls_plays_back_whole(tmp_path: Path) -> None:
    fop = parse_pipe(f"avthumb/m3u8/segtime/5/pattern/{b64('part-$(count).ts')}").commands[0]
    output = run_avthumb(fop, source(sample("long.mp4")), tmp_path, settings())
    played = tmp_path / "played"
    played.mkdir()
    for file in output.extra:
        shutil.copy(file.path, played / file.name)
    shutil.copy(output.path, played / "list.m3u8")
    ffmpeg("-i", str(played / "list.m3u8"), "-c", "copy", str(played / "back.mp4"))
    _, facts = transcode("avthumb/mp4", played / "back.mp4", tmp_path)
    assert [file.name for file in output.extra] == [f"part-00000{i}.ts" for i in range(3)]
    assert facts.duration_seconds == pytest.approx(12.0, abs=0.3)


def test_an_encrypted_hls_plays_back_with_its_key_only(tmp_path: Path) -> None:
    key, url = encoding.encode(KEY), b64("http://h.example/k")
    fop = parse_pipe(f"avthumb/m3u8/hlsKey/{key}/hlsKeyUrl/{url}").commands[0]
    output = run_avthumb(fop, source(sample("clip.mp4")), tmp_path, settings())
    playlist = output.path.read_text()
    assert 'METHOD=AES-128,URI="http://h.example/k"' in playlist
    (tmp_path / "k").write_bytes(KEY)
    paths = {file.name: str(file.path) for file in output.extra}
    local = rewrite_playlist(playlist, paths.__getitem__).replace("http://h.example/k", "k")
    (tmp_path / "local.m3u8").write_text(local)
    options = ("-allowed_extensions", "ALL", "-protocol_whitelist", "file,crypto")
    ffmpeg(*options, "-i", str(tmp_path / "local.m3u8"), str(tmp_path / "back.mp4"))
    assert (tmp_path / "back.mp4").stat().st_size > 1000
    assert output.extra[0].path.read_bytes()[0] != 0x47  # the sync byte of plain MPEG-TS
    assert not list(tmp_path.glob("hls.key*"))


def test_rewriting_a_playlist_leaves_its_tags() -> None:
    text = "#EXTM3U\n#EXTINF:5.0,\n000000.ts\n#EXT-X-ENDLIST\n"
    assert rewrite_playlist(text, lambda name: f"https://d/{name}") == (
        "#EXTM3U\n#EXTINF:5.0,\nhttps://d/000000.ts\n#EXT-X-ENDLIST\n"
    )


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile {}\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n{}\n"
DASH = '<?xml version="1.0"?><MPD><Period><BaseURL>{}</BaseURL></Period></MPD>'


@pytest.mark.parametrize("text", [PLAYLIST, CONCAT, SDP, DASH])
@pytest.mark.parametrize("name", ["clip.mp4", "list.m3u8", "list.ffconcat"])
def test_a_file_that_names_other_files_reads_none(text: str, name: str, tmp_path: Path) -> None:
    shutil.copy(sample("clip.ts"), tmp_path / "inner.ts")
    path = tmp_path / name
    path.write_text(text.format("inner.ts"))
    with pytest.raises(UnprocessableSourceError):
        run("avthumb/mp4", path, tmp_path)
    assert not list(tmp_path.glob("output.*"))


def test_a_name_that_is_a_protocol_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "concat:a|-i.mp4"
    shutil.copy(sample("clip.mp4"), path)
    run("avthumb/mp3", path, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"this is a text\n" * 200, "not audio or video but text/plain"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not audio or video but image/png"),
        (bytes(5000), "not audio or video"),
    ],
)
def test_what_is_no_media_is_refused_with_what_it_is(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UnprocessableSourceError, match=reason):
        run("avthumb/mp3", path, tmp_path)


@pytest.mark.parametrize("name", ["clip.mp4", "clip-end.mp4", "clip.mkv"])
def test_a_file_that_is_cut_off_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = sample(name).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnprocessableSourceError, match=r"cut off|unreadable"):
        run("avthumb/mp4", path, tmp_path)


def test_a_file_with_scrambled_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = bytearray(sample("clip.mp4").read_bytes())
    for place in range(len(data) // 10, len(data), 7):
        data[place] ^= 0x5A
    path.write_bytes(data)
    with pytest.raises(UnprocessableSourceError, match="damaged"):
        run("avthumb/mp3", path, tmp_path)


def test_a_source_without_the_wanted_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnprocessableSourceError, match="no audio"):
        run("avthumb/mp3", sample("silent.mp4"), tmp_path)


def test_a_beginning_past_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFopError, match="ss is past the end"):
        run("avthumb/mp3/ss/9", sample("clip.mp4"), tmp_path)


def test_no_reason_tells_a_path(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(sample("clip.mp4").read_bytes()[:3000])
    with pytest.raises(FopError) as refusal:
        run("avthumb/mp4", path, tmp_path)
    assert "/" not in str(refusal.value).replace("video/mp4", "")


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (MediaLimits(source_bytes=1000), SourceTooLargeError),
        (MediaLimits(duration_seconds=1.0), SourceTooLargeError),
        (MediaLimits(video_pixels=320 * 240 - 1), SourceTooLargeError),
        (MediaLimits(streams=1), SourceTooLargeError),
        (MediaLimits(output_bytes=2000), OutputTooLargeError),
        (MediaLimits(segments=0), OutputTooLargeError),
    ],
)
def test_what_is_beyond_a_limit_is_refused(
    limits: MediaLimits, error: type[FopError], tmp_path: Path
) -> None:
    fop = parse_pipe("avthumb/m3u8").commands[0]
    with pytest.raises(error):
        run_avthumb(fop, source(sample("clip.mp4")), tmp_path, settings(limits=limits))


def test_work_that_would_take_too_long_is_refused_with_its_estimate(tmp_path: Path) -> None:
    fop = parse_pipe("avthumb/webm/vcodec/libvpx-vp9/s/4096x4096").commands[0]
    with pytest.raises(TooSlowError) as refusal:
        run_avthumb(fop, source(sample("clip.mp4")), tmp_path, settings(seconds_left=2.0))
    assert refusal.value.estimate_seconds > 10
    assert not list(tmp_path.iterdir())


# What phones and voice messages have: 8 kHz; what asks for little; what plays in a hall.
RATES = [(8000, 1), (8000, 2), (11025, 1), (22050, 2), (44100, 2), (44100, 6), (96000, 2)]


@pytest.mark.parametrize("command", ["ogg", "webm", "ogg/ab/32k", "webm/ab/32k", "ogg/ab/500k"])
@pytest.mark.parametrize(("rate", "channels"), RATES)
def test_vorbis_takes_every_source(rate: int, channels: int, command: str, tmp_path: Path) -> None:
    """libvorbis refuses a bit rate that its tables do not have at the sample rate."""
    path = tmp_path / "voice.wav"
    tone = ("-f", "lavfi", "-i", f"sine=440:d=0.5:r={rate}")
    ffmpeg(*tone, "-ac", str(channels), str(path))
    _, facts = transcode(f"avthumb/{command}", path, tmp_path)
    assert facts.audio is not None
    assert facts.audio.channels == channels


@pytest.mark.parametrize("command", ["mp4", "webm", "mkv", "mov", "flv", "mp3", "m4a", "m3u8"])
@pytest.mark.parametrize(("picture", "sound"), [(3, 0.5), (0.5, 3), (3, 1.4)])
def test_sound_and_picture_need_not_end_together(
    picture: float, sound: float, command: str, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s=64x48:r=25:d={picture}"),
        *("-f", "lavfi", "-i", f"sine=440:d={sound}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)),
    )
    fop = parse_pipe(f"avthumb/{command}").commands[0]
    assert run_avthumb(fop, source(path), tmp_path, settings()).path.stat().st_size
