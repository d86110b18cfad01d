"""What phones record, HDR and wide gamut, comes out in the colours that were filmed."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.av_samples import ffmpeg, settings, source
from upgate.fops.fop import parse_pipe
from upgate_media.avthumb_options import parse_avthumb
from upgate_media.estimate import estimate_seconds
from upgate_media.film_colour import Colours, bt709_steps
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.probe import probe
from upgate_media.run import run

_FOLDER = tempfile.TemporaryDirectory(prefix="upgate-colour-")
_BARS = ("-f", "lavfi", "-i", "smptebars=size=320x180:rate=5:duration=0.4")
_RGB = "format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr"
# Middles of three bars, and what SMPTE's bars have there, at three quarters of white.
BARS = {(20, 40): (191, 191, 191), (160, 40): (0, 191, 0), (250, 40): (191, 0, 0)}
WHITE = (80, 165)
# Of 255. Washed out, red is (135, 55, 32); a JPEG in BT.709 has (174, 0, 2).
TOLERANCES = {"pq.mp4": 24, "hlg.mov": 24, "p3.mp4": 18}
TOLERANCE = 12


def _hdr(transfer: str) -> str:
    return (
        f"{_RGB},zscale=min=gbr:rin=full:tin=709:pin=709:t=linear:npl=203,format=gbrpf32le,"
        f"zscale=p=2020:t={transfer}:m=2020_ncl:r=limited:npl=203"
    )


def _sdr(primaries: str, matrix: str) -> str:
    target = f"t=709:p={primaries}:m={matrix}:r=limited"
    return f"{_RGB},zscale=min=gbr:rin=full:tin=709:pin=709:{target}"


# File, filter, pixel format, and the words that the encoder writes.
FILMS = {
    "hlg.mov": (_hdr("arib-std-b67"), "yuv420p10le", "bt2020", "arib-std-b67", "bt2020nc"),
    "pq.mp4": (_hdr("smpte2084"), "yuv420p10le", "bt2020", "smpte2084", "bt2020nc"),
    "wide10.mp4": (_sdr("2020", "2020_ncl"), "yuv420p10le", "bt2020", "bt2020-10", "bt2020nc"),
    "wide8.mp4": (_sdr("2020", "2020_ncl"), "yuv420p", "bt2020", "bt709", "bt2020nc"),
    "p3.mp4": (_sdr("smpte432", "709"), "yuv420p", "smpte432", "bt709", "bt709"),
    "sdr10.mp4": (_sdr("709", "709"), "yuv420p10le", "bt709", "bt709", "bt709"),
    "sdr8.mp4": (_sdr("709", "709"), "yuv420p", "bt709", "bt709", "bt709"),
    "sd.mp4": (_sdr("709", "170m"), "yuv420p", "smpte170m", "smpte170m", "smpte170m"),
}


@functools.cache
def film(name: str) -> Path:
    path = Path(_FOLDER.name) / name
    steps, pixels, primaries, transfer, matrix = FILMS[name]
    words = f"log-level=none:crf=6:colorprim={primaries}:transfer={transfer}:colormatrix={matrix}"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", words, "-tag:v", "hvc1")
    ffmpeg(*_BARS, "-vf", f"{steps},format={pixels}", *encoder, str(path))
    return path


def picture(name: str, command: str, folder: Path) -> Image.Image:
    """The first frame of what the command makes, as a screen shows it."""
    made = run(parse_pipe(command).commands[0], source(film(name)), folder, settings()).path
    if made.suffix == ".mp4":
        shown = folder / "shown.png"
        ffmpeg("-i", str(made), "-frames:v", "1", "-pix_fmt", "rgb24", "-update", "1", str(shown))
        made = shown
    with Image.open(made) as image:
        return image.convert("RGB")


def distance(shown: Image.Image, place: tuple[int, int], right: tuple[int, ...]) -> int:
    scale = shown.width / 320
    pixel = shown.getpixel((round(place[0] * scale), round(place[1] * scale)))
    assert isinstance(pixel, tuple)
    return int(max(abs(a - b) for a, b in zip(pixel, right, strict=True)))


@pytest.mark.parametrize("command", ["vframe/jpg/offset/0", "vframe/png/offset/0", "avthumb/mp4"])
@pytest.mark.parametrize("name", FILMS)
def test_bars_keep_their_colours(name: str, command: str, tmp_path: Path) -> None:
    shown = picture(name, command, tmp_path)
    for place, right in BARS.items():
        assert distance(shown, place, right) <= TOLERANCES.get(name, TOLERANCE), place
    assert distance(shown, WHITE, (255, 255, 255)) <= 20


@pytest.mark.parametrize("command", ["vframe/png/offset/0/w/161", "avthumb/mp4/s/160x90"])
def test_colours_are_right_in_another_size_too(command: str, tmp_path: Path) -> None:
    shown = picture("hlg.mov", command, tmp_path)
    for place, right in BARS.items():
        assert distance(shown, place, right) <= TOLERANCES["hlg.mov"]


def test_result_is_labelled_bt709_and_without_hdr(tmp_path: Path) -> None:
    command = parse_pipe("avthumb/mp4").commands[0]
    made = run(command, source(film("pq.mp4")), tmp_path, settings()).path
    facts = probe(made, DEFAULT_LIMITS)
    assert facts.video is not None
    assert facts.video.colours == Colours(transfer=1, primaries=1, matrix=1)


def test_frames_of_an_odd_size_are_converted(tmp_path: Path) -> None:
    """zimg alone refuses subsampled colour there."""
    path = tmp_path / "odd.webm"
    words = ("-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc")
    encoder = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", *words)
    steps = "scale=161:91,format=yuv420p10le"
    ffmpeg(*_BARS, "-vf", steps, *encoder, "-pix_fmt", "yuv420p10le", str(path))
    made = run(parse_pipe("vframe/png/offset/0").commands[0], source(path), tmp_path, settings())
    with Image.open(made.path) as image:
        assert image.size == (161, 91)


def test_film_in_bt709_is_not_touched() -> None:
    assert bt709_steps(Colours(1, 1, 1), 320, 180, as_rgb=False) == []
    assert bt709_steps(Colours(), 320, 180, as_rgb=True) == []


def test_tone_mapping_is_reckoned_with() -> None:
    options = parse_avthumb(parse_pipe("avthumb/mp4").commands[0], DEFAULT_LIMITS)
    hdr, sdr = (
        estimate_seconds(options, probe(film(name), DEFAULT_LIMITS), 320 * 180, cores=1)
        for name in ("hlg.mov", "sdr10.mp4")
    )
    assert hdr > sdr
