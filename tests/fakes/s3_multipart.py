"""The parts of one S3 multipart upload, joined under S3's own rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

LEAST_PART_BYTES = 5 * 1024 * 1024
_PART = re.compile(r"<Part>(.*?)</Part>", re.DOTALL)


class PartRefusedError(Exception):
    """Complete names parts that cannot become an object; `code` is S3's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(slots=True)
class Parts:
    """Bodies by part number."""

    bodies: dict[int, bytes] = field(default_factory=dict)

    def joined(self, document: str, etag: Callable[[bytes], str]) -> bytes:
        """The object that a CompleteMultipartUpload document asks for."""
        named = [(_number(part), _etag(part)) for part in _PART.findall(document)]
        if not named:
            raise PartRefusedError("MalformedXML")
        if any(before >= after for (before, _), (after, _) in pairwise(named)):
            raise PartRefusedError("InvalidPartOrder")
        for number, tag in named:
            if number not in self.bodies or etag(self.bodies[number]) != tag:
                raise PartRefusedError("InvalidPart")
        bodies = [self.bodies[number] for number, _ in named]
        if any(len(body) < LEAST_PART_BYTES for body in bodies[:-1]):
            raise PartRefusedError("EntityTooSmall")
        return b"".join(bodies)


@dataclass(slots=True)
class MultipartUpload:
    """One upload under way: where to, with which headers, and its parts so far.

    `is_passed_by`: something under its name came before it or was deleted since, so that it can be
    completed under no If-None-Match any more, but begun anew (recorded on AWS, see s3.py).
    """

    name: tuple[str, str]
    headers: Mapping[str, str]
    is_passed_by: bool = False
    parts: Parts = field(default_factory=Parts)


def _number(part: str) -> int:
    match = re.search(r"<PartNumber>(\d+)</PartNumber>", part)
    if match is None or not 1 <= int(match[1]) <= 10_000:
        raise PartRefusedError("InvalidArgument")
    return int(match[1])


def _etag(part: str) -> str:
    match = re.search(r"<ETag>(.*?)</ETag>", part)
    if match is None:
        raise PartRefusedError("MalformedXML")
    return match[1].replace("&quot;", '"')
