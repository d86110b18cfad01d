"""Peak memory of a 50-megapixel picture to 640 px: `uv run python -m bench.image_memory`.

A fresh process for each format, as a function's is. HEIC has no encoder here: `bench.image_peers`
holds its decoder against others. WebP is the exception, and told as such: libwebp's animation
decoder, which is the one that Pillow has, holds the picture three times.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

SIZE = (8160, 6120)  # 49.9 megapixels, as phones have them
MOST_MEGABYTES = 400

_PROGRAM = """
import sys, tempfile
from dataclasses import replace
from pathlib import Path
from upgate.fops.fop import parse_pipe
from upgate_media.image_commands import IMAGE_COMMANDS
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.run_types import MediaSettings, Source
source = Path(sys.argv[1])
limits = replace(DEFAULT_LIMITS, image_source_bytes=1 << 30)
with tempfile.TemporaryDirectory() as folder:
    fop = parse_pipe("imageView2/2/w/640").commands[0]
    described = Source(source, "image/x", "etag", source.stat().st_size)
    settings = MediaSettings(600, lambda _: b"", limits)
    IMAGE_COMMANDS[fop.name](fop, described, Path(folder), settings)
# Not ru_maxrss, which begins with what the process had that started this one.
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
"""


def pictures(folder: Path) -> Iterator[Path]:
    """One file of each kind that decodes in its own way."""
    gray = Image.radial_gradient("L").resize(SIZE)
    picture = Image.merge("RGB", (gray, gray.transpose(Image.Transpose.ROTATE_180), gray))
    turned = Image.Exif()
    turned[0x0112] = 6
    transparent = picture.copy()
    transparent.putalpha(gray)
    for name, source, options in (
        ("baseline.jpg", picture, {}),
        ("progressive.jpg", picture, {"progressive": True}),
        ("turned.png", picture, {"compress_level": 1, "exif": turned}),
        ("transparent.png", transparent, {"compress_level": 1}),
        ("colours.gif", picture.quantize(64, Image.Quantize.FASTOCTREE), {}),
        ("colours.bmp", picture, {}),
        ("exception.webp", picture, {"method": 0}),
    ):
        source.save(folder / name, **options)
        yield folder / name


def peak(path: Path) -> float:
    """Peak resident memory in MB of the process that makes the thumbnail."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, path], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in pictures(Path(folder)):
            found = peak(path)
            print(f"{path.name:16} {found:4.0f} MB")
            assert found < MOST_MEGABYTES or path.name == "exception.webp", "more than allowed"
            path.unlink()


if __name__ == "__main__":
    main()
