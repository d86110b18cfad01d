from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.unit.scripted_server import (
    Authority,
    ScriptedServer,
    answers,
    drips,
    hangs,
    make_authority,
)
from upgate.outbound.egress import Egress, resolve
from upgate.outbound.egress_errors import (
    EgressConnectionError,
    EgressError,
    EgressRefusedError,
    EgressTimeoutError,
)
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_url import parse_target

LOOPBACK = EgressRules(allow_loopback=True)
HOST = "app.example.com"
PATIENCE_SECONDS = 2.0  # far above every deadline here, far below what the servers would take


def _to_loopback(_host: str) -> list[str]:
    return ["127.0.0.1"]


def _egress(
    resolver: Callable[[str], Sequence[str]] = _to_loopback, rules: EgressRules = LOOPBACK
) -> Egress:
    return Egress(rules, resolver=resolver)


def _send(egress: Egress, url: str, timeout_seconds: float = 2.0) -> EgressAnswer:
    request = OutgoingRequest("POST", parse_target(url), {}, b"a=1")
    return egress.send(request, timeout_seconds, 1000)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory: Path = tmp_path_factory.mktemp("authority")
    return make_authority(directory, HOST)


# Names and addresses.


def test_name_is_resolved_once_and_the_checked_address_is_connected_to() -> None:
    asked: list[str] = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with ScriptedServer(answers(b"{}")) as server:
        assert _send(_egress(rebinding), f"http://{HOST}:{server.port}/").status == 200
    assert asked == [HOST]


def test_name_that_turns_to_loopback_after_the_check_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialled: list[object] = []

    def dial(address: object, _timeout: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "create_connection", dial)
    answers_in_turn = iter([["1.1.1.1"], ["127.0.0.1"]])
    egress = _egress(lambda _host: next(answers_in_turn), EgressRules())
    with pytest.raises(EgressConnectionError):
        _send(egress, f"http://{HOST}/")
    assert dialled == [("1.1.1.1", 80)]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"]]
)
def test_name_with_a_private_address_is_refused_before_a_connection(addresses: list[str]) -> None:
    with ScriptedServer(answers(b"{}")) as server:
        with pytest.raises(EgressRefusedError):
            _send(_egress(lambda _: addresses, EgressRules()), f"http://{HOST}:{server.port}/")
        assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_private_address_in_the_url_is_refused_without_a_look_up(host: str) -> None:
    def never(_host: str) -> list[str]:
        raise AssertionError

    with pytest.raises(EgressRefusedError):
        _send(_egress(never, EgressRules()), f"http://{host}/")


def test_port_and_allow_list_are_checked_before_a_look_up() -> None:
    def never(_host: str) -> list[str]:
        raise AssertionError

    for rules, url in (
        (EgressRules(), f"http://{HOST}:22/"),
        (EgressRules(allowed_hosts=frozenset({"other.example"})), f"http://{HOST}/"),
    ):
        with pytest.raises(EgressRefusedError):
            _send(_egress(never, rules), url)


def test_second_address_is_tried_when_the_first_refuses() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        egress = _egress(lambda _: ["::1", "127.0.0.1"])
        assert _send(egress, f"http://{HOST}:{server.port}/").status == 200


def test_ipv6_address_in_the_url_is_requested_with_brackets() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    heads: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            heads.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        port = listener.getsockname()[1]
        assert _send(_egress(), f"http://[::1]:{port}/").status == 200
        thread.join()
    assert f"Host: [::1]:{port}\r\n".encode() in heads[0]


def test_name_that_does_not_exist_is_a_connection_error() -> None:
    def missing(_host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(EgressConnectionError) as caught:
        _send(_egress(missing), f"http://{HOST}/?secret=1")
    assert str(caught.value) == f"dial tcp: lookup {HOST}: no such host"


def test_closed_port_is_a_connection_error_in_gos_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EgressConnectionError) as caught:
        _send(_egress(), f"http://{HOST}:{port}/?secret=1")
    assert str(caught.value) == f"dial tcp 127.0.0.1:{port}: connection refused"


def test_system_resolver_knows_localhost() -> None:
    assert set(resolve("localhost")) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with ScriptedServer(answers(b"{}")) as proxy, ScriptedServer(answers(b"{}")) as server:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        _send(_egress(), f"http://{HOST}:{server.port}/")
        assert (proxy.connections, server.connections) == (0, 1)


# The one deadline.


def _timed(run: Callable[[], object], error: type[EgressError]) -> tuple[float, str]:
    started_at = time.monotonic()
    with pytest.raises(error) as caught:
        run()
    return time.monotonic() - started_at, str(caught.value)


def test_resolver_that_hangs_ends_with_the_deadline() -> None:
    release = threading.Event()

    def hanging(_host: str) -> list[str]:
        release.wait(5)
        return ["127.0.0.1"]

    seconds, text = _timed(
        lambda: _send(_egress(hanging), f"http://{HOST}/", 0.1), EgressTimeoutError
    )
    release.set()
    assert seconds < PATIENCE_SECONDS
    assert text == f"dial tcp: lookup {HOST}: i/o timeout"


