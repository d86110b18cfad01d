"""Does every status number of the protocol reach the client (protocol.md 10)?

599 is not among them: it is a fault of the gateway, and nothing is broken here on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from upgate.answers.responses import STANDARD_STATUS
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said
from upgate_cli.gateway.answer import Answer

_LARGEST_STANDARD = 599
# No route leads there, and no gateway would call it (RFC 5737).
_NOWHERE = "https://callback.upgate-doctor.invalid/"  # RFC 6761: nobody has this name

_STANDARD_MODE = (
    "the front door lets no status above 599 through: deploy with "
    "`sam deploy --parameter-overrides StatusMode=standard`"
)
_NO_CODE = (
    f"{_STANDARD_MODE}; where it is that already, something in front takes X-Upgate-Code away: "
    "let it pass that header on"
)
_REWRITTEN = (
    "something in front rewrites errors (custom error pages of a CDN, a load balancer, a proxy): "
    "turn that off, SDKs send whole files again on other numbers"
)


def _bad_request(probe: Probe) -> Answer:
    return probe.post_form({"token": probe.token(), "key": probe.key("no-file")})


def _forbidden(probe: Probe) -> Answer:
    token = probe.token(scope=f"{probe.patient.bucket}:{probe.prefix}other", isPrefixalScope=0)
    return probe.form("out-of-scope", b"x", token=token)


def _not_found(probe: Probe) -> Answer:
    return probe.download(f"/{probe.prefix}never-stored")


def _wrong_method(probe: Probe) -> Answer:
    return probe.call("DELETE", "/mkblk/1")


def _damaged(probe: Probe) -> Answer:
    return probe.form("damaged", b"x", crc32=1)


def _callback_failed(probe: Probe) -> Answer:
    """With callbackFetchKey the business server comes first: nothing is stored, nor owed."""
    token = probe.token(callbackUrl=_NOWHERE, callbackBody="x=1", callbackFetchKey=1)
    return probe.form("callback-failed", b"x", token=token)


def _no_such_job(probe: Probe) -> Answer:
    return probe.call("GET", "/status/get/prefop?id=upgate-doctor")


def _exists(probe: Probe) -> Answer:
    probe.form("taken", b"one content")
    return probe.form("taken", b"another content")


def _no_bucket(probe: Probe) -> Answer:
    return probe.form("no-bucket", b"x", token=probe.token(scope="upgate-doctor-has-no-bucket"))


def _bad_context(probe: Probe) -> Answer:
    return probe.with_token("POST", "/bput/upgate-doctor/0", b"x")


def _check(number: int, meaning: str, provoke: Callable[[Probe], Answer], word: str) -> Check:
    """`word` stands in the gateway's own text, whatever has become of the number."""
    name = f"{number} {meaning}"

    def run(probe: Probe) -> Iterator[Finding]:
        yield _judge(name, number, provoke(probe), word)

    return Check(name, run)


def _judge(name: str, number: int, answer: Answer, word: str) -> Finding:
    stands_for = answer.headers.get("x-upgate-code")
    if number == answer.status or (
        STANDARD_STATUS.get(number) == answer.status and stands_for == str(number)
    ):
        return _came(name, number, answer, word)
    is_its_refusal = word in answer.error
    if answer.is_gateway and not is_its_refusal and answer.status < 500:
        return Finding.fail(
            name, f"{said(answer)} instead", "the gateway refuses for another reason: see its text"
        )
    return Finding.fail(name, f"{said(answer)} came instead of {number}", _advice(number, answer))


def _advice(number: int, answer: Answer) -> str:
    if number <= _LARGEST_STANDARD:
        return _REWRITTEN
    return _NO_CODE if STANDARD_STATUS.get(number) == answer.status else _STANDARD_MODE


def _came(name: str, number: int, answer: Answer, word: str) -> Finding:
    if not answer.is_gateway or word not in answer.error:
        return Finding.fail(name, f"{number} came, but not the gateway's own answer", _REWRITTEN)
    if answer.status != number:
        return Finding.ok(name, f"as {answer.status} with X-Upgate-Code {number} (StatusMode)")
    return Finding.ok(name, "came through")


SUBJECT = Subject(
    "Status numbers",
    (
        _check(400, "malformed", _bad_request, "file"),
        _check(403, "not allowed", _forbidden, "scope"),
        _check(404, "not found", _not_found, "not found"),
        _check(405, "wrong method", _wrong_method, "method"),
        _check(406, "damaged", _damaged, "crc32"),
        _check(579, "callback failed", _callback_failed, "callback_url"),
        _check(612, "no such job", _no_such_job, "no such"),
        _check(614, "file exists", _exists, "exists"),
        _check(631, "no such bucket", _no_bucket, "no such bucket"),
        _check(701, "invalid ctx", _bad_context, "ctx"),
    ),
)
