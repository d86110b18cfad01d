"""Running jobs: each command once, failures told apart, the business server told at the end.

What cannot work (a bad command, a broken file) ends as code 3 and is never tried again. What may
pass (S3, the ledger, a result in the making elsewhere) leaves the command open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.errors import (
    FopError,
    InvalidArgumentError,
    NoSuchBucketError,
    ResultBusyError,
    StorageFailedError,
    TooSlowError,
)
from upgate.fops import fop
from upgate.fops.fop import Pipe
from upgate.fops.result_store import Result
from upgate.fops.saved_result import ResultSaver
from upgate.jobs import notification
from upgate.jobs.job import Code, Item, Job
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_message import MakeResult, Notify, OpsMessage, RunJob
from upgate.jobs.ops_queue import OpsQueue
from upgate.jobs.work_end import WorkEnd
from upgate.objects import storage
from upgate.objects.source_object import SourceObject

BUSY_DELAY_SECONDS = 5
_LEAST_SECONDS = 60.0  # with less, the rest of a job is for an invocation of its own

type Make = Callable[[SourceObject, Pipe, bool], tuple[Result, bool]]
"""The result of a pipe, and whether it was there already; `force` makes it anew.

Raises FopError, ResultBusyError or StorageFailedError.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPorts:
    """The outside world of a job."""

    buckets: Mapping[str, str]
    find: Callable[[str, str], SourceObject | None]
    jobs: JobStore
    queue: OpsQueue
    make: Make
    saver: ResultSaver
    call_back: Callable[[CallbackRequest], CallbackOutcome]
    seconds_left: Callable[[], float]
    time_zone: tzinfo
    heavy_queue: OpsQueue | None = None
    """Of a function with more processors, for what would take too long here."""


class JobRunner:
    """Works on the messages of an operations' queue; one instance serves a whole function."""

    def __init__(self, ports: JobPorts) -> None:
        self._ports = ports

    def handle(self, message: OpsMessage) -> WorkEnd:
        """Work on one message; done twice it does no more than once.

        Raises:
            StorageFailedError: something that may pass; the message is to come again.
        """
        match message:
            case RunJob(job_id):
                return self._run(job_id)
            case Notify(job_id, attempt):
                return self._notify(job_id, attempt)
            case MakeResult():
                return self._make_result(message)

    def _run(self, job_id: str) -> WorkEnd:
        job = self._ports.jobs.read(job_id)
        if job is None or not (job.open_items or job.notify_code is Code.WAITING):
            return WorkEnd.NOTHING
        source = self._source(job)
        is_busy = False
        for position, item in enumerate(job.open_items):
            if position and self._ports.seconds_left() < _LEAST_SECONDS:
                self._ports.queue.send(RunJob(job_id))
                return WorkEnd.CONTINUED
            try:
                ended = self._run_item(job, item, source, is_first=not position)
                self._ports.jobs.finish(job.job_id, ended)
            except ResultBusyError:
                self._ports.jobs.pause(job_id, item)
                is_busy = True
            except TooSlowError as error:
                if self._ports.heavy_queue is not None:
                    self._ports.jobs.pause(job_id, item)
                    self._ports.heavy_queue.send(RunJob(job_id))
                    return WorkEnd.CONTINUED
                self._ports.jobs.finish(job.job_id, _failed(item, error.message))
            except StorageFailedError:
                self._ports.jobs.pause(job_id, item)
                raise
        if is_busy:
            self._ports.queue.send(RunJob(job_id), BUSY_DELAY_SECONDS)
            return WorkEnd.CONTINUED
        return self._notify(job_id, 0)

    def _source(self, job: Job) -> SourceObject | None:
        s3_bucket = self._ports.buckets.get(job.bucket)
        if s3_bucket is None:
            return None
        found = self._ports.find(s3_bucket, storage.object_name(job.key))
        return found if found is not None and found.etag == job.etag else None

    def _run_item(
        self, job: Job, item: Item, source: SourceObject | None, *, is_first: bool
    ) -> Item:
        """What has become of a command; a passing fault goes on up, and what is too slow here."""
        self._ports.jobs.start(job.job_id, item)
        if item.attempts >= limits.FOP_ATTEMPTS:
            return _failed(item, "the command ended its function too often: too much for it")
        if source is None:
            return _failed(item, "no such file: it was deleted or replaced since")
        try:
            pipe = fop.parse_pipe(item.text)
            if pipe.save_as is not None:
                self._ports.saver.check(pipe.save_as)
            result, was_stored = self._ports.make(source, pipe, job.force)
            key = result.key
            if pipe.save_as is not None:
                key = self._ports.saver.save(pipe.save_as, result, job.key)
        except TooSlowError as error:
            if not is_first:  # alone it has the whole time of an invocation
                raise ResultBusyError from error
            raise
        except (FopError, InvalidArgumentError, NoSuchBucketError) as error:
            return _failed(item, error.message)
        return replace(
            item, code=Code.DONE, etag=result.etag, key=key, was_stored=was_stored, error=""
        )

    def _notify(self, job_id: str, attempt: int) -> WorkEnd:
        job = self._ports.jobs.read(job_id)
        if job is None or job.open_items or job.notify_code is not Code.WAITING:
            return WorkEnd.NOTHING
        request = notification.build(job, self._ports.time_zone)
        if request is None or self._ports.call_back(request).accepted:
            self._ports.jobs.record_notification(job_id, Code.DONE)
        elif attempt < len(notification.RETRY_DELAYS):
            delay = notification.RETRY_DELAYS[attempt]
            self._ports.queue.send(Notify(job_id, attempt + 1), delay)
        else:
            self._ports.jobs.record_notification(job_id, Code.NOTIFY_FAILED)
        if attempt:
            return WorkEnd.NOTIFIED
        return WorkEnd.JOB_FAILED if job.code is Code.FAILED else WorkEnd.JOB_DONE

    def _make_result(self, message: MakeResult) -> WorkEnd:
        source = self._ports.find(
            self._ports.buckets[message.bucket], storage.object_name(message.key)
        )
        if source is None:
            return WorkEnd.NOTHING
        try:
            pipe = fop.parse_pipe(message.fop)
            result, _ = self._ports.make(source, pipe, False)
            if pipe.save_as is not None:
                self._ports.saver.save(pipe.save_as, result, message.key)
        except ResultBusyError:
            return WorkEnd.NOTHING
        except (FopError, InvalidArgumentError, NoSuchBucketError):
            # The result's own item keeps the reason for whoever asks again.
            return WorkEnd.RESULT_FAILED
        return WorkEnd.RESULT_MADE


def _failed(item: Item, error: str) -> Item:
    return replace(item, code=Code.FAILED, error=error)
