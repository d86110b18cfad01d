"""GET and HEAD of objects, of what is made of them, and of styles."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upgate.answers import missing_calls
from upgate.answers.responses import Response, json_response
from upgate.downloads import bucket_facts
from upgate.downloads.bucket_facts import BucketFacts
from upgate.downloads.download import Downloader, DownloadPorts, DownloadRequest
from upgate.downloads.download_token import DownloadUrl
from upgate.downloads.served_object import ObjectServer
from upgate.downloads.style_store import CACHE_SECONDS, StyleStore
from upgate.fops.fop import Fop, Pipe
from upgate.fops.result_store import Result, ResultStore
from upgate.fops.saved_result import ResultSaver
from upgate.jobs.ops_queue import SqsOpsQueue
from upgate.management import management_path
from upgate.objects import source_object
from upgate.objects.source_object import SourceObject
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import boundary, clients, file_fetching, outcomes, signed_request
from upgate_aws.config.download_config import download_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

if TYPE_CHECKING:
    from upgate.management.management_call import Manager
    from upgate_media.maker import Maker

CONFIG = download_config(os.environ)
RESULTS = ResultStore(clients.dynamodb, CONFIG.ledger_table, CONFIG.result_days)
PROCESSING_SECONDS = 24.0  # the gateway hangs up after 30


class LateTools:
    """The media layer and botocore: most downloads need neither."""

    def make(self, source: SourceObject, pipe: Pipe) -> tuple[Result, bool]:
        """A result, within the time of one answer."""
        try:
            return _maker().make(source, pipe, PROCESSING_SECONDS)
        finally:
            _maker().forget_source()

    def describe(self, source: SourceObject, command: Fop) -> Mapping[str, Any]:
        """What a JSON command says."""
        return _maker().describe(source, command, PROCESSING_SECONDS)


@cache
def _manager() -> Manager:
    from upgate.management.management_call import Manager

    return Manager(clients.s3, CONFIG.buckets, KEYS.ring)


@cache
def _maker() -> Maker:
    from upgate_media.maker import Maker, MakerPorts

    ports = MakerPorts(
        s3=clients.s3(),
        work_bucket=CONFIG.work_bucket,
        results=RESULTS,
        fetch=partial(file_fetching.fetch, clients.invoker, CONFIG.callback_function),
        folder=Path("/tmp"),  # noqa: S108 - a function's own disk
    )
    return Maker(ports)


KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
SETTINGS = StyleStore(
    clients.dynamodb,
    CONFIG.ledger_table,
    # Whoever tries it out is not to wait for a change.
    cache_seconds=0 if CONFIG.http.is_local else CACHE_SECONDS,
)
BUCKET = next(iter(CONFIG.buckets))
DOWNLOADER = Downloader(
    DownloadPorts(
        bucket=BUCKET,
        s3_bucket=CONFIG.buckets[BUCKET],
        work_bucket=CONFIG.work_bucket,
        find=partial(source_object.find, clients.thin_s3()),
        server=ObjectServer(clients.presigner().url, clients.s3, CONFIG.url_lifetime_seconds),
        settings=SETTINGS,
        keys=KEYS,
        results=RESULTS,
        queue=SqsOpsQueue(clients.sqs, CONFIG.ops_queue),
        saver=ResultSaver(clients.s3, CONFIG.work_bucket, CONFIG.buckets),
        tools=LateTools(),
        sleep=time.sleep,
    )
)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry, outcomes.of_download)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    # Some SDKs read by GET; without a signature these paths are keys like any other.
    if request.is_signed and (answer := _management(request, context)):
        return answer
    url = DownloadUrl(request.host, request.path, request.query)
    return DOWNLOADER.answer(DownloadRequest(request.method, url, context.now_seconds))


def _management(request: HttpRequest, context: UploadContext) -> Response | None:
    """The answer to a management call that only reads; None where the path is none."""
    missing_calls.refuse(request.path)
    if management_path.is_read(request.path):
        signed_request.authorize(request, KEYS, context.now_seconds)
        return json_response(*_manager().answer(request.path, request.query, b""))
    if bucket_facts.is_told(request.path):
        signed_request.authorize(request, KEYS, context.now_seconds)
        facts = BucketFacts(CONFIG.buckets, SETTINGS, CONFIG.http.origin(request.origin))
        return json_response(200, facts.answer(request.path, request.query))
    return None