def test_time_of_the_look_up_counts_against_the_rest() -> None:
    def slow(_host: str) -> list[str]:
        time.sleep(0.3)
        return ["127.0.0.1"]

    with ScriptedServer(hangs()) as server:
        url = f"http://{HOST}:{server.port}/"
        seconds, _ = _timed(lambda: _send(_egress(slow), url, 0.4), EgressTimeoutError)
    assert seconds < 0.65


def test_server_that_hangs_ends_with_the_deadline() -> None:
    with ScriptedServer(hangs()) as server:
        url = f"http://{HOST}:{server.port}/"
        seconds, text = _timed(lambda: _send(_egress(), url, 0.1), EgressTimeoutError)
    assert seconds < PATIENCE_SECONDS
    assert text == "read: i/o timeout"


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (_HEAD, b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: 1\r\n"),
    ],
    ids=["status", "headers", "header", "continue", "body", "until-close", "chunks", "trailers"],
)
def test_server_that_drips_ends_with_the_deadline(first: bytes, piece: bytes) -> None:
    with ScriptedServer(drips(first, itertools.repeat(piece), 0.01)) as server:
        url = f"http://{HOST}:{server.port}/"
        seconds, text = _timed(lambda: _send(_egress(), url, 0.15), EgressTimeoutError)
    assert 0.1 < seconds < PATIENCE_SECONDS
    assert text == "read: i/o timeout"


def test_server_that_does_not_read_ends_with_the_deadline() -> None:
    with ScriptedServer(hangs(), reads=False) as server:
        target = parse_target(f"http://{HOST}:{server.port}/")
        request = OutgoingRequest("POST", target, {}, bytes(16 * 1024 * 1024))
        seconds, text = _timed(lambda: _egress().send(request, 0.15, 1000), EgressTimeoutError)
    assert seconds < PATIENCE_SECONDS
    assert text == "write: i/o timeout"


def test_tls_handshake_that_drips_ends_with_the_deadline() -> None:
    # The head of a TLS record of 16 KiB, whose content then comes byte by byte.
    script = drips(b"\x16\x03\x03\x40\x00", itertools.repeat(b"\x02"), 0.01)
    with ScriptedServer(script, reads=False) as server:
        url = f"https://{HOST}:{server.port}/"
        seconds, text = _timed(lambda: _send(_egress(), url, 0.15), EgressTimeoutError)
    assert seconds < PATIENCE_SECONDS
    assert text == "TLS handshake: i/o timeout"


def test_address_that_hangs_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []

    def dial(_address: object, timeout: float) -> socket.socket:
        shares.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", dial)
    egress = _egress(lambda _: [f"127.0.0.{n}" for n in range(1, 9)])
    with pytest.raises(EgressTimeoutError):
        _send(egress, f"http://{HOST}/", 4.0)
    assert [round(share) for share in shares] == [1, 1, 2, 4]


def test_no_time_at_all_is_a_timeout() -> None:
    with pytest.raises(EgressTimeoutError):
        _send(_egress(), f"http://{HOST}/", 0.0)


# TLS.


def _secure(authority: Authority) -> Egress:
    return Egress(LOOPBACK, resolver=_to_loopback, tls=authority.client)


def test_tls_names_the_host_and_checks_it(authority: Authority) -> None:
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        assert _send(_secure(authority), f"https://{HOST}:{server.port}/").body == b"{}"
        assert server.server_names == [HOST]


def test_callback_host_changes_the_header_and_not_the_name_that_tls_checks(
    authority: Authority,
) -> None:
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        target = parse_target(f"https://{HOST}:{server.port}/")
        request = OutgoingRequest("POST", target, {}, b"", host="other.example")
        _secure(authority).send(request, 2.0, 1000)
        assert server.server_names == [HOST]
        assert b"\r\nHost: other.example\r\n" in server.requests[0]


@pytest.mark.parametrize("host", ["other.example.com", "127.0.0.1"])
def test_certificate_of_another_name_is_refused(authority: Authority, host: str) -> None:
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        with pytest.raises(EgressConnectionError, match=r"^TLS handshake: .*mismatch"):
            _send(_secure(authority), f"https://{host}:{server.port}/")
        assert server.requests == []


def test_certificate_of_an_unknown_issuer_is_refused(authority: Authority) -> None:
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        with pytest.raises(EgressConnectionError, match=r"^TLS handshake: unable to get local"):
            _send(_egress(), f"https://{HOST}:{server.port}/")
        assert server.requests == []


def test_plain_server_behind_an_https_url_is_a_connection_error() -> None:
    with (
        ScriptedServer(answers(b"{}"), reads=False) as server,
        pytest.raises(EgressConnectionError, match=r"^TLS handshake: "),
    ):
        _send(_egress(), f"https://{HOST}:{server.port}/")


def test_drip_inside_tls_ends_with_the_deadline(authority: Authority) -> None:
    with ScriptedServer(drips(_HEAD, itertools.repeat(b"x"), 0.01), authority.server) as server:
        url = f"https://{HOST}:{server.port}/"
        seconds, text = _timed(lambda: _send(_secure(authority), url, 0.2), EgressTimeoutError)
    assert seconds < PATIENCE_SECONDS
    assert text == "read: i/o timeout"
