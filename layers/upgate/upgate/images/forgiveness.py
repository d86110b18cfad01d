"""Decoding files with a flaw that browsers and libjpeg or libpng pass over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def forgiving() -> Iterator[None]:
    """Within it Pillow makes do with what is there of a file that ends early, and passes over
    wrong checksums of chunks that no pixel needs. It also takes what cannot be decoded at all for
    decoded: who uses it has to look.
    """
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
