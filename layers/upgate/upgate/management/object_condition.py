"""`cond`: what has to be true of an object before a call changes it (protocol.md 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate.errors import ConditionNotMetError, InvalidArgumentError

# How stat says what a condition names.
_STAT_NAMES = {"hash": "hash", "mime": "mimeType", "fsize": "fsize", "putTime": "putTime"}


@dataclass(frozen=True, slots=True)
class ObjectCondition:
    """`hash=...&mime=...&fsize=...&putTime=...`: any of these, all of which have to hold."""

    wanted: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> ObjectCondition:
        """Read a condition's text. SDKs join the pairs as they are, so nothing is escaped in it.

        Raises:
            InvalidArgumentError: another name, a name twice, or no pair at all.
        """
        wanted: dict[str, str] = {}
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            if not equals or name not in _STAT_NAMES or name in wanted:
                raise InvalidArgumentError(
                    "cond has hash=, mime=, fsize= and putTime=, each once, joined by &"
                )
            wanted[name] = value
        return cls(wanted)

    def check(self, document: Mapping[str, object]) -> None:
        """Hold it against what stat says of an object.

        Raises:
            ConditionNotMetError: one of the values is another.
        """
        if any(str(document[_STAT_NAMES[name]]) != value for name, value in self.wanted.items()):
            raise ConditionNotMetError
