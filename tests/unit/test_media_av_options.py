from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upgate import encoding
from upgate.errors import BadFopError
from upgate.fops.fop import parse_pipe
from upgate_media.avthumb_options import AvthumbOptions, parse_avthumb
from upgate_media.media_limits import DEFAULT_LIMITS

KEY = encoding.encode(b"examplekey123456")
KEY_URL = encoding.encode(b"http://h.example/crypt0.key")
URL = encoding.encode(b"https://h.example/logo.png")


def parse(text: str) -> AvthumbOptions:
    return parse_avthumb(parse_pipe(f"avthumb/{text}").commands[0], DEFAULT_LIMITS)


def test_the_seeds_first_command_has_rate_and_bit_rate() -> None:
    audio = parse("mp3/ar/44100/ab/32k").audio
    assert audio is not None
    assert (audio.sample_rate, audio.bit_rate, audio.quality) == (44100, 32_000, None)


def test_the_seeds_second_command_has_a_quality_and_no_bit_rate() -> None:
    audio = parse("mp3/aq/6/ar/16000").audio
    assert audio is not None
    assert (audio.sample_rate, audio.bit_rate, audio.quality) == (16000, None, 6)


def test_mp3_alone_has_the_documented_defaults() -> None:
    options = parse("mp3")
    assert options.audio is not None
    assert (options.audio.bit_rate, options.audio.sample_rate) == (128_000, 44_100)
    assert options.video is None


# API13 audio-video-hls-process: encoder, size, video rate, audio rate, sample rate
@pytest.mark.parametrize(
    ("name", "encoder", "size", "video", "audio", "rate"),
    [
        ("android_high", "libx264", (480, 320), 700, 128, 48000),
        ("android", "libx264", (480, 320), 512, 128, 48000),
        ("android_low", "libx264", (480, 320), 96, 64, 48000),
        ("iphone_low", "libx264", (480, 320), 96, 64, 48000),
        ("ipad_high", "libx264", (1024, 768), 1200, 128, 48000),
        ("ipad", "libx264", (1024, 768), 700, 128, 48000),
        ("ipad_low", "libx264", (1024, 768), 512, 128, 48000),
        ("flash", "flv", (320, 240), 512, 64, 44100),
        ("webm", "libvpx", None, 700, 128, 48000),
    ],
)
def test_a_preset_of_2013_stands_for_its_parameters(
    name: str, encoder: str, size: tuple[int, int] | None, video: int, audio: int, rate: int
) -> None:
    options = parse(name)
    assert options.video is not None
    assert options.audio is not None
    assert (options.video.encoder, options.video.size) == (encoder, size)
    assert (options.video.bit_rate, options.audio.bit_rate) == (video * 1000, audio * 1000)
    assert options.audio.sample_rate == rate


def test_a_parameter_overrides_its_presets() -> None:
    video = parse("iphone/vb/1.25m/s/640x480").video
    assert video is not None
    assert (video.bit_rate, video.size) == (1_250_000, (640, 480))


def test_a_quality_overrides_the_bit_rate_of_a_preset() -> None:
    audio = parse("iphone/aq/100").audio
    assert audio is not None
    assert (audio.bit_rate, audio.quality) == (None, 100)


@pytest.mark.parametrize("name", ["libfaac", "libfdk_aac"])
def test_the_unfree_aac_encoders_become_the_free_one(name: str) -> None:
    audio = parse(f"m4a/acodec/{name}/audioProfile/aac_he").audio
    assert audio is not None
    assert audio.encoder == "aac"


@pytest.mark.parametrize(
    "text", ["m3u8/segtime/15/preset/video_240k", "m3u8/segtime/15/video_240k"]
)
def test_an_hls_preset_is_read_with_and_without_its_name(text: str) -> None:
    options = parse(text)
    assert options.hls is not None
    assert options.video is not None
    assert (options.hls.segment_seconds, options.video.bit_rate) == (15, 240_000)


def test_an_hls_audio_preset_drops_the_video() -> None:
    assert parse("m3u8/preset/audio_32k").video is None


