"""How a request ended, in one word and in metrics: what alarms and the dashboard stand on.

| metric | counts |
|---|---|
| `Upload`, `UploadBytes`, `UploadMilliseconds` | objects stored, their bytes, the time each took |
| `UploadRepeated` | answers given again to a client that had lost them |
| `UploadRefused` | refusals, also by class: 4xx, 5xx (579 with nothing stored), 6xx, 7xx |
| `UploadFailed` | 599 and other faults of ours |
| `CallbackAccepted`, `CallbackFailed` | callbacks, each with all its URLs |
| `NotificationAccepted`, `NotificationFailed` | the same of a job's end |
| `RedeliveryAccepted`, `RedeliveryFailed` | callbacks delivered later, and given up |
| `JobDone`, `JobFailed` | jobs that ended |
| `MessageFailed` | messages that come again after a fault |
| `TokenIssued`, `TokenRefused`, `TokenFailed` | `POST /token` |
| `Download`, `DownloadRefused`, `DownloadFailed` | `GET` and `HEAD` |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upgate.answers.request_record import RequestRecord
from upgate.errors import (
    CallbackFailedError,
    MethodNotAllowedError,
    NotFoundError,
    UpgateError,
)
from upgate_aws.emf import Metric

OK = "OK"
# Nobody's upload: a path or a method that is none of the gateway's.
_NO_ROUTE = (NotFoundError.code, MethodNotAllowedError.code)


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """One answered request: `status` is the protocol's number, also behind a redirect."""

    status: int
    code: str
    milliseconds: int
    record: RequestRecord

    @property
    def outcome(self) -> str:
        """One word for people."""
        if self.status == CallbackFailedError.status:
            return "callback_failed"
        if 500 <= self.status <= UpgateError.status:
            return "failed"
        if self.status >= 400:
            return "refused"
        if self.record.is_repetition:
            return "repeated"
        return "answered" if self.record.stored_bytes is None else "stored"


type Measure = Callable[[RequestEnd], tuple[Metric, ...]]


def none(_: RequestEnd) -> tuple[Metric, ...]:
    """For functions whose requests nobody is woken for."""
    return ()


def of_upload(end: RequestEnd) -> tuple[Metric, ...]:
    """One-shot and resumable uploads; a block or a part that was taken is no upload yet."""
    if end.outcome == "refused":
        return () if end.code in _NO_ROUTE else (_refused("UploadRefused", end.status),)
    if end.outcome == "failed":
        return (Metric("UploadFailed"),)
    if end.outcome == "repeated":
        return (Metric("UploadRepeated"),)
    if end.record.stored_bytes is None:
        # 579 with nothing stored: the business server was asked first, and said no.
        return (_refused("UploadRefused", end.status),) if end.status >= 400 else ()
    return (
        Metric("Upload"),
        Metric("UploadBytes", end.record.stored_bytes, "Bytes"),
        Metric("UploadMilliseconds", end.milliseconds, "Milliseconds"),
    )


def of_token(end: RequestEnd) -> tuple[Metric, ...]:
    """`POST /token`."""
    return (Metric(_by_outcome(end, "TokenIssued", "Token")),)


def of_download(end: RequestEnd) -> tuple[Metric, ...]:
    """Objects, results and styles."""
    return (Metric(_by_outcome(end, "Download", "Download")),)


def of_callback(*, accepted: bool, is_notification: bool) -> tuple[Metric, ...]:
    """What the callback function brought back."""
    subject = "Notification" if is_notification else "Callback"
    return (Metric(f"{subject}{'Accepted' if accepted else 'Failed'}"),)


def _by_outcome(end: RequestEnd, success: str, subject: str) -> str:
    return {"refused": f"{subject}Refused", "failed": f"{subject}Failed"}.get(end.outcome, success)


def _refused(name: str, status: int) -> Metric:
    return Metric(name, status_class=f"{status // 100}xx")
