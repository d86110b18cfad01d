"""Everything that Pillow decodes, files that browsers show in spite of a flaw included."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, BinaryIO

from upgate.images.forgiveness import forgiving
from upgate.images.image_headers.header import ImageHeader
from upgate.images.image_headers.heif_transforms import Mirror, Transform, Turn
from upgate.images.picture import (
    Facts,
    ImagePixels,
    NoDecoderError,
    Pixels,
    Size,
    Timing,
    UndecodableError,
)
from upgate.images.png_repair import without_flawed_chunks
from upgate.images.png_transparency import stored_as, with_transparency

if TYPE_CHECKING:
    from PIL import Image

# Ours -> Pillow's name and the module that registers it.
_PLUGINS = {
    "jpeg": ("JPEG", "PIL.JpegImagePlugin"),
    "png": ("PNG", "PIL.PngImagePlugin"),
    "webp": ("WEBP", "PIL.WebPImagePlugin"),
    "bmp": ("BMP", "PIL.BmpImagePlugin"),
    "tiff": ("TIFF", "PIL.TiffImagePlugin"),
    "avif": ("AVIF", "PIL.AvifImagePlugin"),
}
# Whose decoders go on where the file ends early, or a checksum that no pixel needs is wrong.
_FORGIVING = frozenset(("jpeg", "png", "bmp"))
_ANIMATED = frozenset(("png", "webp", "avif"))
_FLAWED = (EOFError, OSError, SyntaxError, ValueError)
_DECODER_BYTES = {"webp": 8, "avif": 8}  # they hold the picture more than once


class PillowPicture:
    """A picture that Pillow has open."""

    def __init__(self, stream: BinaryIO, header: ImageHeader) -> None:
        """Raises NoDecoderError, and whatever Pillow raises."""
        if header.format not in _PLUGINS:
            raise NoDecoderError(header.format.upper())
        self._stream, self._header = stream, header
        self._least: Size | None = None
        self._is_forgiving = header.format in _FORGIVING
        try:
            self._image = self._open()
        except _FLAWED:
            if not self._is_forgiving:
                raise
            self._repair()
            with forgiving():
                self._image = self._open()
        info = self._image.info
        # The picture outside the animation of a PNG is for those who know no animations.
        self._first = 1 if info.get("default_image") else 0
        frames = getattr(self._image, "n_frames", 1) if header.format in _ANIMATED else 1
        self.facts = Facts(
            size=_shown(self._image.size, self._transforms),
            frames=frames - self._first if frames > 1 else 1,
            decoder_bytes=_DECODER_BYTES.get(header.format, 4),
            icc=info.get("icc_profile"),
            exif=info.get("exif"),
            is_progressive=bool(info.get("progressive")),
            quantization=getattr(self._image, "quantization", {}),
        )

    @property
    def _transforms(self) -> tuple[Transform, ...]:
        """Pillow leaves what an AVIF file does to its picture to others."""
        return tuple(self._header.heif.transforms) if self._header.heif is not None else ()

    def draft(self, least: Size) -> Size:
        """A JPEG is decoded at down to an eighth of its sides."""
        if self._header.format == "jpeg":
            self._least = least
            self._image.draft("RGB", least)
        return _shown(self._image.size, self._transforms)

    def pixels(self, frame: int, most: int) -> tuple[Pixels, Timing]:
        """Decode a frame."""
        try:
            image = self._decoded(frame)
        except _FLAWED:
            if frame or not self._is_forgiving:
                raise
            self._repair()
            with forgiving():
                self._image = self._open()
                if self._least is not None:
                    self._image.draft("RGB", self._least)
                image = self._decoded(frame)
                # Pillow calls it decoded even if it found nothing at all.
                if image.getbbox() is None:
                    raise UndecodableError("no pixel could be decoded") from None
        info = image.info
        timing = Timing(round(info.get("duration", 100)), info.get("loop"))
        return ImagePixels(_transformed(image, self._transforms)), timing

    def _open(self) -> Image.Image:
        name, plugin = _PLUGINS[self._header.format]
        importlib.import_module(plugin)
        from PIL import Image

        self._stream.seek(0)
        return Image.open(self._stream, formats=(name,))

    def _repair(self) -> None:
        if self._header.format == "png":
            self._stream.seek(0)
            self._stream = io.BytesIO(without_flawed_chunks(self._stream.read()))

    def _decoded(self, frame: int) -> Image.Image:
        if self.facts.frames > 1:
            self._image.seek(self._first + frame)
        stored = stored_as(self._image) if self._header.format == "png" else ""
        self._image.load()
        if stored and self.facts.frames == 1:
            return with_transparency(self._image, stored, self._open)
        return self._image


def _shown(size: Size, transforms: tuple[Transform, ...]) -> Size:
    for transform in transforms:
        size = transform.size(size)
    return size


def _transformed(image: Image.Image, transforms: tuple[Transform, ...]) -> Image.Image:
    from PIL.Image import Transpose

    quarters = (None, Transpose.ROTATE_90, Transpose.ROTATE_180, Transpose.ROTATE_270)
    for transform in transforms:
        method = None
        if isinstance(transform, Turn):
            method = quarters[transform.quarters]
        elif isinstance(transform, Mirror):
            method = (
                Transpose.FLIP_TOP_BOTTOM if transform.is_upside_down else Transpose.FLIP_LEFT_RIGHT
            )
        else:
            image = image.crop(transform.box(image.size))
        if method is not None:
            image = image.transpose(method)
    return image
