"""The Authorization header of what the gateway sends out (protocol.md 7.1).

Receivers recompute it from the URL and the body and compare text; nobody parses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import FORM_BODY

_HEADER_PREFIX = "X-Qiniu-"


def sign_qbox(pair: KeyPair, url: str, content_type: str, body: bytes) -> str:
    """The classic form, for upload callbacks: every verifier knows it, whatever its age.

    Covers path and query as they stand in `url`; the body only when it is a form.
    """
    data = _path_and_query(url).encode() + b"\n"
    if content_type == FORM_BODY:
        data += body
    return f"QBox {pair.access_key}:{pair.sign(data)}"


def sign_qiniu(
    pair: KeyPair,
    method: str,
    url: str,
    host: str,
    content_type: str | None,
    body: bytes,
    headers: Mapping[str, str],
) -> str:
    """The second form, for notifications of persistent operations (protocol.md 9.3).

    Covers the method, the host, the content type and the `X-Qiniu-*` among `headers` too, and the
    body unless it is untyped or application/octet-stream.
    """
    lines = [f"{method} {_path_and_query(url)}", f"Host: {host}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += sorted(f"{_canonical(k)}: {v}" for k, v in headers.items() if _is_signed(k))
    data = "\n".join(lines).encode() + b"\n\n"
    if content_type and content_type != "application/octet-stream":
        data += body
    return f"Qiniu {pair.access_key}:{pair.sign(data)}"


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_signed(name: str) -> bool:
    return name.lower().startswith(_HEADER_PREFIX.lower()) and len(name) > len(_HEADER_PREFIX)


def _canonical(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))
