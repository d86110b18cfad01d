"""GET /v2/query and /v4/query: SDKs ask where to upload."""

from __future__ import annotations

import os
from typing import Any

from upgate import region_query
from upgate.config import query_config
from upgate.responses import Response, json_response
from upgate.upload import UploadContext
from upgate_aws import boundary, clients
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

CONFIG = query_config(os.environ)
KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
ROUTES = {"GET /v2/query": region_query.answer_v2, "GET /v4/query": region_query.answer_v4}


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry)


def _carry(request: HttpRequest, _: UploadContext) -> Response:
    region_query.check(request.query, KEYS, CONFIG.buckets)
    return json_response(200, ROUTES[request.route](CONFIG.http.origin(request.domain)))
