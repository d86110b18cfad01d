"""Running an image command as a job would: files in, a decoded picture out."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from upgate.fops.fop import parse_pipe
from upgate_media.image_commands import IMAGE_COMMANDS
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits
from upgate_media.run_types import Fetch, MediaSettings, Output, Source

VECTORS = Path(__file__).parent.parent / "vectors"
PICTURES = VECTORS / "media" / "images"


def no_fetch(url: str) -> bytes:
    raise AssertionError(f"nothing to fetch, but {url} was")


@dataclass(slots=True)
class Runner:
    """A workspace, and commands run in it."""

    workspace: Path
    fetch: Fetch = no_fetch
    limits: MediaLimits = DEFAULT_LIMITS
    seconds_left: float = 60.0

    def output(self, command: str, source: Path | bytes) -> Output:
        path = source if isinstance(source, Path) else self.workspace / "source"
        if isinstance(source, bytes):
            path.write_bytes(source)
        fop = parse_pipe(command).commands[0]
        described = Source(path, "application/x-source", "etag", path.stat().st_size)
        settings = MediaSettings(self.seconds_left, self.fetch, self.limits)
        return IMAGE_COMMANDS[fop.name](fop, described, self.workspace, settings)

    def picture(self, command: str, source: Path | bytes) -> Image.Image:
        return decoded(self.output(command, source).path)


def decoded(path: Path) -> Image.Image:
    picture = Image.open(io.BytesIO(path.read_bytes()))
    picture.load()
    return picture


def encoded(picture: Image.Image, name: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()


def b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def frames(picture: Image.Image) -> list[Image.Image]:
    result = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        result.append(picture.convert("RGBA"))
    return result
