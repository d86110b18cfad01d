"""The doctor's look at TLS and at plain HTTP, over a TLS server on loopback."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes import loopback
from tests.fakes.loopback import Reply
from tests.fakes.upload_gateway import BUCKET, PAIR
from tests.unit.scripted_server import Authority, ScriptedServer, answers, make_authority
from upgate_cli.doctor import connection_checks
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Patient, Probe
from upgate_cli.gateway.client import GatewayClient


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory: Path = tmp_path_factory.mktemp("authority")
    return make_authority(directory, "localhost")


def found(check: str, url: str) -> list[Finding]:
    """What one check finds at an address."""
    patient = Patient(GatewayClient(url, threading.Event()), PAIR, BUCKET)
    [run] = [item.run for item in connection_checks.SUBJECT.checks if item.name == check]
    return list(run(Probe(patient)))


@pytest.mark.parametrize(("days", "result"), [(1, "warn"), (0, "ok")])
def test_a_certificate_near_its_end_is_told(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, days: int, result: str
) -> None:
    """The certificate of the tests is good for an hour: for zero whole days."""
    monkeypatch.setattr(connection_checks, "CERTIFICATE_DAYS", days)
    monkeypatch.setattr(ssl, "create_default_context", lambda: authority.client)
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        [finding] = found("TLS", f"https://localhost:{server.port}")
    assert (finding.verdict, finding.seen) == (result, "TLSv1.3, certificate good for 0 days")


def test_a_certificate_that_nobody_trusts_is_told(authority: Authority) -> None:
    with ScriptedServer(answers(b"{}"), authority.server) as server:
        [finding] = found("TLS", f"https://localhost:{server.port}")
    assert finding.seen == "SSLCertVerificationError"


def test_no_tls_is_a_failure_but_for_this_machine() -> None:
    assert found("TLS", "http://up.example.com")[0].verdict == "fail"
    assert found("TLS", "http://127.0.0.1:1")[0].verdict == "ok"


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (Reply(301, b"", {"Location": "https://localhost/"}), "ok"),
        (Reply(403), "ok"),
        (Reply(301, b"", {"Location": "http://localhost/x"}), "warn"),
        (Reply(401), "warn"),
    ],
)
def test_an_open_port_without_tls_is_told(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, result: str
) -> None:
    with loopback.serve(lambda _: reply) as url:
        monkeypatch.setattr(connection_checks, "HTTP_PORT", urlsplit(url).port)
        [finding] = found("plain HTTP", "https://127.0.0.1")
    assert finding.verdict == result


def test_a_closed_port_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_checks, "HTTP_PORT", 1)
    assert [finding.seen for finding in found("plain HTTP", "https://127.0.0.1")] == ["closed"]
