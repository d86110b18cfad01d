"""What `$(name)` stands for, and in which field of the policy it may stand (protocol.md 6.2).

Values are found when first asked for: a picture is opened only for a template that names it.
"""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import BinaryIO, cast

from upgate.variables import path_segment
from upgate.variables.templates import Json


class Field(Enum):
    """The policy's fields that are templates."""

    SAVE_KEY = auto()
    OPERATIONS = auto()
    RETURN_BODY = auto()
    CALLBACK_BODY = auto()
    CALLBACK_URL = auto()


type DescribeMedia = Callable[[BinaryIO, int], Json]
"""`$(avinfo)` of a content and its size in bytes; None for what is neither audio nor video."""


@dataclass(slots=True, kw_only=True)
class UploadFacts:
    """What is known of one upload; filled in while it proceeds. `opened` gives the content anew."""

    bucket: str
    etag: str
    size_bytes: int
    mime_type: str
    time: datetime
    opened: Callable[[], BinaryIO]
    file_name: str | None = None
    end_user: str | None = None
    part_sizes: str = ""
    custom_variables: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    persistent_id: str | None = None
    callback_body: str | None = None
    describe_media: DescribeMedia | None = None


def has_value(name: str, place: Field) -> bool:
    """Whether a variable can have a value in a field; any `x:` variable can."""
    root = name.partition(".")[0]
    return name.startswith("x:") or (root in _VARIABLES and place not in _NOT_IN.get(root, ()))


class MagicVariables:
    """Resolves names for the template functions."""

    def __init__(self, facts: UploadFacts) -> None:
        self.facts = facts
        self._known: dict[str, Json] = {}

    def resolver(self, place: Field) -> Callable[[str], Json]:
        """A `templates.Resolve` for one field of the policy: None where Kodo has no value there."""

        def resolve(name: str) -> Json:
            if name.startswith("x:"):
                return self.facts.custom_variables.get(name)
            root, *path = name.split(".")
            if place in _NOT_IN.get(root, ()):
                return None
            return _walk(self._root(root), path)

        return resolve

    def _root(self, name: str) -> Json:
        if name in self._known:
            return self._known[name]
        read = _VARIABLES.get(name)
        value = read(self.facts) if read else None
        if name not in _CHANGING:
            self._known[name] = value
        return value


def _walk(value: Json, path: list[str]) -> Json:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _image_info(facts: UploadFacts) -> Json:
    from upgate.images import image_info

    return cast("Json", image_info.read_image_info(facts.opened(), facts.size_bytes))


def _exif(facts: UploadFacts) -> Json:
    from upgate.images import exif

    return cast("Json", exif.read_exif(facts.opened()))


def _image_average(facts: UploadFacts) -> Json:
    from upgate.images import image_average

    colour = image_average.average_colour(facts.opened())
    return None if colour is None else {"RGB": colour}


def _avinfo(facts: UploadFacts) -> Json:
    if facts.describe_media is None or facts.mime_type.startswith(("image/", "text/")):
        return None
    return facts.describe_media(facts.opened(), facts.size_bytes)


def _extension(facts: UploadFacts) -> Json:
    """The file's own extension where it fits the type, else the usual one of the type."""
    from upgate.contents import mime

    own = posixpath.splitext(facts.file_name or "")[1]
    usual = mime.extension_for(facts.mime_type)
    own_type = mime.from_name(f"_{own}")
    if own_type and mime.extension_for(own_type) == usual:
        return own
    return usual or own


def _file_prefix(facts: UploadFacts) -> Json:
    return None if facts.file_name is None else posixpath.splitext(facts.file_name)[0]


def _end_user_segment(facts: UploadFacts) -> Json:
    """Not Kodo's: what `POST /token` writes for `$(endUser)` into a preset's saveKey."""
    return None if facts.end_user is None else path_segment.encode(facts.end_user)


def _body_sha1(facts: UploadFacts) -> Json:
    import hashlib

    if facts.callback_body is None:
        return None
    return hashlib.sha1(facts.callback_body.encode(), usedforsecurity=False).hexdigest()


def _time(style: str) -> Callable[[UploadFacts], Json]:
    return lambda facts: facts.time.strftime(style)


_VARIABLES: Mapping[str, Callable[[UploadFacts], Json]] = {
    "bucket": lambda facts: facts.bucket,
    "key": lambda facts: facts.key,
    "persistentId": lambda facts: facts.persistent_id,
    "etag": lambda facts: facts.etag,
    "fname": lambda facts: facts.file_name,
    "fsize": lambda facts: facts.size_bytes,
    "mimeType": lambda facts: facts.mime_type,
    "endUser": lambda facts: facts.end_user,
    "endUserSegment": _end_user_segment,
    "imageInfo": _image_info,
    "exif": _exif,
    "imageAve": _image_average,
    "avinfo": _avinfo,
    "year": _time("%Y"),
    "mon": _time("%m"),
    "day": _time("%d"),
    "hour": _time("%H"),
    "min": _time("%M"),
    "sec": _time("%S"),
    "ext": _extension,
    "fprefix": _file_prefix,
    "uuid": lambda _: str(uuid.uuid4()),
    "bodySha1": _body_sha1,
}

# Not kept: these become known, or known anew, in the course of an upload.
_CHANGING = frozenset(("key", "persistentId", "bodySha1"))

_BEFORE_THE_OBJECT = (Field.SAVE_KEY, Field.OPERATIONS)
_NOT_IN: Mapping[str, tuple[Field, ...]] = {
    "key": (Field.SAVE_KEY,),
    "persistentId": _BEFORE_THE_OBJECT,
    "exif": _BEFORE_THE_OBJECT,
    "imageInfo": _BEFORE_THE_OBJECT,
    "avinfo": (Field.SAVE_KEY,),
    "uuid": (Field.SAVE_KEY,),
    "bodySha1": tuple(place for place in Field if place is not Field.CALLBACK_URL),
}