def test_an_hls_preset_with_a_shape_sets_the_size() -> None:
    video = parse("m3u8/preset/video_4x3_150k").video
    assert video is not None
    assert (video.size, video.aspect) == ((400, 300), (4, 3))


def test_hls_encryption_takes_key_and_url() -> None:
    hls = parse(f"m3u8/hlsKey/{KEY}/hlsKeyType/0/hlsKeyUrl/{KEY_URL}").hls
    assert hls is not None
    assert hls.key is not None
    assert (hls.key.key, hls.key.url) == (b"examplekey123456", "http://h.example/crypt0.key")


def test_the_hls_key_is_in_no_repr() -> None:
    assert "examplekey" not in repr(parse(f"m3u8/hlsKey/{KEY}/hlsKeyUrl/{KEY_URL}"))


def test_every_other_parameter_is_read() -> None:
    options = parse(
        "mp4/ss/1.5/t/2/stripmeta/1/r/29.97/vcodec/libx264/s/hd720/autoscale/1/aspect/16:9"
        f"/rotate/90/ac/1/scodec/mov_text/subtitle/{URL}/wmImage/{URL}/wmGravity/SouthWest"
        f"/wmOffsetX/20/wmOffsetY/-20/wmText/{encoding.encode(b'hi')}/wmGravityText/North"
        f"/wmFontColor/{encoding.encode(b'#ff0000')}/wmFontSize/300"
    )
    assert (options.start_seconds, options.duration_seconds) == (1.5, 2.0)
    assert options.strips_metadata
    assert options.video is not None
    assert (options.video.frame_rate, options.video.size) == (29.97, (1280, 720))
    assert (options.video.fits, options.video.aspect, options.video.rotate) == (True, (16, 9), 90)
    assert options.subtitles is not None
    assert options.subtitles.url == "https://h.example/logo.png"
    mark = options.watermark
    assert (mark.gravity, mark.offset_x, mark.offset_y) == ("SouthWest", 20, -20)
    assert mark.text is not None
    assert (mark.text.gravity, mark.text.colour, mark.text.size_pixels) == (
        "North",
        (255, 0, 0, 255),
        15,
    )


def test_dropping_the_audio_leaves_the_video() -> None:
    options = parse("mp4/an/1")
    assert options.audio is None
    assert options.video is not None


