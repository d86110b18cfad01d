"""Where to upload, how jobs stand, jobs on objects that are there, and what buckets are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from upgate.answers import client_support, region_query, routes
from upgate.answers.responses import Response, json_response
from upgate.deliveries.ledger import DynamoLedger
from upgate.downloads import bucket_admin
from upgate.downloads.bucket_facts import BucketFacts
from upgate.downloads.style_store import StyleStore
from upgate.errors import InvalidArgumentError, NoSuchJobError
from upgate.jobs import job_status, pfop
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_queue import SqsOpsQueue
from upgate.jobs.pfop import PfopPorts
from upgate.objects import source_object
from upgate.uploads.upload_ports import UploadContext
from upgate.variables.templates import Json
from upgate_aws import boundary, clients, signed_request
from upgate_aws.config.query_config import query_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

CONFIG = query_config(os.environ)
KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
STYLES = StyleStore(clients.dynamodb, CONFIG.ledger_table)
JOBS = PfopPorts(
    buckets=CONFIG.buckets,
    find=partial(source_object.find, clients.thin_s3()),
    jobs=JobStore(clients.dynamodb, CONFIG.ledger_table),
    ledger=DynamoLedger(clients.dynamodb, CONFIG.ledger_table),
    queue=SqsOpsQueue(clients.sqs, CONFIG.ops_queue),
)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    return ROUTES.get(request.route, _settings)(request, context)


def _hosts(
    shape: Callable[[str], dict[str, Json]], request: HttpRequest, _: UploadContext
) -> Response:
    region_query.check(request.query, KEYS, CONFIG.buckets)
    return json_response(200, shape(CONFIG.http.origin(request.origin)))


def _facts(request: HttpRequest, context: UploadContext) -> Response:
    signed_request.authorize(request, KEYS, context.now_seconds)
    facts = BucketFacts(CONFIG.buckets, STYLES, CONFIG.http.origin(request.origin))
    return json_response(200, facts.answer(request.path, request.query))


def _report(_: HttpRequest, __: UploadContext) -> Response:
    return json_response(200, client_support.REPORT_TAKEN)


def _client_settings(_: HttpRequest, __: UploadContext) -> Response:
    return json_response(200, client_support.SETTINGS)


def _status(request: HttpRequest, _: UploadContext) -> Response:
    fields = _fields(request)
    if not fields.get("id"):
        raise InvalidArgumentError("id must be given")
    job = pfop.find_job(fields["id"], JOBS)
    if job is None:
        raise NoSuchJobError
    return json_response(200, job_status.document(job, CONFIG.time_zone))


def _pfop(request: HttpRequest, context: UploadContext) -> Response:
    if request.path.rstrip("/") != "/pfop":  # below it there is nothing
        routes.refuse(request.path)
    access_key = signed_request.authorize(request, KEYS, context.now_seconds)
    wanted = pfop.parse(request.body())
    job_id = pfop.start(wanted, JOBS, access_key, context.reqid, context.now_seconds)
    return json_response(200, {"persistentId": job_id})


def _settings(request: HttpRequest, context: UploadContext) -> Response:
    signed_request.authorize(request, KEYS, context.now_seconds)
    after = bucket_admin.carry_out(request.path, _fields(request), CONFIG.buckets, STYLES)
    return Response(200, after.encode())


def _fields(request: HttpRequest) -> Mapping[str, str]:
    """The fields of a form and of the query; the query's count first."""
    form = parse_qs(request.body().decode(errors="replace"), keep_blank_values=True)
    query = parse_qs(request.query, keep_blank_values=True)
    return {name: values[-1] for name, values in (form | query).items()}


ROUTES: Mapping[str, Callable[[HttpRequest, UploadContext], Response]] = {
    "GET /v1/query": partial(_hosts, region_query.answer_v1),
    "GET /v2/query": partial(_hosts, region_query.answer_v2),
    "GET /v3/query": partial(_hosts, region_query.answer_v3),
    "GET /v4/query": partial(_hosts, region_query.answer_v4),
    "POST /v4/query": partial(_hosts, region_query.answer_v4),
    "POST /buckets": _facts,
    "POST /v2/buckets": _facts,
    "POST /v3/buckets": _facts,
    "POST /v2/bucketInfo": _facts,
    "POST /v2/bucketInfos": _facts,
    "POST /v2/domains": _facts,
    "POST /v3/domains": _facts,
    "POST /v6/domain/list": _facts,
    "POST /regions": _facts,
    "POST /log/{proxy+}": _report,
    "POST /v1/sdk/config": _client_settings,
    "POST /v1/sdk/config/user": _client_settings,
    "GET /status/get/prefop": _status,
    "POST /status/get/prefop": _status,
    "POST /pfop": _pfop,
    "POST /pfop/{proxy+}": _pfop,
}
