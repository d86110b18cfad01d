from __future__ import annotations

import io
import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.av_samples import ffmpeg, sample
from upgate.errors import UnprocessableSourceError
from upgate_media.avinfo import _display_ratio, avinfo_variable, read_avinfo
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.probe import probe

COMMON = (
    *("bit_rate", "codec_name", "codec_type", "duration", "index"),
    *("nb_frames", "r_frame_rate", "start_time", "tags"),
)
FFPROBE = shutil.which("ffprobe")


def test_the_facts_of_a_clip_are_read() -> None:
    facts = probe(sample("clip.mp4"), DEFAULT_LIMITS)
    assert facts.demuxer == "mov"
    assert facts.video is not None
    assert facts.audio is not None
    assert (facts.video.width, facts.video.height, facts.video.frame_rate) == (320, 240, 25.0)
    assert (facts.audio.sample_rate, facts.audio.channels) == (44100, 1)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.05)


def test_a_turned_video_has_the_size_that_a_player_shows(tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", str(sample("silent.mp4")), "-c", "copy", str(turned))
    facts = probe(turned, DEFAULT_LIMITS)
    assert facts.video is not None
    assert (facts.video.width, facts.video.height) == (240, 320)


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    song = tmp_path / "song.m4a"
    cover = ("-f", "lavfi", "-i", "color=red:s=16x16:d=0.04")
    picture = ("-map", "0", "-map", "1", "-c:v", "png", "-disposition:v:0", "attached_pic")
    ffmpeg("-i", str(sample("tone.wav")), *cover, *picture, "-frames:v", "1", str(song))
    facts = probe(song, DEFAULT_LIMITS)
    assert facts.video is None
    assert facts.audio is not None


def test_a_codec_that_nobody_knows_is_described_and_not_chosen(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    made = ("-i", str(sample("clip.mp4")), "-c:v", "mpeg4", "-vtag", "XVID", "-c:a", "copy")
    ffmpeg(*made, str(path))
    path.write_bytes(path.read_bytes().replace(b"XVID", b"QQQQ"))
    found: dict[str, Any] = read_avinfo(path, 1, DEFAULT_LIMITS)
    assert [stream.get("codec_name") for stream in found["streams"]] == [None, "aac"]
    assert probe(path, DEFAULT_LIMITS).video is None


def test_a_stream_in_memory_is_read_like_a_file() -> None:
    data = sample("clip.mp4").read_bytes()
    assert probe(io.BytesIO(data), DEFAULT_LIMITS) == probe(sample("clip.mp4"), DEFAULT_LIMITS)


# How ffmpeg is asked for it, and what ffprobe prints: `rotation` anticlockwise, and the tag that
# it had until 2021, clockwise, which clients read.
TURNS = [
    (("-display_rotation", "90"), 90, "270"),
    (("-display_rotation", "180"), -180, "180"),
    (("-display_rotation", "270"), -90, "90"),
    (("-display_rotation", "-90"), -90, "90"),
    (("-display_rotation", "45"), 45, None),
    (("-display_hflip",), -180, None),
    (("-display_vflip",), 0, None),
    (("-display_rotation", "90", "-display_hflip"), 90, None),
]


@pytest.mark.parametrize(("turned", "rotation", "tag"), TURNS)
def test_a_display_matrix_is_told_as_ffprobe_prints_it(
    turned: tuple[str, ...], rotation: int, tag: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "turned.mp4"
    ffmpeg(*turned, "-i", str(sample("silent.mp4")), "-c", "copy", str(path))
    variable: dict[str, Any] = avinfo_variable(path, 1, DEFAULT_LIMITS)
    query: dict[str, Any] = read_avinfo(path, 1, DEFAULT_LIMITS)
    for video in (variable["video"], query["streams"][0]):
        assert video["side_data_list"][0]["rotation"] == rotation
        assert video["tags"].get("rotate") == tag
    if FFPROBE is not None:
        theirs = _ffprobe(path)["streams"][0]
        assert query["streams"][0]["side_data_list"] == theirs["side_data_list"]


def test_a_film_that_stands_upright_has_no_matrix_to_tell() -> None:
    value: dict[str, Any] = avinfo_variable(sample("clip.mp4"), 1, DEFAULT_LIMITS)
    assert "side_data_list" not in value["video"]
    assert "rotate" not in value["video"]["tags"]


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:2,\n{}\n", "ffconcat version 1.0\nfile {}\n"])
def test_a_list_of_files_is_not_opened(text: str, tmp_path: Path) -> None:
    shutil.copy(sample("clip.ts"), tmp_path / "inner.ts")
    path = tmp_path / "list.m3u8"
    path.write_text(text.format("inner.ts"))
    with pytest.raises(UnprocessableSourceError, match="text/plain"):
        probe(path, DEFAULT_LIMITS)


@pytest.mark.parametrize("data", [b"", b"text\n" * 100])
def test_what_is_no_media_in_memory_is_refused(data: bytes) -> None:
    with pytest.raises(UnprocessableSourceError):
        probe(io.BytesIO(data), DEFAULT_LIMITS)


def test_the_variable_has_the_documented_fields() -> None:
    # DEV16 vars.md: names and types of the published sample
    path = sample("clip.mp4")
    value: dict[str, Any] = avinfo_variable(path, path.stat().st_size, DEFAULT_LIMITS)
    audio, video, form = value["audio"], value["video"], value["format"]
    assert list(value) == ["audio", "format", "video"]
    assert list(audio) == sorted({*COMMON, "channels", "sample_fmt", "sample_rate"})
    assert list(video) == sorted(
        {*COMMON, "display_aspect_ratio", "height", "pix_fmt", "sample_aspect_ratio", "width"}
    )
    assert (audio["channels"], audio["index"], audio["sample_rate"]) == (1, 1, "44100")
    assert (video["width"], video["height"], video["nb_frames"]) == (320, 240, "50")
    assert (video["duration"], video["display_aspect_ratio"]) == ("2.000000", "4:3")
    assert (form["nb_streams"], form["size"]) == (2, str(path.stat().st_size))
    assert form["format_name"] == "mov,mp4,m4a,3gp,3g2,mj2"


def test_the_variable_of_a_song_has_an_empty_video() -> None:
    value = avinfo_variable(sample("tone.aac"), 1, DEFAULT_LIMITS)
    assert value["video"] == {}
    assert value["audio"]


def test_the_answer_is_json() -> None:
    json.dumps(read_avinfo(sample("clip.mp4"), 1, DEFAULT_LIMITS))


# Fields of ffprobe's that PyAV does not tell, or that its newer libavformat has otherwise: it drops
# an empty vendor_id from the tags, knows more dispositions, and begins Matroska at 0.
UNTOLD = {
    *("filename", "nb_programs", "nb_stream_groups", "probe_score", "codec_time_base"),
    *("closed_captions", "film_grain", "chroma_location", "field_order", "refs", "is_avc"),
    *("nal_length_size", "id", "bits_per_raw_sample", "extradata_size", "bits_per_sample"),
    *("initial_padding", "color_range", "color_space", "color_transfer", "color_primaries"),
    *("codec_long_name", "format_long_name", "tags", "disposition", "coded_width", "coded_height"),
    *("start_time", "start_pts"),
}

GUESSED = ("duration", "duration_ts", "bit_rate")  # by ffprobe, of ADTS AAC; ours are counted


@pytest.mark.media
@pytest.mark.skipif(FFPROBE is None, reason="needs an ffprobe of its own (Debian: ffmpeg)")
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "tone.wav", "tone.aac"])
def test_the_answer_is_ffprobes(name: str) -> None:
    path = sample(name)
    theirs = _ffprobe(path)
    ours: dict[str, Any] = read_avinfo(path, path.stat().st_size, DEFAULT_LIMITS)
    if path.suffix == ".aac":
        for fields in (theirs["format"], *theirs["streams"], ours["format"], *ours["streams"]):
            for guessed in GUESSED:
                fields.pop(guessed, None)
    assert _told(ours["format"]) == _told(theirs["format"])
    assert [_told(stream) for stream in ours["streams"]] == [
        _told(stream) for stream in theirs["streams"]
    ]


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in UNTOLD}


