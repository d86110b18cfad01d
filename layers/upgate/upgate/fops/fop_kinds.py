"""Which commands answer how: known here without the media layer's imports."""

from __future__ import annotations

from upgate.fops.fop import Pipe

# tests/unit/test_fop_kinds.py holds these against the media layer's own tables.
INSPECTIONS = frozenset(("imageInfo", "exif", "imageAve", "avinfo", "qhash"))
IMAGES = frozenset(("imageView2", "imageView", "imageMogr2", "watermark", "roundPic", "imageslim"))
FILMS = frozenset(("avthumb", "vframe"))
ALL = INSPECTIONS | IMAGES | FILMS


def describes(pipe: Pipe) -> bool:
    """Whether a pipe's answer is JSON about a file, not a file."""
    return pipe.commands[-1].name in INSPECTIONS


def is_quick(pipe: Pipe) -> bool:
    """Whether a client can wait for it: pictures only, no audio or video."""
    return all(fop.name in IMAGES or fop.name in INSPECTIONS for fop in pipe.commands)
