"""A 12 MP JPEG to 640 px against Pillow's own fastest ways: `uv run python -m bench.image_resize`.

One process, the variants in turn, medians; every variant reads a file and writes a file. The floor
is Pillow decoding at a draft size and resampling with Lanczos; `thumbnail` is Pillow's own method,
and naive is what a first draft looks like.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from upgate.fops.fop import parse_pipe
from upgate_media.image_commands import IMAGE_COMMANDS
from upgate_media.run_types import MediaSettings, Source

ROUNDS = 30
WARM_UP = 3
SIDE = 640
QUALITY = 75

MOST_OF_FLOOR = 1.15


def make(path: Path) -> None:
    """A picture of 4000 x 3000 with as much detail as a photograph of its size: about 4 MB."""
    small = Image.effect_noise((1000, 750), 90).convert("RGB")
    picture = small.resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = Image.effect_noise(picture.size, 12).convert("RGB")
    Image.blend(picture, grain, 0.3).save(path, "JPEG", quality=92)


def floor(source: Path, result: Path) -> None:
    with Image.open(source) as picture:
        picture.draft("RGB", (SIDE, SIDE * 3 // 4))
        small = picture.resize((SIDE, SIDE * 3 // 4), Image.Resampling.LANCZOS, reducing_gap=3.0)
        small.save(result, "JPEG", quality=QUALITY)


def thumbnail(source: Path, result: Path) -> None:
    with Image.open(source) as picture:
        picture.thumbnail((SIDE, SIDE))
        picture.save(result, "JPEG", quality=QUALITY)


def naive(source: Path, result: Path) -> None:
    with Image.open(source) as picture:
        small = picture.resize((SIDE, SIDE * 3 // 4), Image.Resampling.LANCZOS)
        small.save(result, "JPEG", quality=QUALITY)


def upgate(source: Path, workspace: Path) -> None:
    fop = parse_pipe(f"imageView2/2/w/{SIDE}").commands[0]
    described = Source(source, "image/jpeg", "etag", source.stat().st_size)
    settings = MediaSettings(seconds_left=30, fetch=lambda _: b"")
    IMAGE_COMMANDS[fop.name](fop, described, workspace, settings)


def medians(variants: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Milliseconds of each variant."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for round_number in range(WARM_UP + ROUNDS):
        for name, variant in variants.items():
            started = time.perf_counter()
            variant()
            if round_number >= WARM_UP:
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        workspace = Path(directory)
        source, result = workspace / "photo.jpg", workspace / "result.jpg"
        make(source)
        print(f"source: {source.stat().st_size / 1e6:.1f} MB")
        found = medians(
            {
                "floor": lambda: floor(source, result),
                "thumbnail": lambda: thumbnail(source, result),
                "naive": lambda: naive(source, result),
                "upgate": lambda: upgate(source, workspace),
            }
        )
    for name, milliseconds in found.items():
        print(f"{name:10} {milliseconds:7.1f} ms   {milliseconds / found['floor']:.2f} x floor")
    assert found["upgate"] <= MOST_OF_FLOOR * found["floor"], "slower than allowed"


if __name__ == "__main__":
    main()
