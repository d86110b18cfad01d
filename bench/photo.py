"""The photograph of the benchmarks: a JPEG of about 4 MiB with EXIF, made anew from a seed."""

from __future__ import annotations

import io
import random

from PIL import Image

TARGET_BYTES = 4 * 1024 * 1024 - 2048  # one block, with room for the form around it


def make() -> bytes:
    """A noisy picture, its quality chosen to come close to TARGET_BYTES, then padded."""
    noise = random.Random(7).randbytes(2000 * 1500)  # noqa: S311 - a picture, not a secret
    image = Image.frombytes("L", (2000, 1500), noise).convert("RGB")
    exif = image.getexif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Upgate", "Bench", 1
    for quality in range(100, 10, -5):
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality, exif=exif)
        jpeg = stream.getvalue()
        if len(jpeg) <= TARGET_BYTES:
            return jpeg + bytes(TARGET_BYTES - len(jpeg))
    raise AssertionError("no quality fits")
