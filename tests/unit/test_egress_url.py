from __future__ import annotations

import pytest

from upgate import limits
from upgate.outbound.egress_errors import EgressRefusedError
from upgate.outbound.egress_url import Target, check_host_header, parse_target


@pytest.mark.parametrize(
    ("url", "requested"),
    [
        ("http://app.example.com/cb", "http://app.example.com/cb"),
        ("HTTPS://App.Example.COM/Cb?X=1", "https://app.example.com/Cb?X=1"),
        ("http://app.example.com", "http://app.example.com/"),
        ("http://app.example.com?x=1", "http://app.example.com/?x=1"),
        ("http://app.example.com:80/", "http://app.example.com/"),
        ("https://app.example.com:443/", "https://app.example.com/"),
        ("http://app.example.com:8080/", "http://app.example.com:8080/"),
        ("http://my_app.example.com/", "http://my_app.example.com/"),
        ("http://127.0.0.1:8000/cb", "http://127.0.0.1:8000/cb"),
        ("http://[2001:DB8::0:1]:8000/cb", "http://[2001:db8::1]:8000/cb"),
        ("http://app.example.com/a%20b?c=%26", "http://app.example.com/a%20b?c=%26"),
        ("http://app.example.com/a;b?c=d@e:f", "http://app.example.com/a;b?c=d@e:f"),
        ("http://app.example.com/图?名=值", "http://app.example.com/%E5%9B%BE?%E5%90%8D=%E5%80%BC"),
        ("http://例子.example/", "http://xn--fsqu00a.example/"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
    ],
)
def test_absolute_url_is_requested_in_its_canonical_form(url: str, requested: str) -> None:
    assert parse_target(url).url == requested


@pytest.mark.parametrize(
    "url",
    [
        "",
        "qiniu/callback",
        "//app.example.com/cb",
        "ftp://app.example.com/",
        "file:///proc/self/environ",
        "http:app.example.com",
        "http:/app.example.com/",
        "http:///cb",
        "http://",
        "http://:80/",
        "http://?x",
    ],
)
def test_url_that_is_not_absolute_http_is_refused(url: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_target(url)


@pytest.mark.parametrize(
    "authority",
    [
        "user@app.example.com",
        "user:secret@app.example.com",
        "@app.example.com",
        "public.example@127.0.0.1",
        "app.example.com@",
    ],
)
def test_user_information_is_refused_without_being_shown(authority: str) -> None:
    with pytest.raises(EgressRefusedError, match=r"^URL has user information$"):
        parse_target(f"http://{authority}/")


@pytest.mark.parametrize("character", [*map(chr, range(0x21)), "\x7f", "\\", "#"])
@pytest.mark.parametrize(
    "template", ["http://a{}b.example/", "http://a.example/{}", "{}http://a.example/"]
)
def test_forbidden_character_anywhere_is_refused(template: str, character: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_target(template.format(character))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.0x1",
        "0x7f.0.0.1",
        "127.0.0.1.0",
        "256.0.0.1",
        "1.2.3.4.",
        "a.1",
        "0x",
        "\uff11\uff12\uff17.1",  # full-width digits, which IDNA maps to ASCII
    ],
)
def test_ip_address_in_odd_notation_is_refused(host: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_target(f"http://{host}/")


def test_full_width_address_is_seen_for_what_it_is() -> None:
    assert (
        parse_target("http://\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11/").address
        is not None
    )


@pytest.mark.parametrize(
    "host",
    [
        "app..example",
        ".example",
        "app.example.",
        "-app.example",
        "app-.example",
        "app%2eexample",
        "%31%32%37.0.0.1",
        "app,example",
        "app!example",
        f"{'a' * 64}.example",
        f"{'a' * 60}." * 4 + "example.org",
        "[::1",
        "::1",
        "[127.0.0.1]",
        "[fe80::1%25eth0]",
        "[::1]x",
        "[v1.x]",
        "a℀b.example",
        "stra\u00dfe.example",
        "a\u200db.example",
        "\ud800.example",
    ],
)
def test_host_that_is_no_dns_name_is_refused(host: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_target(f"http://{host}/")


@pytest.mark.parametrize("port", ["", "x", "+80", "-1", "123456", "8 0", "\uff18\uff10"])
def test_port_that_is_no_number_is_refused(port: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_target(f"http://app.example.com:{port}/")


def test_lone_surrogate_in_the_path_is_refused() -> None:
    with pytest.raises(EgressRefusedError):
        parse_target("http://app.example.com/\ud800")


def test_url_at_the_length_limit_is_accepted_and_one_byte_more_is_not() -> None:
    url = "http://app.example.com/".ljust(limits.CALLBACK_URL_BYTES, "a")
    assert parse_target(url).url == url
    with pytest.raises(EgressRefusedError, match="too long"):
        parse_target(url + "a")


def test_target_of_a_name_has_no_address() -> None:
    assert parse_target("https://app.example.com/cb") == Target(
        "https", "app.example.com", 443, "/cb"
    )


@pytest.mark.parametrize(
    "host", ["app.example.com", "app.example.com:8080", "203.0.113.7", "[::1]:80"]
)
def test_host_header_of_a_name_is_accepted(host: str) -> None:
    check_host_header(host)


@pytest.mark.parametrize(
    "host", ["", "a b", "a\r\nX: y", "a\n", "u@a", "a/b", "a:", "例子.example", "a,b"]
)
def test_host_header_of_something_else_is_refused(host: str) -> None:
    with pytest.raises(EgressRefusedError):
        check_host_header(host)
