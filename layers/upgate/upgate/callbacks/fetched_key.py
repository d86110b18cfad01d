"""`callbackFetchKey`: the business server names the object (protocol.md 1.2)."""

from __future__ import annotations

import json

from upgate import strict_json


def parse(body: bytes) -> tuple[str, bytes] | None:
    """(key, body for the uploader) of `{"key": ..., "payload": ...}`; None if it is none."""
    try:
        answer = strict_json.loads(body)
        if not isinstance(answer, dict) or not isinstance(answer.get("key"), str):
            return None
        answer["key"].encode()  # JSON can spell a lone surrogate; a key in UTF-8 cannot
        payload = json.dumps(answer.get("payload", {}), allow_nan=False, separators=(",", ":"))
    except ValueError:
        return None
    return answer["key"], payload.encode()
