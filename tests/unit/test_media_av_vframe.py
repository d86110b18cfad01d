from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.unit.av_samples import ffmpeg, sample, settings, source
from upgate.errors import BadFopError, UnprocessableSourceError
from upgate.fops.fop import parse_pipe
from upgate_media.run_types import Output
from upgate_media.vframe import run_vframe


def frame(text: str, name: str, workspace: Path) -> Output:
    return run_vframe(parse_pipe(text).commands[0], source(sample(name)), workspace, settings())


@pytest.mark.parametrize(
    ("text", "mime_type", "size"),
    [
        ("vframe/jpg/offset/1", "image/jpeg", (320, 240)),
        ("vframe/png/offset/0.040", "image/png", (320, 240)),
        ("vframe/jpg/offset/1/w/160", "image/jpeg", (160, 120)),
        ("vframe/jpg/offset/1/h/60", "image/jpeg", (80, 60)),
        ("vframe/jpg/offset/1/w/100/h/100", "image/jpeg", (100, 100)),
        ("vframe/jpg/offset/1/rotate/90", "image/jpeg", (240, 320)),
        ("vframe/jpg/offset/1/rotate/180", "image/jpeg", (320, 240)),
        ("vframe/jpg/offset/1/w/121/h/33/rotate/270", "image/jpeg", (121, 33)),
        ("vframe/jpg/offset/1.999/rotate/auto", "image/jpeg", (320, 240)),
        ("vframe/jpg/offset/2", "image/jpeg", (320, 240)),
    ],
)
def test_a_frame_is_made_in_its_size(
    text: str, mime_type: str, size: tuple[int, int], tmp_path: Path
) -> None:
    output = frame(text, "clip.mp4", tmp_path)
    assert output.mime_type == mime_type
    with Image.open(output.path) as picture:
        assert (picture.size, picture.get_format_mimetype()) == (size, mime_type)


@pytest.mark.parametrize("offset", ["0", "0.5", "1", "2.9", "3"])
def test_transport_stream_with_one_key_frame_has_a_frame_at_every_offset(
    offset: str, tmp_path: Path
) -> None:
    """It has no index: ffmpeg begins in its middle, and finds nothing that it could decode."""
    path = tmp_path / "one-key.ts"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=3", "-f", "lavfi", "-i", "sine=440:d=3"),
        *("-c:v", "libx264", "-g", "999", "-c:a", "aac", str(path)),
    )
    command = parse_pipe(f"vframe/png/offset/{offset}").commands[0]
    made = run_vframe(command, source(path), tmp_path, settings())
    with Image.open(made.path) as picture:
        assert picture.size == (192, 108)


def test_another_offset_is_another_frame(tmp_path: Path) -> None:
    first = frame("vframe/png/offset/0", "clip.mp4", tmp_path).path.read_bytes()
    assert frame("vframe/png/offset/1.5", "clip.mp4", tmp_path).path.read_bytes() != first


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("vframe", "format"),
        ("vframe/gif/offset/1", "format"),
        ("vframe/jpg", "offset is missing"),
        ("vframe/jpg/offset/-1", "offset"),
        ("vframe/jpg/offset/1.0000001", "offset"),
        ("vframe/jpg/offset/2.1", "past the end"),
        ("vframe/jpg/offset/1/w/0", "w must"),
        ("vframe/jpg/offset/1/w/3841", "w must"),
        ("vframe/jpg/offset/1/h/2161", "h must"),
        ("vframe/jpg/offset/1/rotate/91", "rotate"),
        ("vframe/jpg/offset/1/x/1", "unknown parameter x"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(BadFopError, match=named):
        frame(text, "clip.mp4", tmp_path)


def test_a_song_has_no_frame(tmp_path: Path) -> None:
    with pytest.raises(UnprocessableSourceError, match="no video"):
        frame("vframe/jpg/offset/1", "tone.aac", tmp_path)
