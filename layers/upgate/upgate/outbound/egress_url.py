"""An outgoing URL, parsed once and strictly: what is checked, signed, connected to and requested.

Everything that two parsers might read differently is refused rather than interpreted (aws.md 10).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

from upgate import limits
from upgate.outbound.egress_errors import EgressRefusedError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\#]")
_URL = re.compile(r"(https?)://([^/?]*)(.*)\Z", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@]+)(?::([0-9]{1,5}))?\Z", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
_VISIBLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# Characters that IDNA 2003 (the standard library's) and IDNA 2008 send to different hosts.
_AMBIGUOUS = re.compile("[\u00df\u03c2\u200c\u200d]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    `host` is lower-case ASCII without brackets; `address` is set when it is an IP literal;
    `path` is what the request line carries: path and query, in ASCII, never empty.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def authority(self) -> str:
        """The Host header: the port only when it is not the scheme's own (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if isinstance(self.address, ipaddress.IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as it is requested: this is what a signature must cover."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_target(url: str) -> Target:
    """Parse an absolute http or https URL.

    Refused: other schemes, user information, fragments, white space, control characters and
    backslashes anywhere, an empty port, host names that are not DNS names, and IP addresses in
    any notation but the canonical one. A non-ASCII host is converted by IDNA, a non-ASCII path or
    query percent-encoded as UTF-8. An empty path becomes `/`, as the request line has it.

    Raises:
        EgressRefusedError: one of these, or longer than limits.CALLBACK_URL_BYTES.
    """
    if _FORBIDDEN.search(url):
        raise EgressRefusedError("URL has white space, a control character, a backslash or a '#'")
    parts = _URL.match(url)
    if parts is None:
        raise EgressRefusedError("URL is not an absolute http or https URL")
    scheme = parts[1].lower()
    path = _ascii_path(parts[3] if parts[3].startswith("/") else "/" + parts[3])
    if "@" in parts[2]:
        raise EgressRefusedError("URL has user information")
    authority = _AUTHORITY.match(parts[2])
    if authority is None:
        raise EgressRefusedError("URL has no valid host and port")
    host, address = _parse_host(authority[1])
    port = int(authority[2]) if authority[2] else _DEFAULT_PORTS[scheme]
    target = Target(scheme, host, port, path, address)
    if len(target.url) > limits.CALLBACK_URL_BYTES:
        raise EgressRefusedError("URL is too long")
    return target


def check_host_header(host: str) -> None:
    """Check a Host header that differs from the URL's (`callbackHost`).

    Raises:
        EgressRefusedError: not `host` or `host:port`.
    """
    authority = _AUTHORITY.match(host)
    if authority is None or not host.isascii():
        raise EgressRefusedError("callbackHost is not a host name")
    _parse_host(authority[1])


def _ascii_path(path: str) -> str:
    try:
        return quote(path, safe=_VISIBLE_ASCII)
    except UnicodeEncodeError as error:
        raise EgressRefusedError("URL is not Unicode text") from error


def _parse_host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        try:
            address = ipaddress.IPv6Address(text[1:-1])
        except ValueError as error:
            raise EgressRefusedError("URL has no valid IPv6 address") from error
        return str(address), address
    host = text.lower() if text.isascii() else _to_ascii(text)
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.match, labels)):
        raise EgressRefusedError("URL has no valid host name")
    if not _NUMBER.match(labels[-1]):
        return host, None
    # No top-level domain is a number; resolvers read 127.1, 0x7f000001 or 017700000001 as IPv4.
    try:
        address_v4 = ipaddress.IPv4Address(host)
    except ValueError as error:
        raise EgressRefusedError("URL has an IP address in an odd notation") from error
    return host, address_v4


def _to_ascii(host: str) -> str:
    if _AMBIGUOUS.search(host):
        raise EgressRefusedError("URL has an ambiguous host name: write it as xn--...")
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise EgressRefusedError("URL has no valid host name") from error
