"""Processing: a picture described, made smaller by URL, and a job run after an upload."""

from __future__ import annotations

import time
from collections.abc import Iterator

from upgate_cli.doctor import sample_picture
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said, text_field
from upgate_cli.gateway.answer import Answer

_PICTURE = "picture.png"
_SMALLER = "imageView2/2/w/8/format/png"
_JOB = "asyncOps job"
_DONE, _FAILED = 0, 3  # protocol.md 9.2
JOB_SECONDS = 90.0
_POLL_SECONDS = 0.5
_BEING_MADE_SECONDS = 20.0
_LOG = "read the download function's log; is its media layer there, and has it memory?"
_OPS_LOG = "read the asyncops function's log, and look into its queue and dead-letter queue"


def _info(probe: Probe) -> Iterator[Finding]:
    probe.form(_PICTURE, sample_picture.png())
    answer = probe.download(f"/{probe.prefix}{_PICTURE}?imageInfo")
    if _takes_styles_only(answer):
        yield _styles_only("imageInfo")
        return
    document = answer.document
    size = (document.get("width"), document.get("height")) if isinstance(document, dict) else None
    if answer.status == 200 and size == (sample_picture.WIDTH, sample_picture.HEIGHT):
        yield Finding.ok("imageInfo", f"{size[0]} x {size[1]}")
    else:
        yield Finding.fail("imageInfo", said(answer), _LOG)


def _view(probe: Probe) -> Iterator[Finding]:
    answer = _made(probe)
    if _takes_styles_only(answer):
        yield _styles_only("imageView2")
        return
    found = probe.follow(answer) if answer.is_redirect else answer
    size = sample_picture.size_of(found.body)
    if found.status == 200 and size is not None and size[0] == 8:
        yield Finding.ok("imageView2", f"made, {size[0]} x {size[1]}")
    else:
        yield Finding.fail("imageView2", said(found)[:100], _LOG)


def _made(probe: Probe) -> Answer:
    """202 says that it is being made (DESIGN "Download")."""
    ends_at = time.monotonic() + _BEING_MADE_SECONDS
    while True:
        answer = probe.download(f"/{probe.prefix}{_PICTURE}?{_SMALLER}")
        if answer.status != 202 or time.monotonic() > ends_at:
            return answer
        time.sleep(_POLL_SECONDS)


def _takes_styles_only(answer: Answer) -> bool:
    return answer.status == 403 and "styles only" in answer.error


def _styles_only(check: str) -> Finding:
    return Finding.warn(
        check,
        "not tried: the bucket takes styles only",
        "nothing, or `upgate access --any-command`",
    )


def _job(probe: Probe) -> Iterator[Finding]:
    """The result goes under a key of the doctor's own (saveas), so that it can be removed."""
    target = probe.entry(probe.key("job.png"))
    token = probe.token(asyncOps=f"imageView2/2/w/4/format/png|saveas/{target}")
    stored = probe.form("job-source.png", sample_picture.png(), token=token)
    job_id = text_field(stored, "persistentId")
    if stored.status != 200 or not job_id:
        yield Finding.fail(
            _JOB, f"{said(stored)}, no persistentId", "read the upload function's log"
        )
        return
    began = time.monotonic()
    status = None
    while time.monotonic() - began < JOB_SECONDS:
        answer = probe.call("GET", f"/status/get/prefop?id={job_id}")
        document = answer.document
        status = document.get("code") if isinstance(document, dict) else None
        if answer.status != 200 or status in (_DONE, _FAILED):
            break
        time.sleep(_POLL_SECONDS)
    yield _judge_job(status, time.monotonic() - began)


def _judge_job(status: object, seconds: float) -> Finding:
    if status == _DONE:
        return Finding.ok(_JOB, f"done after {seconds:.0f} s")
    if status == _FAILED:
        return Finding.fail(_JOB, "failed, for a picture that is good", _OPS_LOG)
    if status is None:
        return Finding.fail(_JOB, "no status to be had", "read the query function's log")
    return Finding.fail(_JOB, f"not done after {seconds:.0f} s", _OPS_LOG)


SUBJECT = Subject(
    "Processing",
    (Check("imageInfo", _info), Check("imageView2", _view), Check(_JOB, _job)),
)
