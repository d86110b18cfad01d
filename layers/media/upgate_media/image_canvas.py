"""Steps, operations and the canvas that they are planned on, before a pixel is decoded.

A step is what a command asks for; planned on a canvas it becomes an operation with its numbers
filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from upgate_media.image_geometry import Size

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, slots=True)
class Canvas:
    """Size in pixels as stored, and the EXIF orientation (1-8) that is still to be applied."""

    size: Size
    orientation: int = 1


class Operation(Protocol):
    """A step with its numbers: from picture to picture, one frame at a time."""

    def __call__(self, image: Image.Image) -> Image.Image: ...


class Step(Protocol):
    """What a command asks for; no operations when there is nothing to do."""

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]: ...
