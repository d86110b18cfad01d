"""Tokens: a good one is taken, bad ones are refused as SDKs expect, and strangers get none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from upgate.contents import qetag
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said, text_field
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.complaint import refusal

_AN_HOUR = 3600
_MEASURED = 3
_CLOUDFRONT = "x-amz-cf-id"  # on every answer that passed it
_TOKEN_ENDPOINT = "token endpoint"  # noqa: S105 - its name


def _good(probe: Probe) -> Iterator[Finding]:
    """The first upload; everything after it needs that it works."""
    data = b"upgate doctor"
    seconds = []
    for number in range(_MEASURED):
        began = time.monotonic()
        answer = probe.form(f"small-{number}", data)
        seconds.append(time.monotonic() - began)
        if answer.status != 200:
            complaint = refusal(probe.patient.url, answer).message
            seen, _, advice = complaint.partition(": ")
            yield Finding.fail("signed here", seen, advice or "read the upload function's log")
            return
    if text_field(answer, "hash") != qetag.of(data):
        yield Finding.fail(
            "signed here", "200 with another hash than the content's", "something changes bodies"
        )
        return
    yield Finding.ok("signed here", "a small form is stored")
    yield Finding.ok(
        "time of an upload", f"{min(seconds):.2f} s at best, the first {seconds[0]:.2f} s"
    )


def _expired(probe: Probe) -> Iterator[Finding]:
    token = probe.token(deadline=int(time.time()) - _AN_HOUR)
    yield _refused("expired an hour ago", probe.form("expired", b"x", token=token))


def _forged(probe: Probe) -> Iterator[Finding]:
    patient = probe.patient
    policy = {"scope": patient.bucket, "deadline": int(time.time()) + _AN_HOUR}
    forger = KeyPair(patient.pair.access_key, "not the secret key")
    token = upload_token.sign(json.dumps(policy).encode(), forger)
    yield _refused("wrong signature", probe.form("forged", b"x", token=token))


def _refused(check: str, answer: Answer) -> Finding:
    if answer.status == 401 and answer.is_gateway:
        return Finding.ok(check, said(answer))
    if answer.status == 200:
        return Finding.fail(
            check, "taken", "this is not the gateway that it should be: do not use this stack"
        )
    return Finding.fail(
        check, said(answer), "should be 401 with X-Reqid: something in front rewrites answers"
    )


def _endpoint(probe: Probe) -> Iterator[Finding]:
    """`POST /token` without saying who asks; an open one gives or knows no preset."""
    headers = {"Content-Type": "application/json"}
    answer = probe.call("POST", "/token", headers, b'{"preset":"default"}')
    if answer.status == 403 and _CLOUDFRONT in answer.headers:
        # The signature covers the host, which CloudFront replaces by the API's own.
        yield Finding.warn(
            _TOKEN_ENDPOINT,
            "closed, and AWS signatures over this host are no good: CloudFront is in front",
            "have callers sign for the output ApiUrl (`upgate token --api-url`), or deploy with "
            "--parameter-overrides JwtIssuer=... JwtAudience=...",
        )
    elif answer.status in (401, 403):
        yield Finding.ok(_TOKEN_ENDPOINT, f"closed: {answer.status} without identity")
    elif answer.status in (200, 404) and answer.is_gateway:
        seen = "open: anybody gets upload tokens"
        if probe.patient.is_on_this_machine:
            yield Finding.warn(_TOKEN_ENDPOINT, seen, "right for this machine, not for a server")
        else:
            yield Finding.fail(
                _TOKEN_ENDPOINT, seen, "deploy the template as it is (IAM), or with JwtIssuer"
            )
    else:
        yield Finding.fail(_TOKEN_ENDPOINT, said(answer), "read the token function's log")


SUBJECT = Subject(
    "Tokens",
    (
        Check("signed here", _good, is_gate=True),
        Check("expired an hour ago", _expired),
        Check("wrong signature", _forged),
        Check(_TOKEN_ENDPOINT, _endpoint),
    ),
)
