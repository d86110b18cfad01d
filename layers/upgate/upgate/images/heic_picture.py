"""HEIC, decoded by libheif: turned, mirrored and cut as the file says, 8 bits a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from upgate.images.image_headers.header import ImageHeader
from upgate.images.picture import Facts, NoDecoderError, Pixels, Size, Timing, UndecodableError

if TYPE_CHECKING:
    from PIL import Image

_CODECS = frozenset((b"hvc1", b"hev1"))
_TAGS = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class HeicPixels:
    """Pixels as libheif keeps them: as a picture of Pillow's they would be there twice."""

    size: Size
    mode: str
    stride: int
    data: memoryview

    def band(self, top: int, bottom: int) -> Image.Image:
        """A copy of some rows."""
        from PIL import Image as Images

        rows = self.data[top * self.stride : bottom * self.stride]
        size = (self.size[0], bottom - top)
        return Images.frombytes(self.mode, size, rows, "raw", self.mode, self.stride)

    def whole(self) -> Image.Image:
        """A copy of all rows."""
        return self.band(0, self.size[1])


class HeicPicture:
    """The primary picture of a HEIC file; the others (bursts, depth, thumbnails) are left alone."""

    def __init__(self, stream: BinaryIO, header: ImageHeader) -> None:
        """Raises NoDecoderError, and whatever pi-heif raises."""
        import pi_heif

        if header.heif is None:
            raise NoDecoderError("an image sequence in HEIC")
        codec = header.heif.codec
        if codec not in _CODECS:
            raise NoDecoderError(f"HEIF with {codec.decode('latin-1') or 'an unknown codec'}")
        pi_heif.options.DEPTH_IMAGES = pi_heif.options.THUMBNAILS = False
        pi_heif.options.AUX_IMAGES = False
        stream.seek(0)
        # Its Pillow plugin would copy all pixels into a picture of Pillow's.
        file = pi_heif.open_heif(stream, convert_hdr_to_8bit=True)
        self._image: Any = file[file.primary_index]
        exif = self._image.info.get("exif")
        self.facts = Facts(
            size=self._image.size,
            icc=self._image.info.get("icc_profile"),
            exif=_TAGS + exif.removeprefix(_TAGS) if exif else None,
        )

    def draft(self, least: Size) -> Size:
        """HEVC is decoded as a whole."""
        return self.facts.size

    def pixels(self, frame: int, most: int) -> tuple[Pixels, Timing]:
        """Decode; one core is what there is."""
        image = self._image
        data = memoryview(image.data)
        width, height = image.size
        if (width, height) != self.facts.size or len(data) < image.stride * height:
            raise UndecodableError("decoded to another size than it announces")
        return HeicPixels((width, height), image.mode, image.stride, data), Timing()
