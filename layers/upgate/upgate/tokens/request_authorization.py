"""Requests that a key pair signed: `Authorization: QBox ...` or `Qiniu ...` (protocol.md 7.1).

The counterpart of callback_signature.py, for what business servers and the command line send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from upgate.errors import BadTokenError, TokenExpiredError, TokenMissingError
from upgate.tokens.keys import KeyPair
from upgate.tokens.path_spelling import spellings
from upgate.tokens.upload_token import KeyLookup

_AUTHORIZATION = re.compile(r"(QBox|Qiniu) ([^:\s]+):([A-Za-z0-9_-]+={0,2})\Z")
_CLOCK_SECONDS = 15 * 60
_PORT = re.compile(r":([0-9]{1,5})\Z")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature may cover; `path` is decoded, as the front door hands it over.

    `authority` is the stack's own host, with its port where it has one; `host` is what was sent.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    authority: str = ""

    @property
    def hosts(self) -> list[str]:
        """The hosts that clients sign where they send this one.

        Java's jobs send the name without the port that they sign; Node's bucket manager signs the
        port twice.
        """
        named = [self.host, self.authority or self.host]
        ported = [f"{host}:{port[1]}" for host in named if (port := _PORT.search(host))]
        return list(dict.fromkeys((*named, *ported)))

    @property
    def content_type(self) -> str:
        """The Content-Type as it was sent, or nothing."""
        return self.headers.get("content-type", "")


def verify(request: SignedRequest, keys: KeyLookup, now_seconds: float) -> KeyPair:
    """The pair that signed a request.

    Raises:
        TokenMissingError: no Authorization.
        BadTokenError: another scheme, an unknown access key or a wrong signature: one text.
        TokenExpiredError: X-Qiniu-Date is signed and more than 15 minutes off.
    """
    header = request.headers.get("authorization", "")
    if not header:
        raise TokenMissingError
    match = _AUTHORIZATION.match(header)
    pair = keys.find(match[2]) if match else None
    if match is None or pair is None:
        raise BadTokenError
    sign = _qbox if match[1] == "QBox" else _qiniu
    # All are tried, whatever the first ones say: a signature fits one spelling of the path only.
    fits = [
        pair.is_signature(data, match[3])
        for path in spellings(request.path)
        for data in sign(request, path)
    ]
    if not any(fits):
        raise BadTokenError
    if match[1] == "Qiniu":
        _check_date(request, now_seconds)
    return pair


def _qbox(request: SignedRequest, path: str) -> Iterator[bytes]:
    """A body that the signature does not cover could be anybody's: then nothing fits."""
    data = _with_query(path, request.query).encode() + b"\n"
    if not request.body:
        yield data
    elif request.content_type.partition(";")[0].strip() == "application/x-www-form-urlencoded":
        yield data + request.body


def _qiniu(request: SignedRequest, path: str) -> Iterator[bytes]:
    first = f"{request.method} {_with_query(path, request.query)}"
    lines = [f"Content-Type: {request.content_type}"] if request.content_type else []
    lines += sorted(
        f"{_canonical(name)}: {value}"
        for name, value in request.headers.items()
        if name.startswith("x-qiniu-") and len(name) > len("x-qiniu-")
    )
    has_body = request.content_type and request.content_type != "application/octet-stream"
    body = request.body if has_body else b""
    for host in request.hosts:
        yield "\n".join((first, f"Host: {host}", *lines)).encode() + b"\n\n" + body


def _check_date(request: SignedRequest, now_seconds: float) -> None:
    text = request.headers.get("x-qiniu-date")
    if text is None:
        return
    try:
        signed_at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise BadTokenError from error
    if abs(now_seconds - signed_at) > _CLOCK_SECONDS:
        raise TokenExpiredError("the request was signed too long ago, or by a wrong clock")


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _canonical(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))
