"""Finished frames into a file of the workspace."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upgate.errors import BadFopError
from upgate_media import image_formats
from upgate_media.image_colour import over
from upgate_media.image_formats import ImageFormat
from upgate_media.image_palette import to_palette

if TYPE_CHECKING:
    from PIL import Image

_WHITE = (255, 255, 255, 255)
_SIZE_LIMIT = re.compile(r"(?:([0-9]{1,9})([kKmM]?)|(\$\(fsize\)))(!?)\Z", re.ASCII)
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
_FULL_CHROMA_QUALITY = 90  # from here on ImageMagick keeps the colours at full resolution
_AVIF_SPEED = 8  # 0 to 10; the default of 6 takes twice as long for 3 % fewer bytes


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """Bytes of a JPEG result, None for "as the source"; aimed at, not promised.

    `or_source`: a result that is not smaller than the source gives way to the source itself.
    """

    limit_bytes: int | None
    or_source: bool = False


def parse_size_limit(text: str) -> SizeLimit:
    """`<n>[k|m][!]` or `$(fsize)[!]`; a bare number is bytes. Raises BadFopError."""
    found = _SIZE_LIMIT.match(text)
    limit = None if found is None or found[3] else int(found[1]) * _UNITS[found[2].lower()]
    if found is None or limit == 0:
        raise BadFopError(f"imageMogr2: size-limit must be as 15k, 2m or $(fsize), not {text[:40]}")
    return SizeLimit(limit, bool(found[4]))


@dataclass(frozen=True, slots=True)
class Animation:
    """Milliseconds that each frame is shown, and how often all is repeated; None is once."""

    durations: tuple[int, ...]
    loop: int | None


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a result is written; `colours` is for GIF, `interlaced` and `limit_bytes` for JPEG."""

    format: ImageFormat
    quality: int
    interlaced: bool = False
    colours: int = 256
    limit_bytes: int | None = None
    exif: bytes | None = None


def write(
    frames: Sequence[Image.Image], encoding: Encoding, animation: Animation, workspace: Path
) -> Path:
    """Encode the frames, of which a still format takes the first, and return the new file."""
    options = _options(encoding)
    if len(frames) > 1:
        options |= {
            "save_all": True,
            "append_images": list(frames[1:]),
            "duration": list(animation.durations),
        }
        if encoding.format is image_formats.GIF:
            # Frames are whole pictures: where one is transparent the one before must not shine
            # through; where none is, Pillow may write the differences alone.
            options["disposal"] = 2 if any("transparency" in frame.info for frame in frames) else 1
        if animation.loop is not None or encoding.format is image_formats.WEBP:
            options["loop"] = animation.loop if animation.loop is not None else 1
    with tempfile.NamedTemporaryFile(
        dir=workspace, prefix="image-", suffix=encoding.format.suffix, delete=False
    ) as file:
        if encoding.limit_bytes is not None and encoding.format is image_formats.JPEG:
            file.write(_within(frames[0], options, encoding.limit_bytes))
        else:
            frames[0].save(file, encoding.format.pillow, **options)
    return Path(file.name)


def prepared(image: Image.Image, encoding: Encoding) -> Image.Image:
    """The frame in a mode that its format takes; transparency becomes white where it must."""
    if encoding.format is image_formats.GIF:
        return to_palette(image, encoding.colours)
    if not encoding.format.has_alpha:
        image = over(image, _WHITE)
    if image.mode == "L" and encoding.format in (image_formats.WEBP, image_formats.AVIF):
        return image.convert("RGB")
    return image


def _options(encoding: Encoding) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if encoding.format.quality is not None:
        options["quality"] = encoding.quality
    if encoding.format is image_formats.JPEG:
        options["progressive"] = encoding.interlaced
        options["subsampling"] = 0 if encoding.quality >= _FULL_CHROMA_QUALITY else 2
    if encoding.format is image_formats.GIF:
        options["optimize"] = False
    if encoding.format is image_formats.TIFF:
        options["compression"] = "tiff_lzw"
    if encoding.format is image_formats.AVIF:
        options["speed"] = _AVIF_SPEED
    if encoding.format.keeps_exif:
        options["exif"] = encoding.exif or b""
    # Pillow writes the profile, comments and resolution of the source unless it is told otherwise.
    options["icc_profile"] = None
    return options


def _within(image: Image.Image, options: dict[str, Any], limit_bytes: int) -> bytes:
    """The best JPEG that keeps to a size, or the smallest there is."""
    best, low, high = b"", 1, int(options["quality"])
    quality = high
    while low <= high:
        data = _jpeg(image, {**options, "quality": quality})
        if len(data) <= limit_bytes:
            best, low = data, quality + 1
        else:
            high = quality - 1
        quality = (low + high) // 2
    return best or _jpeg(image, {**options, "quality": 1})


def _jpeg(image: Image.Image, options: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()
