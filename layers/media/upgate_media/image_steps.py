"""The steps and operations on pixels: turn, scale, cut, rotate, blur, sharpen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upgate.images.eight_bits import needs_all_pixels, to_eight_bits
from upgate.images.picture import ImagePixels, Pixels
from upgate_media.image_bands import resized
from upgate_media.image_canvas import Canvas, Operation
from upgate_media.image_geometry import Box, Size

if TYPE_CHECKING:
    from PIL import Image

_TRANSPOSED = frozenset((5, 6, 7, 8))  # EXIF orientations that swap width and height


@dataclass(frozen=True, slots=True)
class Transpose:
    """Turn by 90, 180 or 270 degrees or mirror, exactly; `method` is Pillow's Transpose."""

    method: int

    @property
    def swaps(self) -> bool:
        """Whether width and height change places."""
        from PIL import Image

        transpose = Image.Transpose
        return self.method in (
            transpose.ROTATE_90,
            transpose.ROTATE_270,
            transpose.TRANSPOSE,
            transpose.TRANSVERSE,
        )

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL.Image import Transpose as Method

        return image.transpose(Method(self.method))


@dataclass(frozen=True, slots=True)
class Scale:
    """Resize to exactly this size."""

    size: Size

    def __call__(self, image: Image.Image) -> Image.Image:
        if image.size == self.size:
            return image
        return resized(ImagePixels(image), self.size, lambda band: band)

    def shrinks(self, size: Size) -> bool:
        """Whether no side of a picture of this size grows, and one becomes less."""
        return self.size != size and self.size[0] <= size[0] and self.size[1] <= size[1]

    def of(self, pixels: Pixels) -> Image.Image:
        """Decoded pixels at this size, 8 bits a channel, without a copy of all of them."""
        if needs_all_pixels(pixels.band(0, 1)):
            return self(to_eight_bits(pixels.whole()))
        return resized(pixels, self.size, to_eight_bits)


@dataclass(frozen=True, slots=True)
class Cut:
    """Keep this rectangle."""

    box: Box

    def __call__(self, image: Image.Image) -> Image.Image:
        return image.crop(self.box)


@dataclass(frozen=True, slots=True)
class AutoOrient:
    """Apply the EXIF orientation and forget it."""

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        from PIL.Image import Transpose as Method

        methods = {
            2: Method.FLIP_LEFT_RIGHT,
            3: Method.ROTATE_180,
            4: Method.FLIP_TOP_BOTTOM,
            5: Method.TRANSPOSE,
            6: Method.ROTATE_270,
            7: Method.TRANSVERSE,
            8: Method.ROTATE_90,
        }
        method = methods.get(canvas.orientation)
        if method is None:
            return canvas, ()
        width, height = canvas.size
        size = (height, width) if canvas.orientation in _TRANSPOSED else canvas.size
        return Canvas(size), (Transpose(method),)


@dataclass(frozen=True, slots=True)
class Resize:
    """To a size that depends on the size before."""

    target: Callable[[Size], Size]

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        size = self.target(canvas.size)
        if size == canvas.size:
            return canvas, ()
        return Canvas(size, canvas.orientation), (Scale(size),)


@dataclass(frozen=True, slots=True)
class CropTo:
    """To a rectangle that depends on the size before."""

    box: Callable[[Size], Box]

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        left, top, right, bottom = box = self.box(canvas.size)
        if box == (0, 0, *canvas.size):
            return canvas, ()
        return Canvas((right - left, bottom - top), canvas.orientation), (Cut(box),)


@dataclass(frozen=True, slots=True)
class Rotate:
    """Clockwise by whole degrees; the canvas grows, its corners take the background."""

    degrees: int
    background: tuple[int, int, int, int] = (255, 255, 255, 255)

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        from PIL.Image import Transpose as Method

        quarters = {90: Method.ROTATE_270, 180: Method.ROTATE_180, 270: Method.ROTATE_90}
        width, height = canvas.size
        if self.degrees % 360 == 0:
            return canvas, ()
        if self.degrees in quarters:
            size = canvas.size if self.degrees == 180 else (height, width)
            return Canvas(size, canvas.orientation), (Transpose(quarters[self.degrees]),)
        return Canvas(_turned(canvas.size, self.degrees), canvas.orientation), (self,)

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL.Image import Resampling

        if self.background[3] < 255 or image.mode == "RGBA":
            image, fill = image.convert("RGBA"), self.background
        else:
            image, fill = image.convert("RGB"), self.background[:3]  # type: ignore[assignment]
        return image.rotate(-self.degrees, Resampling.BICUBIC, expand=True, fillcolor=fill)


def _turned(size: Size, degrees: int) -> Size:
    """The size that Pillow's rotate(expand=True) gives: the whole pixels that the corners touch."""
    angle = math.radians(degrees)
    cosine, sine = round(math.cos(angle), 15), round(math.sin(angle), 15)
    middle = size[0] / 2, size[1] / 2
    corners = [(x - middle[0], y - middle[1]) for x in (0, size[0]) for y in (0, size[1])]
    across = [cosine * x - sine * y + middle[0] for x, y in corners]
    down = [sine * x + cosine * y + middle[1] for x, y in corners]
    width, height = (math.ceil(max(side)) - math.floor(min(side)) for side in (across, down))
    return width, height


@dataclass(frozen=True, slots=True)
class Blur:
    """ImageMagick's -blur: a Gaussian of `sigma` cut off at `radius` pixels.

    Pillow's Gaussian has no cut, so it gets the standard deviation that the cut one really has.
    """

    radius: int
    sigma: float

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        return canvas, (self,)

    def effective_sigma(self) -> float:
        """Standard deviation in pixels of the Gaussian within the radius."""
        weights = {x: math.exp(-x * x / (2 * self.sigma**2)) for x in range(1, self.radius + 1)}
        total = 1 + 2 * sum(weights.values())
        return math.sqrt(2 * sum(x * x * weight for x, weight in weights.items()) / total)

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL import ImageFilter

        blur = ImageFilter.GaussianBlur(self.effective_sigma())
        if image.mode != "RGBA":
            return image.filter(blur)
        return image.convert("RGBa").filter(blur).convert("RGBA")


@dataclass(frozen=True, slots=True)
class Sharpen:
    """Kodo's /sharpen/1 has no strength of its own: a plain unsharp mask."""

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        return canvas, (self,)

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL import ImageFilter

        return image.filter(ImageFilter.UnsharpMask(radius=1, percent=100, threshold=0))
