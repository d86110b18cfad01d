"""The preset behind the demo page's plain form: its answer is a redirect back to the page."""

from __future__ import annotations

import json

from upgate_cli.local import cloud
from upgate_cli.stack.preset_table import PresetTable

NAME = "demo-form"  # web/index.html asks for it
_RETURN_BODY = '{"key":$(key),"hash":$(etag),"name":$(fname),"size":$(fsize),"type":$(mimeType)}'


def store(endpoint: str, table: str, bucket: str, page_url: str) -> None:
    """Write it to the ledger table of the stack in the emulator."""
    policy = {"returnUrl": page_url, "returnBody": _RETURN_BODY}
    client = cloud.session().client("dynamodb", endpoint_url=endpoint)
    PresetTable(client, table).put(NAME, json.dumps({"bucket": bucket, "policy": policy}))
