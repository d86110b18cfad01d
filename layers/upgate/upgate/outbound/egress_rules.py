"""Where the gateway may connect to: the rules against server-side request forgery (aws.md 10).

A callback URL is written by whoever signs tokens and may hold what an end user typed, while the
process that requests it holds credentials. So only public addresses are reachable.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from upgate.outbound.egress_errors import EgressRefusedError
from upgate.outbound.egress_url import Address, Target, parse_target

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052; what a VPC's DNS64 answers with
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291: all that is allocated
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, 6.1: before the last 32 bits
# Not for hosts, and public to the oldest `ipaddress` of Python 3.13. (6to4 and Teredo, the other
# ways to wrap an IPv4 address, are private to all of them.)
_REFUSED = (
    ipaddress.IPv6Network("3fff::/20"),  # documentation, RFC 9637
    # For protocols of the IETF, RFC 6890: names that are no addresses (ORCHIDv2, drones' tags), and
    # anycast to whatever relay or NAT is near.
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays of 6to4, RFC 7526
)


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What an operator may choose; everything else is fixed.

    `allow_loopback` is for the local emulator only. `allowed_hosts` empty means any public host;
    otherwise a host must be listed by its name or address, or be below a `*.suffix`.

    Raises:
        ValueError: an entry of `allowed_hosts` that could never match.
    """

    allow_loopback: bool = False
    allowed_hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for entry in self.allowed_hosts:
            name = entry.removeprefix("*.")
            if (
                not name
                or name != name.lower()
                or any(c in name for c in "/*@ []")
                or ".." in f".{name}"
            ):
                raise ValueError(f"allowed host {entry!r} is not a lower-case host or *.suffix")

    def check_target(self, target: Target) -> None:
        """Check what can be known before the name is resolved: port and host.

        Ports 80, 443 and all from 1024 up are open: applications listen there, while nearly all
        that speaks something else than HTTP and could be confused by it is below.

        Raises:
            EgressRefusedError: a port below 1024, or a host that is not on the allow-list.
        """
        if not (target.port in (80, 443) or 1024 <= target.port <= 65535):
            raise EgressRefusedError(f"port {target.port} is not allowed")
        if self.allowed_hosts and not self._is_listed(target.host):
            raise EgressRefusedError("host is not on the allow-list")

    def check_addresses(self, addresses: Iterable[Address]) -> None:
        """Check everything that a name resolved to: one private address condemns the name.

        Raises:
            EgressRefusedError: an address that is not public (nor loopback where that is allowed).
        """
        if not all(map(self._is_reachable, addresses)):
            raise EgressRefusedError("host has an address that is not public")

    def _is_listed(self, host: str) -> bool:
        parents = (host[i + 1 :] for i, character in enumerate(host) if character == ".")
        return host in self.allowed_hosts or any(f"*.{p}" in self.allowed_hosts for p in parents)

    def _is_reachable(self, address: Address) -> bool:
        address = _unwrap(address)
        return is_public(address) or (self.allow_loopback and address.is_loopback)


def check_url(url: str) -> None:
    """Hold a URL against what no stack can call; names are looked up when they are called.

    Raises:
        EgressRefusedError: no URL to call, a closed port, or an address that is not public;
            loopback passes, since `upgate local` may call it.
    """
    target = parse_target(url)
    rules = EgressRules(allow_loopback=True)
    rules.check_target(target)
    if target.address is not None:
        rules.check_addresses([target.address])


def is_public(address: Address) -> bool:
    """Whether an address is a host of the public internet, also when it wraps an IPv4 address."""
    address = _unwrap(address)
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    if address.version == 6 and (address not in _GLOBAL_UNICAST or _is_isatap(address)):
        return False
    return address.is_global and not address.is_multicast


def _is_isatap(address: ipaddress.IPv6Address) -> bool:
    """Whether a tunnel to the IPv4 address in its last 32 bits has it, below any prefix."""
    return (int(address) >> 32) & 0xFFFFFFFF in _ISATAP


def _unwrap(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
