"""Is it there: address, TLS, plain HTTP, clock, and what every answer has to carry."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said

CERTIFICATE_DAYS = 14  # less than this left, and a renewal has not worked
SKEW_OK_SECONDS = 5.0
SKEW_WARN_SECONDS = 60.0
HTTP_PORT = 80
_CONNECT_SECONDS = 5.0
_DAY_SECONDS = 86400


def _address(probe: Probe) -> Iterator[Finding]:
    """A form without anything: a gateway refuses it in the protocol's own words."""
    answer = probe.post_form({"key": f"{probe.prefix}nothing"})
    if answer.is_redirect:
        yield Finding.fail(
            "address",
            f"{answer.status} to {answer.headers['location']}",
            "use the address that it redirects to: SDKs do not follow redirects of an upload",
        )
    elif not answer.is_gateway or "x-log" not in answer.headers:
        yield Finding.fail(
            "address",
            f"{said(answer)} without X-Reqid and X-Log",
            "is this Upgate's address, without a path? If so, something in front of it removes "
            "headers; Android and iOS give up without these two",
        )
    elif answer.headers.get("content-type") != "application/json":
        yield Finding.fail(
            "address",
            f"Content-Type {answer.headers.get('content-type')}",
            "something in front changes it; SDKs want exactly application/json",
        )
    else:
        yield Finding.ok("address", "an upload gateway answers")


def _tls(probe: Probe) -> Iterator[Finding]:
    parts = urlsplit(probe.patient.url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        if probe.patient.is_on_this_machine:
            yield Finding.ok("TLS", "none: on this machine")
            return
        yield Finding.fail(
            "TLS", "plain HTTP", "give https://: tokens and files travel readable otherwise"
        )
        return
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, parts.port or 443), _CONNECT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate, version = secured.getpeercert() or {}, secured.version()
    except OSError as error:  # ssl.SSLError is one
        yield Finding.warn("TLS", type(error).__name__, "look at the certificate with openssl")
        return
    ends = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "")))
    days = int((ends - time.time()) // _DAY_SECONDS)
    seen = f"{version}, certificate good for {days} days"
    if days < CERTIFICATE_DAYS:
        yield Finding.warn("TLS", seen, "renew the certificate; has ACM's own renewal failed?")
    else:
        yield Finding.ok("TLS", seen)


def _plain_http(probe: Probe) -> Iterator[Finding]:
    parts = urlsplit(probe.patient.url)
    if parts.scheme != "https":
        return
    connection = http.client.HTTPConnection(
        parts.hostname or "", HTTP_PORT, timeout=_CONNECT_SECONDS
    )
    try:
        connection.request("POST", "/", b"")
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException):
        yield Finding.ok("plain HTTP", "closed")
        return
    finally:
        connection.close()
    location = answer.getheader("Location") or ""
    if location.startswith("https://") or answer.status in (403, 426):
        yield Finding.ok("plain HTTP", f"{answer.status}: no upload")
    else:
        yield Finding.warn(
            "plain HTTP",
            f"{answer.status} without TLS",
            "close port 80, or redirect it: a client with http:// sends its token readable",
        )


def _clock(probe: Probe) -> Iterator[Finding]:
    began = time.time()
    answer = probe.call("GET", "/v4/query")
    ended = time.time()
    try:
        theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        yield Finding.warn("clock", "no Date header", "something in front removes it")
        return
    # The header has whole seconds, cut off.
    skew = max(began - (theirs + 1), theirs - ended, 0.0)
    seen = f"differs from this machine's by {skew:.0f} s"
    if skew <= SKEW_OK_SECONDS:
        yield Finding.ok("clock", seen)
        return
    advice = "set this machine's clock (NTP): tokens signed here expire too early or too late"
    if skew <= SKEW_WARN_SECONDS:
        yield Finding.warn("clock", seen, advice)
    else:
        yield Finding.fail("clock", seen, advice)


SUBJECT = Subject(
    "Connection",
    (
        Check("address", _address, is_gate=True),
        Check("TLS", _tls),
        Check("plain HTTP", _plain_http),
        Check("clock", _clock),
    ),
)
