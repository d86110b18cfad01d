"""How an outgoing request can fail.

None of these is a wire error. Their text is what a 579 shows the client (protocol.md 7.3) and
what stands in the log, so it holds no query, header or body, and no address that a rule refused.
"""

from __future__ import annotations


class EgressError(Exception):
    """Root: no usable answer came."""


class EgressRefusedError(EgressError):
    """A rule forbids the request; nothing was sent."""


class EgressTimeoutError(EgressError):
    """The deadline passed; the request may or may not have arrived."""


class EgressConnectionError(EgressError):
    """No such host, no connection, no TLS, or an answer that is not HTTP or breaks off."""


class EgressAnswerTooLargeError(EgressError):
    """More bytes came, or were announced, than the limit allows."""
