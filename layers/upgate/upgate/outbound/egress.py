"""The one way out: an HTTP request to a host that nobody vouches for.

Resolves once, checks every address, connects to a checked address, and keeps one deadline over
everything (aws.md 10). Follows no redirect, repeats nothing, knows no proxy, keeps no cookie.
`http.client` and not urllib3: its timeout is per read, and it costs five times the import.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence

from upgate import limits
from upgate.outbound.egress_errors import EgressConnectionError
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest, check_headers, exchange
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_socket import Clock, Deadline
from upgate.outbound.egress_url import Address, Target

type Resolver = Callable[[str], Sequence[str]]


def resolve(host: str) -> list[str]:
    """Every A and AAAA address of a name, in the order of preference (RFC 6724).

    Raises:
        OSError: no such name, or no answer.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class Egress:
    """Sends requests by the rules; safe to share between threads.

    `resolver`, `clock` and `tls` (trust) are for tests; the trust is the system's by default and
    loaded at the first https request (16 ms).
    """

    def __init__(
        self,
        rules: EgressRules,
        *,
        resolver: Resolver = resolve,
        clock: Clock = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._clock = clock
        self._tls = tls

    def send(
        self, request: OutgoingRequest, timeout_seconds: float, answer_limit_bytes: int
    ) -> EgressAnswer:
        """Send one request, once, and read the whole answer.

        `timeout_seconds` covers everything: name, connection, TLS, sending, head and body.

        Raises:
            EgressRefusedError: a rule forbids it; nothing was sent.
            EgressTimeoutError: no complete answer in time.
            EgressConnectionError: no connection, no valid certificate, no valid HTTP answer.
            EgressAnswerTooLargeError: a head above limits.EGRESS_HEAD_BYTES, or a larger body.
        """
        deadline = Deadline(timeout_seconds, self._clock)
        target = request.target
        check_headers(request)
        self._rules.check_target(target)
        addresses = self._find_addresses(target, deadline)
        self._rules.check_addresses(addresses)
        try:
            with _connect(addresses, target.port, deadline) as plain:
                if target.scheme == "http":
                    return exchange(plain, request, deadline, answer_limit_bytes)
                with self._start_tls(plain, target, deadline) as secure:
                    return exchange(secure, request, deadline, answer_limit_bytes)
        except TimeoutError as error:
            raise deadline.passed() from error
        except OSError as error:
            raise EgressConnectionError(f"{deadline.stage}: {_reason(error)}") from error

    def _find_addresses(self, target: Target, deadline: Deadline) -> list[Address]:
        if target.address is not None:
            return [target.address]
        deadline.stage = f"dial tcp: lookup {target.host}"
        found: list[str] = []
        # getaddrinfo has no timeout. A thread that is left behind ends with the resolver's own.
        thread = threading.Thread(target=self._resolve_into, args=(target.host, found), daemon=True)
        thread.start()
        thread.join(deadline.remaining_seconds())
        if thread.is_alive():
            raise deadline.passed()
        if not found:
            raise EgressConnectionError(f"{deadline.stage}: no such host")
        return [ipaddress.ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]

    def _resolve_into(self, host: str, found: list[str]) -> None:
        try:
            found.extend(self._resolver(host))
        except (OSError, UnicodeError):
            return  # an empty list is the answer

    def _start_tls(
        self, connection: socket.socket, target: Target, deadline: Deadline
    ) -> ssl.SSLSocket:
        deadline.stage = "TLS handshake"
        if self._tls is None:
            self._tls = ssl.create_default_context()
        # OpenSSL's module counts this timeout over the whole handshake, not per read.
        connection.settimeout(deadline.remaining_seconds())
        return self._tls.wrap_socket(connection, server_hostname=target.host)


def _connect(addresses: list[Address], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets a fair share of what time is left."""
    candidates = addresses[: limits.EGRESS_ADDRESSES]
    failure: OSError = TimeoutError()
    for left, address in zip(range(len(candidates), 0, -1), candidates, strict=True):
        deadline.stage = f"dial tcp {_endpoint(address, port)}"
        try:
            return socket.create_connection(
                (str(address), port), deadline.remaining_seconds() / left
            )
        except OSError as error:
            failure = error
    raise failure


def _endpoint(address: Address, port: int) -> str:
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"


def _reason(error: OSError) -> str:
    """The operating system's own words, in Go's case; never what the peer wrote."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or "failed").lower().replace("_", " ")
    return os.strerror(error.errno).lower() if error.errno else "connection failed"
