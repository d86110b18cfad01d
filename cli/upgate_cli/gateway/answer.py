"""One answer of a gateway, read for what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from upgate import encoding

_REDIRECTS = (301, 302, 303, 307)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> int:
        """The protocol's number, also from a stack that answers with standard ones (DESIGN)."""
        number = self.headers.get("x-upgate-code", "")
        if number.isdecimal():
            return int(number)
        failed = self._query().get("code", "")
        return int(failed) if failed.isdecimal() else self.status

    @property
    def is_gateway(self) -> bool:
        """Whether a gateway said this: all its answers have an X-Reqid (protocol.md 10.3)."""
        return "x-reqid" in self.headers

    @property
    def is_success(self) -> bool:
        """200, or the redirect to a returnUrl that tells of a success (protocol.md 8)."""
        return self.status == 200 or (self.is_redirect and "code" not in self._query())

    @property
    def is_redirect(self) -> bool:
        """Whether it sends a browser on to the policy's returnUrl."""
        return self.status in _REDIRECTS and "location" in self.headers

    @property
    def document(self) -> Any:
        """What it says, as JSON has it; a body that is no JSON stands as a string.

        A redirect says what stands in its `upload_ret`.
        """
        return _document(self._said())

    @property
    def error(self) -> str:
        """The sentence of a refusal, empty if there is none."""
        if self.is_redirect:
            return self._query().get("error", "")
        document = self.document
        if not isinstance(document, dict):
            return ""
        # `message` is how the front door says it, before any function is asked.
        return str(document.get("error") or document.get("message") or "")

    def _said(self) -> bytes:
        if not self.is_redirect:
            return self.body
        query = self._query()
        if "code" in query:
            return json.dumps({"error": query.get("error", ""), "code": query["code"]}).encode()
        try:
            return encoding.decode(query.get("upload_ret", ""))
        except ValueError:
            return b"{}"

    def _query(self) -> dict[str, str]:
        if not self.is_redirect:
            return {}
        query = parse_qs(urlsplit(self.headers["location"]).query)
        return {name: values[-1] for name, values in query.items()}


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
