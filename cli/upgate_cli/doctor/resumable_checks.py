"""Uploads in blocks (v1) and in parts (v2), and what they say of a lost upload."""

from __future__ import annotations

import json
from collections.abc import Iterator

from upgate import encoding, limits
from upgate.contents import qetag
from upgate_cli.doctor.body_checks import EVERY_BYTE
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said, text_field
from upgate_cli.gateway.answer import Answer

_BLOCKS = "v1 in two chunks"
_PARTS = "v2 in two parts"
_LISTED = "v2, parts are listed"
_LOST = "v2, an unknown upload"
_LOG = "read the resumable function's log"
_HOST = "v1, where it goes on"
_ADDRESS = "SDKs go on there: if clients cannot, pass the Host on, or deploy with PublicUrl"
_ROUTE = (
    "GET /buckets/{proxy+} has to go to the resumable function: the route GET /{proxy+} takes it. "
    "Deploy this version's template"
)
_JSON = "application/json"


def _v1(probe: Probe) -> Iterator[Finding]:
    half = len(EVERY_BYTE) // 2
    made = probe.with_token("POST", f"/mkblk/{len(EVERY_BYTE)}", EVERY_BYTE[:half])
    if made.status != 200:
        yield Finding.fail(_BLOCKS, f"mkblk: {said(made)}", _LOG)
        return
    host = text_field(made, "host")
    grown = probe.with_token("POST", f"/bput/{text_field(made, 'ctx')}/{half}", EVERY_BYTE[half:])
    if grown.status != 200:
        yield Finding.fail(_BLOCKS, f"bput: {said(grown)}", _LOG)
        return
    key = encoding.encode(probe.key("blocks").encode())
    ctx = text_field(grown, "ctx").encode()
    path = f"/mkfile/{len(EVERY_BYTE)}/key/{key}"
    yield _whole(_BLOCKS, probe.with_token("POST", path, ctx, "text/plain"), EVERY_BYTE)
    yield _host(probe, host)


def _host(probe: Probe, host: str) -> Finding:
    """SDKs send a block's next chunk to the `host` of the answer (protocol.md 3)."""
    if host.rstrip("/") == probe.patient.url:
        return Finding.ok(_HOST, host)
    if host:
        return Finding.warn(_HOST, host, _ADDRESS)
    return Finding.fail(_HOST, "no host in the answer of mkblk", _LOG)


def _v2(probe: Probe) -> Iterator[Finding]:
    parts = (bytes(limits.PART_BYTES), EVERY_BYTE)
    key = encoding.encode(probe.key("parts").encode())
    path = f"/buckets/{probe.patient.bucket}/objects/{key}/uploads"
    begun = probe.with_token("POST", path)
    upload_id = text_field(begun, "uploadId")
    if begun.status != 200 or not upload_id:
        yield Finding.fail(_PARTS, f"initiate: {said(begun)}", _LOG)
        return
    for number, data in enumerate(parts, 1):
        sent = probe.with_token("PUT", f"{path}/{upload_id}/{number}", data)
        if sent.status != 200 or text_field(sent, "etag") != qetag.of(data):
            yield Finding.fail(_PARTS, f"part {number}: {said(sent)}", _LOG)
            return
    yield _listed(probe.with_token("GET", f"{path}/{upload_id}"), len(parts))
    listed = [{"partNumber": n, "etag": qetag.of(data)} for n, data in enumerate(parts, 1)]
    body = json.dumps({"parts": listed}).encode()
    answer = probe.with_token("POST", f"{path}/{upload_id}", body, _JSON)
    yield _whole_of_parts(answer, parts)


def _listed(answer: Answer, count: int) -> Finding:
    """SDKs that go on ask what is there; a download's answer would be a 404 of another kind."""
    document = answer.document
    found = document.get("parts") if isinstance(document, dict) else None
    if answer.status == 200 and isinstance(found, list) and len(found) == count:
        return Finding.ok(_LISTED, f"{count} of them")
    return Finding.fail(_LISTED, said(answer), _ROUTE)


def _whole_of_parts(answer: Answer, parts: tuple[bytes, ...]) -> Finding:
    etag = qetag.from_parts([(len(data), qetag.of(data)) for data in parts])
    if answer.status == 200 and text_field(answer, "hash") == etag:
        return Finding.ok(_PARTS, "whole")
    return Finding.fail(_PARTS, f"complete: {said(answer)}", _LOG)


def _whole(check: str, answer: Answer, data: bytes) -> Finding:
    if answer.status == 200 and text_field(answer, "hash") == qetag.of(data):
        return Finding.ok(check, "whole")
    return Finding.fail(check, f"mkfile: {said(answer)}", _LOG)


def _lost(probe: Probe) -> Iterator[Finding]:
    """SDKs begin anew on this very text (protocol.md 4)."""
    key = encoding.encode(probe.key("lost").encode())
    path = f"/buckets/{probe.patient.bucket}/objects/{key}/uploads/upgate-doctor/1"
    answer = probe.with_token("PUT", path, b"x")
    if answer.code == 612 and "no such uploadId" in answer.error:
        yield Finding.ok(_LOST, "612 no such uploadId")
    else:
        yield Finding.fail(_LOST, said(answer), "SDKs begin anew only on 612 no such uploadId")


SUBJECT = Subject(
    "Resumable uploads", (Check(_BLOCKS, _v1), Check(_PARTS, _v2), Check(_LOST, _lost))
)
