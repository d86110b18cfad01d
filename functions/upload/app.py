"""POST / (form), POST /putb64/... and every route that nothing else takes."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from upgate import form, putb64, routes, storage
from upgate.config import upload_config
from upgate.content import BufferedContent
from upgate.ledger import DynamoLedger
from upgate.responses import Response
from upgate.upload import UploadContext, Uploader, UploadPorts, UploadSettings
from upgate_aws import boundary, callback_invocation, clients
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

CONFIG = upload_config(os.environ)
UPLOADER = Uploader(
    UploadSettings(
        buckets=CONFIG.buckets,
        time_zone=CONFIG.time_zone,
        redirect_status=CONFIG.redirect_status,
        deadline_required=CONFIG.deadline_required,
        callback_budget_seconds=CONFIG.callback_budget_seconds,
    ),
    UploadPorts(
        keys=KeySource(clients.secrets, CONFIG.keys_secret),
        ledger=DynamoLedger(clients.dynamodb, CONFIG.ledger_table),
        call_back=partial(callback_invocation.invoke, clients.invoker, CONFIG.callback_function),
    ),
)
S3 = clients.s3()


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    with context.stages.stage("parse"):
        if request.route == "POST /":
            upload, data = form.parse_form(request.content_type, request.body())
        elif request.route == "POST /putb64/{proxy+}":
            upload, data = putb64.parse_putb64(
                request.path, request.headers.get("authorization"), request.body()
            )
        else:
            routes.refuse(request.path)
    content = BufferedContent(data)
    return UPLOADER.receive(upload, content, partial(storage.put, S3, content), context)
