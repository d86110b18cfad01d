"""Downloads: redirected to S3, which is reached and has the right bytes."""

from __future__ import annotations

from collections.abc import Iterator

from upgate_cli.doctor.body_checks import EVERY_BYTE
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said
from upgate_cli.errors import HopelessError
from upgate_cli.gateway.answer import Answer

_NAME = "download"
_FIRST, _LAST = 10, 19
_LOG = "read the download function's log"
_S3 = (
    "clients need a way to S3 too: is its host blocked here? If S3 says AccessDenied, the "
    "download function's role was changed"
)


def _whole(probe: Probe) -> Iterator[Finding]:
    probe.form(_NAME, EVERY_BYTE)
    answer = _asked(probe)
    if answer.status == 200 and answer.body == EVERY_BYTE:
        yield Finding.ok("GET", "answered with the right bytes")
        return
    if answer.status != 302:
        yield Finding.fail("GET", said(answer), _LOG)
        return
    try:
        found = probe.follow(answer)
    except HopelessError as error:
        yield Finding.fail("GET", error.message, _S3)
        return
    if found.status == 200 and found.body == EVERY_BYTE:
        yield Finding.ok("GET", "redirected to S3, right bytes")
    else:
        seen = "other bytes than were stored" if found.status == 200 else f"S3 says {found.status}"
        yield Finding.fail("GET", seen, _S3)


def _range(probe: Probe) -> Iterator[Finding]:
    headers = {"Range": f"bytes={_FIRST}-{_LAST}"}
    answer = _asked(probe, headers=headers)
    found = probe.follow(answer, headers=headers) if answer.is_redirect else answer
    if found.status == 206 and found.body == EVERY_BYTE[_FIRST : _LAST + 1]:
        yield Finding.ok("range", "206 with the right bytes")
    else:
        advice = "players cannot seek: let whatever is in front pass Range on"
        yield Finding.fail("range", f"{found.status} with {len(found.body)} bytes", advice)


def _head(probe: Probe) -> Iterator[Finding]:
    answer = _asked(probe, "HEAD")
    found = probe.follow(answer, "HEAD") if answer.is_redirect else answer
    length = found.headers.get("content-length", "none")
    if found.status == 200 and length == str(len(EVERY_BYTE)):
        yield Finding.ok("HEAD", f"200, Content-Length {length}")
    else:
        yield Finding.fail("HEAD", f"{found.status}, Content-Length {length}", _LOG)


def _asked(probe: Probe, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
    return probe.download(f"/{probe.prefix}{_NAME}", method, headers)


SUBJECT = Subject("Downloads", (Check("GET", _whole), Check("range", _range), Check("HEAD", _head)))
