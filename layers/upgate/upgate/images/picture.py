"""A picture that is open, and its pixels: the same whichever library decodes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL import Image

type Size = tuple[int, int]


class UndecodableError(ValueError):
    """No picture can be made of these bytes, or not within the memory there is."""


class NoDecoderError(UndecodableError):
    """The picture may be sound, but nothing here decodes its format, which is the message."""


class PictureGrowsError(UndecodableError):
    """A frame is larger than what was admitted, and than what may be decoded."""


class Pixels(Protocol):
    """The decoded pixels of one frame. A band of them costs its own memory only."""

    @property
    def size(self) -> Size:
        """Width and height."""

    def band(self, top: int, bottom: int) -> Image.Image:
        """The rows from `top` to before `bottom`."""

    def whole(self) -> Image.Image:
        """All rows."""


@dataclass(frozen=True, slots=True)
class ImagePixels:
    """Pixels that are a picture of Pillow's already."""

    image: Image.Image

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.image.size

    def band(self, top: int, bottom: int) -> Image.Image:
        """A copy of some rows."""
        return self.image.crop((0, top, self.image.width, bottom))

    def whole(self) -> Image.Image:
        """The picture itself."""
        return self.image


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a frame is shown, in milliseconds, and how often all are repeated (None: once)."""

    duration: int = 100
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known before decoding.

    `size` is of one frame as it will be decoded. `decoder_bytes` is the memory that decoding takes
    for a pixel. `exif` begins with "Exif\\0\\0"; `quantization` is a JPEG's tables.
    """

    size: Size
    frames: int = 1
    decoder_bytes: int = 4
    icc: bytes | None = None
    exif: bytes | None = None
    is_progressive: bool = False
    quantization: Mapping[int, Sequence[int]] = field(default_factory=dict)


class Picture(Protocol):
    """An open picture. All that decodes raises UndecodableError and nothing else."""

    @property
    def facts(self) -> Facts:
        """What is known of it."""

    def draft(self, least: Size) -> Size:
        """Have it decoded smaller, if it can be, but not below `least`; the size that comes out."""

    def pixels(self, frame: int, most: int) -> tuple[Pixels, Timing]:
        """Decode a frame; frames are asked for in ascending order.

        Raises PictureGrowsError when the frame has more than `most` pixels of its own.
        """
