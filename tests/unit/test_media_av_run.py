from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.av_samples import sample, settings, source
from upgate.errors import BadFopError, UnprocessableSourceError
from upgate.fops.fop import parse_pipe
from upgate_media.run import COMMANDS, INSPECTIONS, inspect, is_inspection, run

PICTURES = Path(__file__).parent.parent / "vectors" / "images"


def test_a_command_is_found_by_its_name(tmp_path: Path) -> None:
    fop = parse_pipe("avthumb/mp3").commands[0]
    assert run(fop, source(sample("tone.aac")), tmp_path, settings()).mime_type == "audio/mpeg"


def test_every_command_of_the_protocol_is_in_one_table() -> None:
    # protocol.md 9.5 and 9.6
    files = {"avthumb", "vframe", "imageView", "imageView2", "imageMogr2", "watermark"}
    assert files <= set(COMMANDS)
    assert set(INSPECTIONS) == {"imageInfo", "exif", "imageAve", "avinfo", "qhash"}


@pytest.mark.parametrize("text", ["nosuch/1", "avinfo"])
def test_what_makes_no_file_is_refused_by_run(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadFopError, match="unknown command"):
        run(parse_pipe(text).commands[0], source(sample("tone.aac")), tmp_path, settings())


def test_avinfo_describes_a_clip() -> None:
    found = inspect(parse_pipe("avinfo").commands[0], source(sample("clip.mp4")), settings())
    assert [stream["codec_type"] for stream in found["streams"]] == ["video", "audio"]


@pytest.mark.parametrize("name", ["imageInfo", "exif", "imageAve"])
def test_a_clip_is_no_picture(name: str) -> None:
    fop = parse_pipe(name).commands[0]
    with pytest.raises(UnprocessableSourceError, match="not a picture but video/mp4"):
        inspect(fop, source(sample("clip.mp4")), settings())


@pytest.mark.parametrize("text", ["avinfo/1", "nosuch", "avthumb/mp3"])
def test_an_inspection_that_is_none_or_has_parameters_is_refused(text: str) -> None:
    with pytest.raises(BadFopError):
        inspect(parse_pipe(text).commands[0], source(sample("clip.mp4")), settings())


def test_only_inspections_answer_with_json() -> None:
    assert is_inspection(parse_pipe("exif").commands[0])
    assert not is_inspection(parse_pipe("avthumb/mp3").commands[0])