@pytest.mark.parametrize(
    "text",
    [
        *("mp3/aq/0", "mp3/aq/9", "aac/aq/10", "aac/aq/500", "m3u8/segtime/5", "m3u8/segtime/120"),
        *("mp4/s/4096x1", "mp4/rotate/auto", "mp3/ac/8", "mp4/r/120", "mp3/ab/4000", "mp3/ab/1m"),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_read(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mp5", "unknown format mp5"),
        ("mp3/ab/32k/aq/6", "ab and aq exclude each other"),
        ("mp3/aq/10", "aq"),
        ("mp3/aq/-1", "aq"),
        ("mp3/aq/x", "aq"),
        ("aac/aq/9", "aq"),
        ("aac/aq/501", "aq"),
        ("ogg/aq/3", "aq is for mp3 and aac"),
        ("mp3/ab/3999", "ab"),
        ("mp3/ab/1.000001m", "ab"),
        ("mp3/ab/32kb", "ab"),
        ("mp3/ab/1e5", "ab"),
        ("mp3/ar/0", "ar"),
        ("mp3/ar/44100.5", "ar"),
        ("mp3/ac/0", "ac"),
        ("mp3/ac/9", "ac"),
        ("mp3/acodec/libvorbis", "acodec libvorbis does not go into mp3"),
        ("mp3/acodec/sh", "acodec"),
        ("mp3/audioProfile/aac_he", "audioProfile"),
        ("aac/writeXing/1", "writeXing"),
        ("mp3/writeXing/2", "writeXing"),
        ("mp3/s/10x10", "s is not for mp3"),
        ("mp3/segtime/10", "segtime is not for mp3"),
        ("mp4/segtime/10", "segtime is for m3u8"),
        ("mp4/an/1/vn/1", "nothing would be left"),
        ("mp3/an/1", "nothing would be left"),
        ("mp4/vcodec/libvpx", "vcodec libvpx does not go into mp4"),
        ("mp4/s/0x10", "s must"),
        ("mp4/s/4097x1", "s must"),
        ("mp4/s/640", "s must"),
        ("mp4/autoscale/1", "autoscale needs s"),
        ("mp4/aspect/16:0", "aspect"),
        ("mp4/rotate/45", "rotate"),
        ("mp4/r/0", "r must"),
        ("mp4/r/121", "r must"),
        ("mp4/vb/1k", "vb"),
        ("mp4/ss/-1", "ss"),
        ("mp4/t/0", "t must"),
        ("mp4/stripmeta/yes", "stripmeta"),
        ("flv/scodec/mov_text", "flv holds no subtitles"),
        ("mp4/scodec/srt", "scodec srt does not go into mp4"),
        ("mp4/subtitle/" + encoding.encode(b"file:///etc/passwd"), "subtitle"),
        ("mp4/wmImage/" + encoding.encode(b"/etc/passwd"), "wmImage"),
        ("mp4/wmImage/!", "wmImage must be URL-safe base64"),
        ("mp4/wmGravity/Up", "wmGravity"),
        ("mp4/wmOffsetX/10001", "wmOffsetX"),
        ("mp4/wmText/" + encoding.encode(b"a\nb"), "wmText"),
        ("mp4/wmFontColor/" + encoding.encode(b"redd"), "wmFontColor"),
        ("m3u8/segtime/4", "segtime"),
        ("m3u8/segtime/121", "segtime"),
        ("m3u8/preset/video_1k", "preset"),
        ("m3u8/pattern/" + encoding.encode(b"a.ts"), "pattern"),
        ("m3u8/pattern/" + encoding.encode(b"/$(count)"), "pattern"),
        ("m3u8/pattern/" + encoding.encode(b"a/../$(count)"), "pattern"),
        ("m3u8/pattern/" + encoding.encode(b"../../$(count).ts"), "pattern"),
        ("m3u8/pattern/" + encoding.encode(b"./$(count)"), "pattern"),
        ("m3u8/pattern/" + encoding.encode(b"a//$(count)"), "pattern"),
        (f"m3u8/hlsKey/{KEY}", "need each other"),
        (f"m3u8/hlsKeyUrl/{KEY_URL}", "need each other"),
        (f"m3u8/hlsKey/{KEY}/hlsKeyType/1.0/hlsKeyUrl/{KEY_URL}", "hlsKeyType"),
        (f"m3u8/hlsKey/{encoding.encode(b'a' * 15)}/hlsKeyUrl/{KEY_URL}", "hlsKey"),
        (f"m3u8/hlsKey/{encoding.encode(b'a' * 17)}/hlsKeyUrl/{KEY_URL}", "hlsKey"),
        ("mp3/ab", "ab has no value"),
        ("mp3/ab/32k/ab/32k", "ab is given twice"),
        ("mp3/zz/1", "unknown parameter zz"),
        ("mp3/zz", "zz is not a parameter"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(BadFopError) as refusal:
        parse(text)
    assert named in str(refusal.value)


def test_the_format_is_needed() -> None:
    with pytest.raises(BadFopError, match="format is missing"):
        parse_avthumb(parse_pipe("avthumb").commands[0], DEFAULT_LIMITS)


_NAMES = "ab aq ar ac acodec r vb vcodec s ss t an vn segtime pattern rotate zz preset".split()  # noqa: SIM905


@given(
    st.sampled_from(["mp3", "mp4", "m3u8", "flv", "iphone", "x"]),
    st.lists(
        st.tuples(
            st.sampled_from(_NAMES),
            st.one_of(
                st.text("0123456789.kmx:-", min_size=1, max_size=8),
                st.text(min_size=1, max_size=8).filter(lambda text: not set(text) & set("/|")),
            ),
        ),
        max_size=4,
    ),
)
def test_any_arguments_are_read_or_refused(name: str, pairs: list[tuple[str, str]]) -> None:
    text = "/".join([name, *(part for pair in pairs for part in pair)])
    try:
        options = parse(text)
    except BadFopError:
        return
    assert options.audio is not None or options.video is not None
