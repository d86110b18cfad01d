"""Colours: every picture becomes sRGB in L, RGB or RGBA, and loses its colour profile.

A thumbnail with the profile of a wide-gamut camera looks pale in whatever ignores profiles; pixels
in sRGB look right everywhere and cost no bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageCms


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """The picture in sRGB; a profile that cannot be read is passed over.

    CMYK without a profile is converted by plain arithmetic, which is what browsers do.
    """
    converted = _by_profile(image, icc) if icc is not None else None
    if converted is None:
        converted = image.convert("RGB") if image.mode == "CMYK" else image
    return converted


def _by_profile(image: Image.Image, icc: bytes) -> Image.Image | None:
    from PIL import ImageCms

    try:
        return _converted(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


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
