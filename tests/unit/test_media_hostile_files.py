"""Files whose headers lie: whatever they say, a command answers with its result or its own refusal.

Numbers of valid files are replaced, one at a time, by those that arithmetic breaks on.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.av_samples import ffmpeg, sample
from tests.unit.media_image_runs import PICTURES
from upgate.errors import DamagedSourceError, FopError
from upgate.fops.fop import parse_pipe
from upgate_media import hostile_input, run
from upgate_media.avinfo import avinfo_variable
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.probe import probe
from upgate_media.run_types import MediaSettings, Source

_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1")
_PLACES = 100
_SETTINGS = MediaSettings(20.0, lambda _: b"")


def flat_film(path: Path) -> None:
    """A film with sound, whose picture track says that it is 16 by 0 pixels."""
    made = path.with_name("whole.mov")
    picture = ("-f", "lavfi", "-i", "testsrc2=s=16x16:r=5:d=1")
    ffmpeg(
        *picture, "-i", str(sample("tone.wav")), "-c:v", "rawvideo", "-pix_fmt", "rgb24", str(made)
    )
    data = made.read_bytes()
    size = data.index(b"raw ", data.index(b"stsd")) + 4 + 24  # ISO 14496-12, 12.1.3
    path.write_bytes(data[:size] + (16).to_bytes(2) + bytes(2) + data[size + 4 :])


def altered(data: bytes, within: int, seed: str) -> Iterator[bytes]:
    """The data with one number of its first bytes replaced, a different one each time."""
    chosen = random.Random(seed)  # noqa: S311 - the same numbers in every run
    for _ in range(_PLACES):
        place, number = chosen.randrange(within), chosen.choice(_NUMBERS)
        yield data[:place] + number + data[place + len(number) :]


def inspected(command: str, path: Path) -> dict[str, object] | str:
    """What a command says of a file: an answer that is JSON, or why not."""
    described = Source(path, "application/x-source", "etag", path.stat().st_size)
    try:
        found = run.inspect(parse_pipe(command).commands[0], described, _SETTINGS)
    except FopError as error:
        return error.message
    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    return dict(found)


def test_film_without_a_height_has_no_shape(tmp_path: Path) -> None:
    path = tmp_path / "flat.mov"
    flat_film(path)
    answer = inspected("avinfo", path)
    assert isinstance(answer, dict)
    [video] = [stream for stream in answer["streams"] if stream["codec_type"] == "video"]  # type: ignore[attr-defined]
    assert (video["height"], "display_aspect_ratio" in video) == (0, False)
    assert avinfo_variable(path, path.stat().st_size, DEFAULT_LIMITS)["audio"]
    assert probe(path, DEFAULT_LIMITS).video is None


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "tone.aac", "tone.wav"])
def test_numbers_in_the_head_of_sound_and_film_never_break_a_reader(
    name: str, tmp_path: Path
) -> None:
    data, path = sample(name).read_bytes(), tmp_path / "source"
    ends = set()
    for changed in altered(data, min(len(data), 4_000), name):
        path.write_bytes(changed)
        ends.add(type(inspected("avinfo", path)))
    assert dict in ends


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_numbers_in_the_head_of_a_picture_never_break_a_reader(kind: str, tmp_path: Path) -> None:
    stream, path = io.BytesIO(), tmp_path / "source"
    picture = Image.open(PICTURES / "orientation-6.jpg")
    options = {"exif": picture.getexif()} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}
    picture.resize((24, 16)).convert("RGB").save(stream, kind, **options)
    data = stream.getvalue()
    described = Source(path, "application/x-source", "etag", len(data))
    ends = set()
    for number, changed in enumerate(altered(data, min(len(data), 400), kind)):
        path.write_bytes(changed)
        for command in ("imageInfo", "exif", "imageAve"):
            ends.add(type(inspected(command, path)))
        folder = tmp_path / str(number)
        folder.mkdir()
        fop = parse_pipe("imageMogr2/auto-orient/thumbnail/8x/format/png").commands[0]
        try:
            run.run(fop, described, folder, _SETTINGS)
        except FopError:
            ends.add(str)
    assert ends == {dict, str}


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), OverflowError(), KeyError("x"), ValueError(), MemoryError()]
)
def test_what_nobody_foresaw_in_a_file_is_the_files_fault(error: Exception) -> None:
    with pytest.raises(DamagedSourceError) as raised, hostile_input.read_safely():
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [OSError(28, "full"), TypeError(), RuntimeError()])
def test_faults_of_the_machine_and_of_the_code_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), hostile_input.read_safely():
        raise error


def test_tags_in_another_encoding_are_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    ffmpeg("-i", str(sample("tone.wav")), "-metadata", "title=TITEL", str(path))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"TITEL", "中文".encode("gbk") + b"\xff"))
    answer = inspected("avinfo", path)
    assert isinstance(answer, dict)
    json.dumps(answer, ensure_ascii=False).encode()
    assert answer["format"]["tags"]["title"]  # type: ignore[index]