def _ffprobe(path: Path) -> dict[str, Any]:
    command = [str(FFPROBE), "-v", "error", "-show_streams", "-show_format", "-of", "json"]
    printed = subprocess.run([*command, str(path)], capture_output=True, check=True, timeout=30)
    theirs: dict[str, Any] = json.loads(printed.stdout)
    return theirs


@pytest.mark.parametrize("told", [0, 10_000_000, 0xFFFFFFFF])
def test_wav_whose_header_does_not_know_its_size_has_its_length(told: int, tmp_path: Path) -> None:
    """Recorders write the size at the end, if they come so far; pipes never do."""
    data = bytearray(sample("tone.wav").read_bytes())
    place = data.index(b"data") + 4
    data[place : place + 4] = told.to_bytes(4, "little")
    path = tmp_path / "tone.wav"
    path.write_bytes(data)
    assert probe(path, DEFAULT_LIMITS).duration_seconds == pytest.approx(2.0, abs=0.01)


def test_ratio_of_a_picture_without_height_is_printed_as_ffprobe_does() -> None:
    assert _display_ratio(Fraction(1, 1), 16, 0) == "0:0"  # type: ignore[arg-type]
    assert _display_ratio(Fraction(4, 3), 720, 540) == "16:9"  # type: ignore[arg-type]
