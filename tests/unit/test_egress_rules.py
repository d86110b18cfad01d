from __future__ import annotations

import ipaddress

import pytest

from upgate.outbound.egress_errors import EgressRefusedError
from upgate.outbound.egress_rules import EgressRules, is_public
from upgate.outbound.egress_url import parse_target

# RFC 6890 and the IANA special-purpose registries: first, last or a famous address of each block.
SPECIAL = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.100.1",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "2001:20::1",
    "2001:2f:ffff::1",
    "2001:30::1",
    "2001:1::1",
    "192.0.0.9",
    "192.0.0.10",
    "2a00:1450:4001:81b:0:5efe:a00:1",
    "2a00:1450:4001:81b:200:5efe:808:808",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:200::1",
    "192.0.1.1",
    "2a00:1450:4001:81b:0:5eff:a00:1",
    "2a00:1450:4001:81b:100:5efe:808:808",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("text", SPECIAL)
def test_special_address_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_address_next_to_a_special_block_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


def test_public_addresses_are_accepted() -> None:
    EgressRules().check_addresses(map(ipaddress.ip_address, PUBLIC))


@pytest.mark.parametrize("text", ["10.0.0.1", "127.0.0.1", "::1", "fd00::1"])
@pytest.mark.parametrize("is_first", [True, False])
def test_one_private_address_among_public_ones_condemns_the_name(text: str, is_first: bool) -> None:
    addresses = [ipaddress.ip_address(item) for item in ("1.1.1.1", text)]
    with pytest.raises(EgressRefusedError) as caught:
        EgressRules().check_addresses(addresses if is_first else reversed(addresses))
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_reachable_only_where_it_is_allowed(text: str) -> None:
    address = ipaddress.ip_address(text)
    EgressRules(allow_loopback=True).check_addresses([address])
    with pytest.raises(EgressRefusedError):
        EgressRules().check_addresses([address])


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "fe80::1"],
)
def test_allowing_loopback_opens_no_other_private_address(text: str) -> None:
    with pytest.raises(EgressRefusedError):
        EgressRules(allow_loopback=True).check_addresses([ipaddress.ip_address(text)])


@pytest.mark.parametrize("port", [80, 443, 1024, 8080, 65535])
def test_port_of_an_application_is_allowed(port: int) -> None:
    EgressRules().check_target(parse_target(f"http://app.example.com:{port}/"))


@pytest.mark.parametrize("port", [0, 22, 25, 79, 81, 442, 444, 1023, 65536, 99999])
def test_port_of_a_system_service_is_refused(port: int) -> None:
    with pytest.raises(EgressRefusedError, match=f"port {port} is not allowed"):
        EgressRules().check_target(parse_target(f"http://app.example.com:{port}/"))


LISTED = EgressRules(allowed_hosts=frozenset({"app.example.com", "*.example.org", "1.1.1.1"}))


@pytest.mark.parametrize(
    "host", ["app.example.com", "APP.example.com", "a.example.org", "a.b.example.org", "1.1.1.1"]
)
def test_listed_host_is_allowed(host: str) -> None:
    LISTED.check_target(parse_target(f"http://{host}/"))


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "x.app.example.com",
        "app.example.co",
        "example.org",
        "aexample.org",
        "1.1.1.2",
    ],
)
def test_host_that_is_not_listed_is_refused(host: str) -> None:
    with pytest.raises(EgressRefusedError, match="allow-list"):
        LISTED.check_target(parse_target(f"http://{host}/"))


def test_listed_host_still_needs_a_public_address() -> None:
    with pytest.raises(EgressRefusedError):
        LISTED.check_addresses([ipaddress.ip_address("10.0.0.1")])


@pytest.mark.parametrize(
    "entry", ["", "*", "*.", "App.example.com", "https://app.example.com", "a.*.b", "a@b", "a..b"]
)
def test_allow_list_entry_that_could_never_match_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="allowed host"):
        EgressRules(allowed_hosts=frozenset({entry}))
