"""Requests to a gateway, repeated as the protocol tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import requests

from upgate_cli.errors import CancelledError
from upgate_cli.gateway import retries
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.complaint import unreachable

CONNECT_SECONDS = 20.0
ANSWER_SECONDS = 60.0  # the gateway itself gives up at 30 (aws.md 2)
_USER_AGENT = "upgate-cli"


class Body(Protocol):
    """A request's body, read once from its start."""

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request; the body is made anew for each attempt, and forgotten by `rewind`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Callable[[], Body] | bytes = b""
    rewind: Callable[[], None] = lambda: None


class GatewayClient:
    """Talks to one gateway, from any thread.

    `cancelled` ends waits between attempts; bodies are to look at it themselves.
    """

    def __init__(self, url: str, cancelled: threading.Event) -> None:
        self.url = url
        self.cancelled = cancelled
        self._own = threading.local()
        self._sessions: list[requests.Session] = []

    def send(self, call: Call) -> Answer:
        """Send it until there is an answer that would not change.

        Raises:
            HopelessError: no answer at all.
            CancelledError: Ctrl-C.
        """
        for wait in retries.waits():
            try:
                answer = self._send_once(call)
                if not retries.is_worth_repeating(answer):
                    return answer
            except requests.RequestException:
                pass
            call.rewind()
            if self.cancelled.wait(wait):
                raise CancelledError
        try:
            return self._send_once(call)
        except requests.RequestException as error:
            call.rewind()
            raise unreachable(self.url, error) from error

    def send_once(self, call: Call) -> Answer:
        """Send it once and give back whatever comes, also what `send` would not believe.

        Raises:
            HopelessError: no answer at all.
            CancelledError: Ctrl-C.
        """
        try:
            return self._send_once(call)
        except requests.RequestException as error:
            raise unreachable(self.url, error) from error

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def _send_once(self, call: Call) -> Answer:
        if self.cancelled.is_set():
            raise CancelledError
        answer = self._session().request(
            call.method,
            f"{self.url}{call.path}",
            headers={"User-Agent": _USER_AGENT, **call.headers},
            data=call.body() if callable(call.body) else call.body,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, answer.content)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            # Or an entry in ~/.netrc would replace our Authorization.
            session.auth = lambda request: request
            self._sessions.append(session)
        return session
