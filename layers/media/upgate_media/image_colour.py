"""Colours: every picture becomes 8-bit sRGB in L, RGB or RGBA, and loses its colour profile.

A thumbnail with the profile of a wide-gamut camera looks pale in whatever ignores profiles; pixels
in sRGB look right everywhere and cost no bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_PLAIN = frozenset(("L", "RGB", "RGBA", "CMYK"))
_WITH_ALPHA = frozenset(("LA", "La", "PA", "RGBa"))


def to_eight_bits(image: Image.Image) -> Image.Image:
    """The picture in L, RGB, RGBA or CMYK; transparency of any kind becomes RGBA."""
    mode = image.mode
    if mode == "RGBA":
        return image
    if mode in _WITH_ALPHA or "transparency" in image.info:
        if mode.startswith("I"):
            image = _from_deep(image)  # a transparent grey of 16 bits: too rare to keep
        return image.convert("RGBA")
    if mode in _PLAIN:
        return image
    if mode == "1":
        return image.convert("L")
    if mode.startswith("I") or mode == "F":
        return _from_deep(image)
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """16-bit and 32-bit greys: by their top bits, anything else by its own range."""
    if image.mode.startswith("I;16"):
        image = image.convert("I")
        low, high = 0.0, 65535.0
    else:
        low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
        if low >= 0 and high <= 255 and image.mode == "I":
            return image.convert("L")
        if low >= 0 and high <= 65535 and image.mode == "I":
            low, high = 0.0, 65535.0
    span = (high - low) or 1.0
    return image.point(lambda value: value * (255 / span) - low * 255 / span).convert("L")


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """The picture in sRGB; a profile that cannot be read is passed over.

    CMYK without a profile is converted by plain arithmetic, which is what browsers do.
    """
    from PIL import ImageCms

    converted = None
    if icc is not None:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = _converted(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
    if converted is None:
        converted = image.convert("RGB") if image.mode == "CMYK" else image
    return converted


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    from PIL import ImageCms

    space = profile.profile.xcolor_space.strip()
    if space != {"L": "GRAY", "CMYK": "CMYK"}.get(image.mode, "RGB"):
        return None
    if "sRGB" in ImageCms.getProfileDescription(profile):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    result = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode=mode
    )
    if result is None:
        return None
    return result.convert("L") if image.mode == "L" else result


def over(image: Image.Image, background: tuple[int, int, int, int]) -> Image.Image:
    """The picture without transparency, on an opaque background."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, background[:3])
    ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return ground


def plain(image: Image.Image) -> Image.Image:
    """A picture that owns its pixels and carries nothing else into a file (EXIF, comment, tags)."""
    from PIL import ImageFile

    if isinstance(image, ImageFile.ImageFile):
        image = image.copy()
    image.info = {}
    return image
