"""POST /stat, /list, /delete, /copy, /move, /chgm and /batch: Kodo's calls on what is stored."""

from __future__ import annotations

import os
from typing import Any

from upgate.answers.responses import Response, json_response
from upgate.management.management_call import Manager
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import boundary, clients, signed_request
from upgate_aws.config.manage_config import manage_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

CONFIG = manage_config(os.environ)
KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
MANAGER = Manager(clients.s3, CONFIG.buckets, KEYS.ring)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    signed_request.authorize(request, KEYS, context.now_seconds)
    return json_response(*MANAGER.answer(request.path, request.query, request.body()))
