"""Styles: a bucket's own names for commands, behind a separator (protocol.md 9.7)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from upgate import limits, strict_json
from upgate.errors import InvalidArgumentError
from upgate.fops import fop


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """How a bucket's objects are downloaded. A new bucket is public and has no styles.

    `separators` are single characters; `styles` are commands by name; `presets_only` refuses
    commands in URLs that nobody signed; `is_private` asks every URL for `e` and `token`.
    """

    separators: str = ""
    styles: Mapping[str, str] = field(default_factory=dict)
    presets_only: bool = False
    is_private: bool = False

    def readings(self, path: str) -> Iterator[tuple[str, str]]:
        """(key, command) for every way to read a path as `<key><separator><style>`.

        The longest key first: of `a.b.mp3`, the style `mp3` of `a.b`.
        """
        for end in range(len(path) - 1, 0, -1):
            if path[end] in self.separators and (text := self.styles.get(path[end + 1 :])):
                yield path[:end], text


def check(settings: BucketSettings) -> None:
    """Refuse settings that could never work, when they are written.

    Raises:
        InvalidArgumentError: says which.
    """
    separators = settings.separators
    if len(separators) > limits.STYLE_SEPARATORS or len(set(separators)) != len(separators):
        raise InvalidArgumentError(
            f"separators are up to {limits.STYLE_SEPARATORS} different characters"
        )
    if any(c.isalnum() or c in "/?#%&" or not c.isprintable() for c in separators):
        raise InvalidArgumentError("a separator is a sign such as . - _ ! and none of / ? # % &")
    if len(settings.styles) > limits.STYLES:
        raise InvalidArgumentError(f"a bucket has {limits.STYLES} styles at most")
    for name, text in settings.styles.items():
        if not 1 <= len(name.encode()) <= limits.STYLE_NAME_BYTES or not name.isprintable():
            raise InvalidArgumentError(
                f"a style's name has 1 to {limits.STYLE_NAME_BYTES} bytes and no control character"
            )
        if "/" in name or "?" in name:
            raise InvalidArgumentError("a style's name holds neither / nor ?")
        if fop.parse_pipe(text).save_as is not None:
            raise InvalidArgumentError("a style cannot have saveas")


def encode(settings: BucketSettings) -> str:
    """The settings as a JSON text, in the names of Kodo's own interface."""
    return json.dumps(
        {
            "separator": settings.separators,
            "styles": dict(settings.styles),
            "protected": int(settings.presets_only),
            "private": int(settings.is_private),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def decode(text: str) -> BucketSettings:
    """Read what `encode` wrote; raises ValueError or KeyError for anything else."""
    document = strict_json.loads(text)
    return BucketSettings(
        separators=document["separator"],
        styles=document["styles"],
        presets_only=bool(document["protected"]),
        is_private=bool(document["private"]),
    )
