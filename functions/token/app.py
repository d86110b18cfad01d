"""POST /token: an upload token for an app client."""

from __future__ import annotations

import os
from typing import Any

from upgate.answers.responses import Response, json_response
from upgate.issuing import token_issue
from upgate.issuing.presets import DynamoPresets
from upgate.issuing.token_issue import TokenPorts, TokenRequest, TokenSettings
from upgate.uploads.quota import Quotas
from upgate.uploads.quota_store import DynamoQuotas
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import boundary, clients, outcomes
from upgate_aws.config.token_config import token_config
from upgate_aws.http_event import HttpRequest
from upgate_aws.key_source import KeySource

CONFIG = token_config(os.environ)
SETTINGS = TokenSettings(
    default_bucket=next(iter(CONFIG.buckets)), lifetime_seconds=CONFIG.token_lifetime_seconds
)
KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
PRESETS = DynamoPresets(clients.dynamodb(), CONFIG.ledger_table)
QUOTAS = Quotas(DynamoQuotas(clients.dynamodb, CONFIG.ledger_table), CONFIG.time_zone)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """HTTP API, payload format 2.0."""
    return boundary.answer(event, CONFIG.http, _carry, outcomes.of_token)


def _carry(request: HttpRequest, context: UploadContext) -> Response:
    # An open route exists only with the emulator, where there is no stranger either.
    is_open = CONFIG.http.is_local and not request.is_authorized
    wanted = TokenRequest(
        preset=token_issue.parse_preset_name(request.body()),
        end_user="local" if is_open else request.identity,
        upload_url=CONFIG.http.origin(request.origin),
        is_open=is_open,
    )
    ports = TokenPorts(keys=KEYS.ring(), presets=PRESETS, quotas=QUOTAS)
    answer = token_issue.issue(wanted, SETTINGS, ports, context.now_seconds)
    return json_response(200, answer)
