"""Limits of a processing command's texts, and of what a picture carries beside its pixels."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.media_image_runs import Runner, b64, encoded
from upgate.errors import BadFopError
from upgate.fops.fop import parse_pipe
from upgate_media.avthumb_options import AvthumbOptions, parse_avthumb
from upgate_media.image_open import Opened, opened
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits

WHITE = encoded(Image.new("RGB", (20, 10), "white"))


def avthumb(text: str) -> AvthumbOptions:
    return parse_avthumb(parse_pipe(f"avthumb/{text}").commands[0], DEFAULT_LIMITS)


def url(size: int) -> str:
    start = "http://h.example/"
    return b64(start + "a" * (size - len(start)))


KEY = b64("examplekey123456")


@pytest.mark.parametrize(
    ("at_limit", "beyond"),
    [
        (f"mp4/s/{DEFAULT_LIMITS.output_side_pixels}x2", "mp4/s/4098x2"),
        (f"mp4/r/{DEFAULT_LIMITS.output_frame_rate:.0f}", "mp4/r/121"),
        (f"mp4/subtitle/{url(4096)}", f"mp4/subtitle/{url(4097)}"),
        (f"mp4/wmImage/{url(4096)}", f"mp4/wmImage/{url(4097)}"),
        (f"mp4/wmText/{b64('a' * 300)}", f"mp4/wmText/{b64('a' * 301)}"),
        (f"mp4/wmText/{b64('图' * 100)}", f"mp4/wmText/{b64('图' * 100 + 'a')}"),
        (
            f"m3u8/pattern/{b64('a' * 504 + '$(count)')}",
            f"m3u8/pattern/{b64('a' * 505 + '$(count)')}",
        ),
        (
            f"m3u8/hlsKey/{KEY}/hlsKeyUrl/{url(2048)}",
            f"m3u8/hlsKey/{KEY}/hlsKeyUrl/{url(2049)}",
        ),
        ("m3u8/segtime/120", "m3u8/segtime/121"),
    ],
)
def test_parameter_is_taken_at_its_limit_and_refused_beyond(at_limit: str, beyond: str) -> None:
    avthumb(at_limit)
    with pytest.raises(BadFopError):
        avthumb(beyond)


def test_watermark_text_is_drawn_up_to_its_limit(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    most = "i" * DEFAULT_LIMITS.watermark_text_characters
    runner.output(f"watermark/2/text/{b64(most)}/fontsize/20", WHITE)
    with pytest.raises(BadFopError, match="at most 200 characters"):
        runner.output(f"watermark/2/text/{b64(most + 'i')}/fontsize/20", WHITE)


def read(picture: bytes, limits: MediaLimits) -> Opened:
    with opened(io.BytesIO(picture), limits) as found:
        return found


def test_colour_profile_goes_along_up_to_its_limit() -> None:
    source = encoded(Image.new("RGB", (2, 2)), icc_profile=bytes(1000))
    assert read(source, replace(DEFAULT_LIMITS, image_icc_bytes=1000)).icc is not None
    assert read(source, replace(DEFAULT_LIMITS, image_icc_bytes=999)).icc is None


def test_exif_goes_along_up_to_its_limit() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Upgate"
    source = encoded(Image.new("RGB", (2, 2)), "JPEG", exif=exif)
    found = read(source, DEFAULT_LIMITS).exif
    assert found is not None
    assert read(source, replace(DEFAULT_LIMITS, image_exif_bytes=len(found))).exif == found
    assert read(source, replace(DEFAULT_LIMITS, image_exif_bytes=len(found) - 1)).exif is None
