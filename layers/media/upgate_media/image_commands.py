"""The image commands by name. Nothing here imports Pillow: that waits for the first command."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from upgate_media import (
    image_corners,
    image_mogr2,
    image_slim,
    image_view,
    image_view2,
    image_watermark,
)
from upgate_media.run_types import Command

IMAGE_COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "imageView2": image_view2.run,
        "imageView": image_view.run,
        "imageMogr2": image_mogr2.run,
        "watermark": image_watermark.run,
        "roundPic": image_corners.run,
        "imageslim": image_slim.run,
    }
)
