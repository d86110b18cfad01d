"""Writes the pictures beside it: gradients of 30 x 20 pixels, one for each format and colour model.

    pip install pillow pillow-heif && python -m tests.vectors.images.make

Made with Pillow 13.0 (and pillow-heif 1.8 for HEIC); the EXIF in them is from ../exif/blocks.py.
"""

from __future__ import annotations

import importlib
import io
import struct
from pathlib import Path
from typing import Any

from PIL import Image

from tests.heif_boxes import Item, coded_picture, file, full_box, irot
from tests.vectors.exif.blocks import exif_block

_HERE = Path(__file__).parent
_EXIF = b"Exif\0\0" + exif_block(
    ">", image=[(0x010F, 2, b"Upgate\0"), (0x0112, 3, [6])], exif=[(0x829A, 5, [(1, 50)])]
)


def main() -> None:
    gray = Image.radial_gradient("L").resize((30, 20))
    rgb = Image.merge("RGB", (gray, gray.rotate(90), gray.rotate(180)))
    rgba = rgb.copy()
    rgba.putalpha(gray)
    turned = [rgb.rotate(90), rgb.rotate(180)]

    _save("ycbcr.jpg", rgb, exif=_EXIF)
    _save("gray.jpg", gray)
    _save("cmyk.jpg", rgb.convert("CMYK"))
    _save("progressive.jpg", rgb, progressive=True)
    _save("rgb.jpg", rgb, keep_rgb=True)
    _save("rgba.png", rgb, exif=_EXIF[6:])
    _save("nrgba.png", rgba)
    _save("transparent-colour.png", rgb, transparency=(0, 0, 0))
    _save("palette16.png", rgb.quantize(16), bits=4)
    _save("gray.png", gray)
    _save("gray16.png", gray.convert("I;16"))
    _save("gray-alpha.png", rgba.convert("LA"))
    _save("still.gif", rgb.quantize(8))
    _save("three-frames.gif", rgb, save_all=True, append_images=turned)
    _save("lossy.webp", rgb)
    _save("lossless.webp", rgba, lossless=True)
    _save("alpha.webp", rgba)
    _save("exif.webp", rgb, exif=_EXIF)
    _save("animated.webp", rgb, save_all=True, append_images=turned)
    _save("rgba.bmp", rgb)
    _save("palette.bmp", rgb.quantize(16))
    _save("bilevel.bmp", gray.convert("1"))
    _save("rgba.tiff", rgb, exif=_EXIF[6:])
    _save("nrgba.tiff", rgb.convert("RGBA"))
    _save("gray.tiff", gray)
    _save("palette.tiff", rgb.quantize(8))
    _save("cmyk.tiff", rgb.convert("CMYK"))
    _save("exif.avif", rgb, exif=_EXIF)
    _save("alpha.avif", rgba)
    animation = {"save_all": True, "append_images": turned, "duration": [50, 100, 150]}
    _save("animated.png", rgb, **animation)
    _save("animated.avif", rgb, **animation)
    heif = importlib.import_module("pillow_heif")
    heif.register_heif_opener()
    _save("exif.heic", rgb, exif=_EXIF)
    _save("alpha.heic", rgba)
    _save("gray.heic", gray)
    deep = b"".join(struct.pack("<H", value * 257) for value in rgb.tobytes())
    heif.from_bytes("RGB;16", rgb.size, deep).save(_HERE / "ten-bit.heic")
    (_HERE / "grid.heic").write_bytes(_grid(rgb.resize((120, 80))))


def _grid(picture: Image.Image) -> bytes:
    """As iPhones write it: tiles that are cut at the right and below, and the whole turned."""
    tiles = [
        coded_picture(_encoded(picture.crop((left, top, left + 64, top + 64))))
        for top in (0, 64)
        for left in (0, 64)
    ]
    size = struct.pack(">II", *picture.size)
    columns_rows = struct.pack(">BBBBHH", 0, 0, 1, 1, *picture.size)
    grid = Item(b"grid", columns_rows, [full_box(b"ispe", 0, 0, size), irot(1)], (1, 2, 3, 4))
    return file([*tiles, grid], 5)


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "HEIF")
    return stream.getvalue()


def _save(name: str, picture: Image.Image, **options: Any) -> None:
    picture.save(_HERE / name, **options)


if __name__ == "__main__":
    main()
