"""What waits in a mailbox: a request for a developer's machine, and that machine's answer.

Both are JSON in attributes of one item of the ledger table. A reader of either trusts the writer no
further than the table's own rights go: fields and types are checked.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from upgate import limits


class LetterError(ValueError):
    """A text in a mailbox that is not what this module writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A request as the business server would have got it; `path` has the query too.

    `seconds` is how long its sender waits for an answer.
    """

    letter_id: str
    method: str
    host: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float

    def to_json(self) -> str:
        """JSON text, without the id, which is the item's own name."""
        return json.dumps(
            {
                "method": self.method,
                "host": self.host,
                "path": self.path,
                "headers": dict(self.headers),
                "body": base64.b64encode(self.body).decode(),
                "seconds": self.seconds,
            }
        )

    @classmethod
    def from_json(cls, letter_id: str, text: str) -> Letter:
        """Read JSON text; raises LetterError."""
        values = _Values(text)
        headers = values.typed("headers", dict)
        if not all(isinstance(value, str) for value in headers.values()):
            raise LetterError("a header has the wrong type")
        return cls(
            letter_id=letter_id,
            method=values.typed("method", str),
            host=values.typed("host", str),
            path=values.typed("path", str),
            headers=headers,
            body=values.content("body"),
            seconds=values.typed("seconds", float),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAnswer:
    """What the developer's server said; `error` is set, and status 0, when it said nothing."""

    status: int
    body: bytes = field(repr=False, default=b"")
    error: str = ""

    def to_json(self) -> str:
        """JSON text."""
        body = base64.b64encode(self.body).decode()
        return json.dumps({"status": self.status, "body": body, "error": self.error})

    @classmethod
    def from_json(cls, text: str) -> LocalAnswer:
        """Read JSON text; raises LetterError."""
        values = _Values(text)
        status, error = values.typed("status", int), values.typed("error", str)
        if not (status == 0 if error else 100 <= status <= 999):
            raise LetterError("status and error do not go together")
        if len(error) > limits.DELIVERY_ERROR_CHARACTERS or not error.isprintable():
            raise LetterError("the error is not one short line")
        return cls(status=status, body=values.content("body"), error=error)


class _Values:
    """A JSON object, read by type."""

    def __init__(self, text: str) -> None:
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise LetterError("not JSON") from error
        if not isinstance(values, dict):
            raise LetterError("not a JSON object")
        self._values = values

    def typed(self, name: str, kind: type) -> Any:
        value = self._values.get(name)
        if type(value) is not kind:
            raise LetterError(f"{name} is missing or has the wrong type")
        return value

    def content(self, name: str) -> bytes:
        try:
            return base64.b64decode(self.typed(name, str), validate=True)
        except (binascii.Error, ValueError) as error:
            raise LetterError(f"{name} is not base64") from error
