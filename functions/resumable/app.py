"""Resumable uploads: /mkblk, /bput, /mkfile and /buckets/{bucket}/objects/{key}/uploads..."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from upgate.answers.responses import Response
from upgate.resumable.assembly import Assembler
from upgate.resumable.resumable_call import ResumableCall
from upgate.resumable.resumable_v1 import BlockUploads
from upgate.resumable.resumable_v2 import MultipartUploads
from upgate.resumable.work_bucket import WorkBucket
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import boundary, clients, glue_invocation, outcomes
from upgate_aws.config.resumable_config import resumable_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.uploading import make_uploader

CONFIG = resumable_config(os.environ)
S3 = clients.s3()
UPLOADER = make_uploader(CONFIG.upload, S3, clients.s3)
WORK = WorkBucket(S3, CONFIG.work_bucket)
ASSEMBLER = Assembler(
    S3, WORK, partial(glue_invocation.invoke, clients.invoker, CONFIG.glue_function)
)
V1 = BlockUploads(UPLOADER, WORK, ASSEMBLER)
V2 = MultipartUploads(UPLOADER, WORK, ASSEMBLER)
ROUTES = {
    "POST /mkblk/{proxy+}": V1.make_block,
    "POST /bput/{proxy+}": V1.put_chunk,
    "POST /mkfile/{proxy+}": V1.make_file,
    "POST /buckets/{proxy+}": V2.answer,
    "GET /buckets/{proxy+}": V2.answer,
    "PUT /buckets/{proxy+}": V2.answer,
    "DELETE /buckets/{proxy+}": V2.answer,
}


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.upload.http, _carry, outcomes.of_upload)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    call = ResumableCall(
        method=request.method,
        path=request.path,
        query=request.query,
        authorization=request.headers.get("authorization"),
        content_md5=request.headers.get("content-md5"),
        origin=CONFIG.upload.http.origin(request.origin),
        read_body=request.body,
        context=context,
    )
    return ROUTES[request.route](call)
