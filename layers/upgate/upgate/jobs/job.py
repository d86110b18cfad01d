"""A job of processing commands, and how far each of them is (protocol.md 9.1 and 9.2)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import IntEnum

UPLOAD_PREFIX = "up."  # ids of jobs that an upload owes: the rest is the upload's own id
_PFOP_PREFIX = "z0."  # Kodo's own shape, region and 24 hexadecimal digits


class Code(IntEnum):
    """Kodo's numbers, of a job and of each of its items."""

    DONE = 0
    WAITING = 1
    PROCESSING = 2
    FAILED = 3
    NOTIFY_FAILED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One command of a job; `etag` and `key` are the result's, `error` says why there is none."""

    number: int
    text: str
    code: Code = Code.WAITING
    error: str = ""
    etag: str = ""
    key: str = ""
    was_stored: bool = False
    attempts: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it still has to be run."""
        return self.code in (Code.WAITING, Code.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done with one object; `access_key` names the pair that asked for it."""

    job_id: str
    reqid: str
    bucket: str
    key: str
    etag: str
    created_at: int
    access_key: str
    notify_url: str | None = None
    pipeline: str | None = None
    kind: int = 0
    """`persistentType` or pfop's `type`: 1 asks for idle capacity; here both run alike."""
    force: bool = False
    """Run the commands again although their results are stored."""
    notify_code: Code = Code.WAITING
    items: tuple[Item, ...] = field(default=())

    @property
    def open_items(self) -> tuple[Item, ...]:
        """What still has to be run."""
        return tuple(item for item in self.items if item.is_open)

    @property
    def code(self) -> Code:
        """The job's own number: of its items, then of its notification."""
        codes = {item.code for item in self.items}
        if codes == {Code.WAITING}:
            return Code.WAITING
        if codes & {Code.WAITING, Code.PROCESSING}:
            return Code.PROCESSING
        if Code.FAILED in codes:
            return Code.FAILED
        return Code.NOTIFY_FAILED if self.notify_code is Code.NOTIFY_FAILED else Code.DONE


def new_pfop_id() -> str:
    """The id of a job that `POST /pfop/` starts."""
    return _PFOP_PREFIX + secrets.token_hex(12)


def upload_id_of(job_id: str) -> str | None:
    """The upload that owes a job, None for one that was asked for otherwise."""
    return job_id.removeprefix(UPLOAD_PREFIX) if job_id.startswith(UPLOAD_PREFIX) else None
