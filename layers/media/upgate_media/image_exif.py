"""EXIF that goes along with a result."""

from __future__ import annotations

from upgate.images.picture import UndecodableError
from upgate.images.pictures import decoding

_ORIENTATION = 0x0112


def with_orientation(exif: bytes, orientation: int) -> bytes | None:
    """The same EXIF with another orientation; None when it cannot be read and written again."""
    from PIL import Image

    tags = Image.Exif()
    try:
        with decoding():
            tags.load(exif)
            tags[_ORIENTATION] = orientation
            return tags.tobytes()
    except UndecodableError:
        return None
