"""Pixels of any depth as 8 bits a channel, and transparency of any kind as an alpha channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_PLAIN = frozenset(("L", "RGB", "RGBA", "CMYK"))
_WITH_ALPHA = frozenset(("LA", "La", "PA", "RGBa"))


def to_eight_bits(image: Image.Image) -> Image.Image:
    """The picture in L, RGB, RGBA or CMYK; transparency of any kind becomes RGBA."""
    mode = image.mode
    if mode == "RGBA":
        return image
    if mode in _WITH_ALPHA or "transparency" in image.info:
        return image.convert("RGBA")
    if mode in _PLAIN:
        return image
    if mode == "1":
        return image.convert("L")
    if needs_all_pixels(image):
        return _by_range(image)
    if mode.startswith("I;16"):
        return _from_sixteen(image)
    return image.convert("RGB")


def needs_all_pixels(image: Image.Image) -> bool:
    """Whether a band of the picture alone does not tell how it becomes 8 bits."""
    return image.mode in ("I", "F")


def _from_sixteen(image: Image.Image) -> Image.Image:
    return image.convert("I").point(lambda value: value * (255 / 65535)).convert("L")


def _by_range(image: Image.Image) -> Image.Image:
    """32-bit greys: by their top bits where they look like 8 or 16, else by their own range."""
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    if low >= 0 and high <= 255 and image.mode == "I":
        return image.convert("L")
    if low >= 0 and high <= 65535 and image.mode == "I":
        low, high = 0.0, 65535.0
    span = (high - low) or 1.0
    return image.point(lambda value: value * (255 / span) - low * 255 / span).convert("L")
