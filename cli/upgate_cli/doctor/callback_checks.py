"""Callbacks: do they leave the stack, arrive signed, and does the answer come back?

Two steps, because a callback that fails is owed for a day. The first, with `callbackFetchKey`, asks
the business server before anything is stored and so leaves nothing behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from upgate.contents import qetag
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said, text_field
from upgate_cli.errors import HopelessError
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient

_OWN = "to the gateway itself"
_YOURS = "to your server"
_FORGED = "a forged one to it"
_BODY = "key=$(key)&hash=$(etag)&upgate_doctor=1"
_FORM = "application/x-www-form-urlencoded"
_DATA = b"upgate doctor"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the last attempt went: the server's status, 0 when there was no answer."""

    status: int
    error: str


def _to_itself(probe: Probe) -> Iterator[Finding]:
    """`/stat` takes the signature of a callback, checks it, and answers with JSON: a server.

    So the way out, the signature and the way back are tried without one of the operator's.
    """
    probe.form("stat", _DATA)
    url = f"{probe.patient.url}/stat/{probe.entry(probe.key('stat'))}"
    outcome = _asked(probe, url)
    if isinstance(outcome, Finding):
        yield outcome
        return
    if outcome.status != 200:
        yield _not_accepted(_OWN, outcome, is_own=True)
        return
    token = probe.token(callbackUrl=url, callbackBody=_BODY)
    answer = probe.form("called-back", _DATA, token=token)
    if answer.status == 200 and text_field(answer, "hash") == qetag.of(_DATA):
        yield Finding.ok(_OWN, "signature verified, answer relayed")
    else:
        yield Finding.fail(_OWN, said(answer), "read the callback function's log")


def _to_yours(probe: Probe) -> Iterator[Finding]:
    url = probe.patient.callback_url
    if url is None:
        return
    outcome = _asked(probe, url)
    if isinstance(outcome, Finding):
        yield outcome
    elif outcome.status == 200:
        yield Finding.ok(_YOURS, "reached, and answered with 200")
        yield _forged(probe, url)
    else:
        yield _not_accepted(_YOURS, outcome, is_own=False)


def _asked(probe: Probe, url: str) -> _Outcome | Finding:
    """The first step: 579 tells of the attempt, 200 and 403 that the server named a key."""
    token = probe.token(callbackUrl=url, callbackBody=_BODY, callbackFetchKey=1)
    answer = probe.form("asked", _DATA, token=token)
    if answer.status in (200, 403):
        return _Outcome(200, "")
    try:
        told = json.loads(answer.error)
        code, error = int(told["err_code"]), str(told["error"])
    except (ValueError, KeyError, TypeError):
        check = _OWN if url.startswith(probe.patient.url) else _YOURS
        return Finding.fail(check, said(answer), "read the callback function's log")
    return _Outcome(0 if error.startswith("Post ") else code, error.rpartition(": ")[2])


def _not_accepted(check: str, outcome: _Outcome, *, is_own: bool) -> Finding:
    if "allow-list" in outcome.error:
        advice = "add the host to CallbackHosts, and deploy"
        if is_own:
            advice = "nothing: CallbackHosts lists other hosts. Try one of them with --callback"
            return Finding.warn(check, outcome.error, advice)
        return Finding.fail(check, outcome.error, advice)
    if outcome.status == 0:
        advice = (
            "is it public, with a valid certificate, on port 80, 443 or above 1023? Callbacks go "
            "to no private address"
        )
    elif outcome.status in (401, 403):
        advice = (
            "it does not believe the signature: has it this key pair, and the URL as it is here?"
        )
    else:
        advice = "the answer to a callback has to be 200 with JSON, best an object"
    seen = f"answered {outcome.status}" if outcome.status else f"not reached: {outcome.error}"
    return Finding.fail(check, seen, advice)


def _forged(probe: Probe, url: str) -> Finding:
    """The same callback from here, signed by nobody: whoever takes it takes anybody's."""
    parts = urlsplit(url)
    client = GatewayClient(f"{parts.scheme}://{parts.netloc}", probe.patient.client.cancelled)
    headers = {"Authorization": f"QBox {probe.patient.pair.access_key}:forged"}
    body = f"key={probe.prefix}forged&hash=&upgate_doctor=1".encode()
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        answer = client.send_once(Call("POST", path, headers | {"Content-Type": _FORM}, body))
    except HopelessError:
        advice = "nothing, if it is to be reached from elsewhere only"
        return Finding.warn(_FORGED, "not tried: not reached from this machine", advice)
    finally:
        client.close()
    return _judge_forged(answer)


def _judge_forged(answer: Answer) -> Finding:
    if answer.status == 200:
        return Finding.fail(
            _FORGED,
            "answered with 200",
            "verify Authorization (docs/wiring), or anybody can tell it of uploads",
        )
    return Finding.ok(_FORGED, f"refused with {answer.status}")


SUBJECT = Subject("Callbacks", (Check(_OWN, _to_itself), Check(_YOURS, _to_yours)))
