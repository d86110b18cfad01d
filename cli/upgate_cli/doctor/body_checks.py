"""Do bodies arrive undamaged: bytes, base64, text types, and sizes up to the limit (aws.md 2)."""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Iterator

from upgate import encoding
from upgate.contents import qetag
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said, text_field
from upgate_cli.errors import HopelessError
from upgate_cli.gateway.answer import Answer

EVERY_BYTE = bytes(range(256)) + b"\r\n--\r\n\xff\xfe\x00"
_TEXT = "naïve 文字\r\n\ttext".encode()
_SDK_CHUNK_BYTES = 4 * 1024 * 1024  # what SDKs send at once
_TOO_LARGE_BYTES = 5 * 1024 * 1024  # above limits.REQUEST_BODY_BYTES, below the front door's own
_BINARY = (
    "something in front treats bodies as text: bytes have to be passed on as they are, or in "
    "base64 with isBase64Encoded (REST API: BinaryMediaTypes */*)"
)

_HEADER = "something in front takes the header Authorization away: let it pass on"


def _multipart(probe: Probe) -> Iterator[Finding]:
    yield _stored("every byte in a form", probe.form("bytes", EVERY_BYTE), EVERY_BYTE)


def _text_in_form(probe: Probe) -> Iterator[Finding]:
    answer = probe.form("text-é文", _TEXT, content_type="text/plain")
    finding = _stored("text file, UTF-8 key", answer, _TEXT)
    if answer.status == 200 and text_field(answer, "key") != f"{probe.prefix}text-é文":
        finding = Finding.fail(finding.check, "stored under another key", _BINARY)
    yield finding


def _putb64(probe: Probe) -> Iterator[Finding]:
    key = encoding.encode(probe.key("b64").encode())
    body = base64.b64encode(EVERY_BYTE)
    answer = probe.with_token("POST", f"/putb64/{len(EVERY_BYTE)}/key/{key}", body)
    yield _stored("putb64", answer, EVERY_BYTE)


def _stored(check: str, answer: Answer, data: bytes) -> Finding:
    if answer.status == 200 and text_field(answer, "hash") == qetag.of(data):
        return Finding.ok(check, "arrived undamaged")
    return _damaged(check, "stored damaged", answer)


def _octets(probe: Probe) -> Iterator[Finding]:
    yield _block("application/octet-stream", EVERY_BYTE, _make_block(probe, EVERY_BYTE))


def _text_type(probe: Probe) -> Iterator[Finding]:
    yield _block("text/plain", _TEXT, _make_block(probe, _TEXT, "text/plain"))


def _mislabelled(probe: Probe) -> Iterator[Finding]:
    """The front door hands text types over as text: bytes that are none are lost by then."""
    check = "bytes labelled text/plain"
    answer = _make_block(probe, EVERY_BYTE, "text/plain")
    if answer.status == 400 and answer.is_gateway:
        yield Finding.ok(check, "refused with 400, not stored damaged")
    else:
        yield _block(check, EVERY_BYTE, answer)


def _make_block(
    probe: Probe, data: bytes, content_type: str = "application/octet-stream"
) -> Answer:
    return probe.with_token("POST", f"/mkblk/{len(data)}", data, content_type)


def _block(check: str, data: bytes, answer: Answer) -> Finding:
    document = answer.document
    checksum = document.get("crc32") if isinstance(document, dict) else None
    if answer.status == 200 and checksum == zlib.crc32(data):
        return Finding.ok(check, "arrived undamaged")
    return _damaged(check, "arrived damaged", answer)


def _damaged(check: str, words: str, answer: Answer) -> Finding:
    seen = words if answer.status == 200 else said(answer)
    has_no_token = answer.status == 401 and "not specified" in answer.error
    return Finding.fail(check, seen, _HEADER if has_no_token else _BINARY)


def _sdk_chunk(probe: Probe) -> Iterator[Finding]:
    check = "4 MiB at once"
    data = random.Random(6).randbytes(_SDK_CHUNK_BYTES)  # noqa: S311 - filling
    try:
        answer = probe.form("4-mib", data)
    except HopelessError:
        yield Finding.fail(check, "the connection broke", _body_limit())
        return
    if answer.status == 413:
        yield Finding.fail(check, said(answer), _body_limit())
    else:
        yield _stored(check, answer, data)


def _body_limit() -> str:
    return (
        "a proxy in front takes less than SDKs send at once: raise its limit to 5 MiB "
        "(nginx: client_max_body_size)"
    )


def _too_large(probe: Probe) -> Iterator[Finding]:
    check = "5 MiB at once"
    try:
        answer = probe.form("too-large", bytes(_TOO_LARGE_BYTES))
    except HopelessError:
        yield Finding.fail(
            check,
            "the connection broke before an answer",
            "a proxy in front hangs up on large bodies: let it read on and pass the 413 back",
        )
        return
    yield _judge_413(check, answer)


def _judge_413(check: str, answer: Answer) -> Finding:
    if answer.status != 413:
        return Finding.fail(
            check, f"{said(answer)} came", "should be 413: SDKs send again on anything else"
        )
    if answer.is_gateway and "error" in answer.body.decode(errors="replace"):
        return Finding.ok(check, "the protocol's own 413, with X-Reqid")
    return Finding.warn(
        check,
        "the gateway's bare 413, without X-Reqid and CORS",
        "nothing, if apps send files above 4 MiB in parts, as all SDKs do; else deploy "
        "with --parameter-overrides CloudFront=pass for the protocol's own, which bills what "
        "clients send by the GB: 1 MB forms cost 2.7 to 14 times as much (docs/cost.md)",
    )


SUBJECT = Subject(
    "Bodies",
    (
        Check("every byte in a form", _multipart),
        Check("text file, UTF-8 key", _text_in_form),
        Check("putb64", _putb64),
        Check("application/octet-stream", _octets),
        Check("text/plain", _text_type),
        Check("bytes labelled text/plain", _mislabelled),
        Check("4 MiB at once", _sdk_chunk),
        Check("5 MiB at once", _too_large),
    ),
)
