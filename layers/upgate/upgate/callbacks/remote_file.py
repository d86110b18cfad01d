"""A file that a command names by URL: a watermark, subtitles (protocol.md 9.5 and 9.6).

The callback function fetches it, by the rules of every request to a stranger; the functions that
process media connect to nobody.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urljoin

from upgate import limits
from upgate.callbacks.callback import CallbackMessageError
from upgate.outbound.egress_errors import EgressError, EgressRefusedError
from upgate.outbound.egress_exchange import OutgoingRequest, Sender
from upgate.outbound.egress_socket import Clock
from upgate.outbound.egress_url import parse_target

_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """What came of it: the bytes, or in `error` why there are none."""

    body: bytes = field(repr=False)
    error: str = ""

    def to_object(self) -> dict[str, str]:
        """What its JSON text decodes to: what a Lambda handler returns."""
        return {"body": base64.b64encode(self.body).decode("ascii"), "error": self.error}

    @classmethod
    def from_object(cls, value: Mapping[str, str]) -> FetchedFile:
        """Read what `to_object` made.

        Raises:
            CallbackMessageError: another shape.
        """
        try:
            return cls(base64.b64decode(value["body"], validate=True), value["error"])
        except (KeyError, TypeError, binascii.Error) as error:
            raise CallbackMessageError("not a fetched file") from error


def request_object(url: str, budget_seconds: float) -> dict[str, object]:
    """The event that asks the callback function for a file."""
    return {"fetch": url, "budget_seconds": budget_seconds}


def is_request(event: Mapping[str, object]) -> bool:
    """Whether an event asks for a file, not for a callback."""
    return "fetch" in event


def fetch(
    event: Mapping[str, object], egress: Sender, clock: Clock = time.monotonic
) -> FetchedFile:
    """Carry out what `request_object` asks for.

    A redirect is followed limits.FOP_FETCH_REDIRECTS times, each target checked like the first:
    this gateway's own downloads are redirects.

    Raises:
        CallbackMessageError: an event of another shape.
    """
    url, budget = event.get("fetch"), event.get("budget_seconds")
    if not isinstance(url, str) or not isinstance(budget, int | float):
        raise CallbackMessageError("not a request for a file")
    ends_at = clock() + min(budget, limits.CALLBACK_BUDGET_SECONDS)
    try:
        for _ in range(limits.FOP_FETCH_REDIRECTS + 1):
            answer = egress.send(
                OutgoingRequest("GET", parse_target(url), {"User-Agent": "upgate"}, b""),
                ends_at - clock(),
                limits.FOP_FETCH_BYTES,
            )
            if answer.status not in _REDIRECTS or not answer.location:
                break
            url = _redirected(url, answer.location)
    except EgressError as error:
        return FetchedFile(b"", str(error) or type(error).__name__)
    if answer.status != HTTPStatus.OK:
        return FetchedFile(b"", f"status {answer.status}")
    return FetchedFile(answer.body)


def _redirected(url: str, location: str) -> str:
    """Where a redirect goes; raises EgressRefusedError for one that goes nowhere."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise EgressRefusedError("a redirect to what is no URL") from error
