"""What the functions tell each other about a callback: a request, its attempts and the outcome.

Strict JSON in both directions, because it crosses an invocation and waits in queues: as text
(`to_json`, `from_json`) and, since Lambda decodes a payload itself, as what JSON decodes to
(`to_object`, `from_object`). Imports nothing that can connect: the upload function reads these
and never calls anyone (delivery is in callback_delivery.py).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from upgate import limits

# Answers below 500 that decide nothing (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4).
_ASKED_AGAIN_LATER = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)

UNEXPECTED_ANSWER = "unexcepted response"  # sic: Kodo's spelling, which clients compare with

_DELIVERY_ID = re.compile(rf"[A-Za-z0-9_.=-]{{1,{limits.DELIVERY_ID_BYTES}}}\Z")


class CallbackMessageError(ValueError):
    """A message between functions that has not exactly the expected fields and types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """One callback, rendered and ready to send.

    `urls` are tried in turn; `host` is `callbackHost`; `access_key` names the pair that signed
    the upload token and signs this too; `budget_seconds` is for all URLs together.
    """

    urls: tuple[str, ...]
    host: str | None
    body: str = field(repr=False)
    content_type: str
    delivery_id: str
    access_key: str
    budget_seconds: float
    is_notification: bool = False
    """Of a job (protocol.md 9.3): signed in the second form, and any answer of 200 accepts it."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.urls) <= limits.CALLBACK_URLS:
            raise CallbackMessageError(f"a callback has 1 to {limits.CALLBACK_URLS} URLs")
        if not _DELIVERY_ID.match(self.delivery_id):
            raise CallbackMessageError("a delivery id is made of letters, digits and _.=-")
        if not 0 < self.budget_seconds <= limits.CALLBACK_BUDGET_SECONDS:
            raise CallbackMessageError("the budget of a callback is out of range")

    def to_json(self) -> str:
        """JSON text."""
        return _encode(self.to_object())

    @classmethod
    def from_json(cls, text: str | bytes) -> CallbackRequest:
        """Read JSON text; raises CallbackMessageError as `from_object` does."""
        return cls.from_object(_decode(text))

    def to_object(self) -> dict[str, object]:
        """What the JSON text decodes to."""
        return {
            "urls": list(self.urls),
            "host": self.host,
            "body": self.body,
            "content_type": self.content_type,
            "delivery_id": self.delivery_id,
            "access_key": self.access_key,
            "budget_seconds": self.budget_seconds,
            "is_notification": self.is_notification,
        }

    @classmethod
    def from_object(cls, value: object) -> CallbackRequest:
        """Read what JSON text decoded to, such as a Lambda event.

        Raises:
            CallbackMessageError: another field, a missing one, a wrong type or an illegal value.
        """
        fields = _Fields(value, cls.__slots__)
        return cls(
            urls=tuple(_text(url) for url in fields.array("urls")),
            host=None if fields.is_null("host") else fields.text("host"),
            body=fields.text("body"),
            content_type=fields.text("content_type"),
            delivery_id=fields.text("delivery_id"),
            access_key=fields.text("access_key"),
            budget_seconds=fields.number("budget_seconds"),
            is_notification=fields.boolean("is_notification"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAttempt:
    """One URL's turn: `status` 0 when no HTTP answer came; `error` empty when it accepted."""

    url: str
    status: int
    error: str
    milliseconds: int

    def to_object(self) -> dict[str, object]:
        """What its JSON text decodes to."""
        return {
            "url": self.url,
            "status": self.status,
            "error": self.error,
            "milliseconds": self.milliseconds,
        }

    @classmethod
    def from_object(cls, value: object) -> CallbackAttempt:
        """Read what JSON text decoded to; raises CallbackMessageError as CallbackRequest does."""
        fields = _Fields(value, cls.__slots__)
        return cls(
            url=fields.text("url"),
            status=fields.integer("status"),
            error=fields.text("error"),
            milliseconds=fields.integer("milliseconds"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOutcome:
    """What became of a callback; `body` is the accepted answer, byte for byte, or empty."""

    accepted: bool
    body: bytes = field(repr=False)
    attempts: tuple[CallbackAttempt, ...]

    @property
    def is_refused(self) -> bool:
        """Whether the business server said no: every URL answered, and none to ask again later.

        Without an answer, or with a 5xx, nobody knows whether it did not accept after all.
        """
        return not self.accepted and all(
            0 < attempt.status < HTTPStatus.INTERNAL_SERVER_ERROR
            and attempt.status not in _ASKED_AGAIN_LATER
            for attempt in self.attempts
        )

    @classmethod
    def of_failure(cls, request: CallbackRequest, error: str, status: int = 0) -> CallbackOutcome:
        """Nobody accepted it, and not for any answer of the business server's."""
        url = request.urls[0]
        attempt = CallbackAttempt(url=url, status=status, error=error, milliseconds=0)
        return cls(accepted=False, body=b"", attempts=(attempt,))

    def __post_init__(self) -> None:
        if not self.attempts:
            raise CallbackMessageError("an outcome has at least one attempt")
        if len(self.body) > limits.CALLBACK_ANSWER_BYTES:
            raise CallbackMessageError("the answer in an outcome is too large")

    def to_json(self) -> str:
        """JSON text; the body in base64, since JSON would not keep its bytes."""
        return _encode(self.to_object())

    @classmethod
    def from_json(cls, text: str | bytes) -> CallbackOutcome:
        """Read JSON text; raises CallbackMessageError as `from_object` does."""
        return cls.from_object(_decode(text))

    def to_object(self) -> dict[str, object]:
        """What the JSON text decodes to: what a Lambda handler returns."""
        return {
            "accepted": self.accepted,
            "body": base64.b64encode(self.body).decode("ascii"),
            "attempts": [attempt.to_object() for attempt in self.attempts],
        }

    @classmethod
    def from_object(cls, value: object) -> CallbackOutcome:
        """Read what JSON text decoded to; raises CallbackMessageError as CallbackRequest does."""
        fields = _Fields(value, cls.__slots__)
        try:
            body = base64.b64decode(fields.text("body").encode(), validate=True)
        except binascii.Error as error:
            raise CallbackMessageError("body is not base64") from error
        return cls(
            accepted=fields.boolean("accepted"),
            body=body,
            attempts=tuple(map(CallbackAttempt.from_object, fields.array("attempts"))),
        )


class _Fields:
    """A JSON object with exactly the expected names, read by type; bool is not a number."""

    def __init__(self, value: object, names: tuple[str, ...]) -> None:
        if type(value) is not dict or set(value) != set(names):
            raise CallbackMessageError(f"not an object with exactly the fields {', '.join(names)}")
        self._values = cast("dict[str, object]", value)

    def is_null(self, name: str) -> bool:
        return self._values[name] is None

    def text(self, name: str) -> str:
        return _text(self._values[name])

    def array(self, name: str) -> list[object]:
        return cast("list[object]", self._typed(name, list))

    def boolean(self, name: str) -> bool:
        return cast("bool", self._typed(name, bool))

    def integer(self, name: str) -> int:
        return cast("int", self._typed(name, int))

    def number(self, name: str) -> float:
        return float(cast("float", self._typed(name, int, float)))

    def _typed(self, name: str, *types: type) -> object:
        value = self._values[name]
        if type(value) not in types:
            raise CallbackMessageError(f"{name} has the wrong type")
        return value


def _encode(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _decode(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallbackMessageError("not JSON") from error


def _text(value: object) -> str:
    if type(value) is not str:
        raise CallbackMessageError("a text field has the wrong type")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise CallbackMessageError("a text field is not Unicode text") from error
    return value
