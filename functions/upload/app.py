"""POST / (form), POST /putb64/... and every route that nothing else takes."""

from __future__ import annotations

import os
from typing import Any

from upgate.answers import routes
from upgate.answers.responses import Response
from upgate.contents.content import BufferedContent
from upgate.errors import UpgateError
from upgate.intake import form, putb64
from upgate.objects.store import BufferedStore
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import boundary, clients, outcomes
from upgate_aws.config.upload_config import upload_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.uploading import make_uploader

CONFIG = upload_config(os.environ)
S3 = clients.thin_s3()
UPLOADER = make_uploader(CONFIG, S3, clients.s3)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry, outcomes.of_upload)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    with context.stages.stage("parse"):
        if request.route == "POST /":
            try:
                upload, data = form.parse_form(request.content_type, request.body())
            except UpgateError as error:
                return UPLOADER.refuse(error, context)
        elif request.route == "POST /putb64/{proxy+}":
            upload, data = putb64.parse_putb64(
                request.path, request.headers.get("authorization"), request.body()
            )
        else:
            routes.refuse(request.path, is_signed=request.is_signed)
    content = BufferedContent(data)
    return UPLOADER.receive(upload, content, BufferedStore(content, S3, clients.s3), context)
