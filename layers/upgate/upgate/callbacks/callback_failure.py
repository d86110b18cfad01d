"""The body of a 579: Kodo's JSON in a string in JSON (protocol.md 7.3)."""

from __future__ import annotations

import json

from upgate.callbacks.callback import (
    UNEXPECTED_ANSWER,
    CallbackAttempt,
    CallbackOutcome,
    CallbackRequest,
)

_NO_ANSWER = 502

# What Go's encoder escapes beyond JSON's own rules.
_GO_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "&<>\u2028\u2029"})


def failure_body(
    request: CallbackRequest,
    outcome: CallbackOutcome,
    *,
    etag: str,
    key: str,
    fetch_key: bool = False,
) -> bytes:
    """The answer to the client when no URL accepted the callback: the last attempt is told.

    An attempt without an error (`callbackFetchKey`, and the answer names no key) is told as an
    unexpected answer too.

    Clients run `JSON.parse` on `error`, so the double encoding is part of the protocol; the order
    of the names is Kodo's too. Never raises: the object is stored, and 579 must be answered.
    """
    attempt = outcome.attempts[-1]
    details: dict[str, str | int] = {"callback_url": attempt.url}
    if request.host:
        details["callback_host"] = request.host
    details |= {
        "callback_bodyType": request.content_type,
        "callback_body": request.body,
    }
    if fetch_key:
        details["callback_fetchKey"] = 1
    details |= {
        "token": "",
        "err_code": attempt.status or _NO_ANSWER,
        "error": _error_text(attempt),
        "hash": etag,
        "key": key,
    }
    return _encode({"error": _encode(details)}).encode("utf-8", "replace")


def _error_text(attempt: CallbackAttempt) -> str:
    if attempt.status:
        return attempt.error or UNEXPECTED_ANSWER
    return f"Post {attempt.url}: {attempt.error}"


def _encode(value: dict[str, str] | dict[str, str | int]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_GO_ESCAPES)
