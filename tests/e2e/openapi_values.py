"""Signers, and values that mean something to the gateway, for requests made from docs/openapi.yaml.

A string of random characters is never an uploadId or an entry, and would only ever be refused.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import schemathesis
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase

from tests.e2e.conftest import ACCESS_KEY, BUCKET, SECRET_KEY
from tests.resumable_client import b64
from upgate.resumable import multipart_session
from upgate.resumable.block_context import BlockContext
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import Scope

PAIR = KeyPair(ACCESS_KEY, SECRET_KEY)
PREFIX = "described/"
HELLO = b"hello"
KEYS = tuple(PREFIX + name for name in ("a.txt", "b c/ü?&=%.png", "none"))


class UploadTokenAuth(AuthBase):
    """`Authorization: UpToken <token>`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"UpToken {self._token}"
        return request


class KeyPairAuth(AuthBase):
    """`Authorization: QBox ...` over the path as the gateway sees it, decoded."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        url = urlsplit(request.url or "")
        path = unquote(str(url.path))
        signed = f"{path}?{url.query}\n" if url.query else f"{path}\n"
        body = request.body or b""
        if "form-urlencoded" in request.headers.get("Content-Type", ""):
            signed += body if isinstance(body, str) else body.decode()
        request.headers["Authorization"] = f"QBox {PAIR.access_key}:{PAIR.sign(signed.encode())}"
        return request


class Command(AuthBase):
    """A download's command: a query that is not `name=value`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the query."""
        url = request.url or ""
        request.url = f"{url}{'&' if '?' in url else '?'}{self._text}"
        return request


KEY_PAIR = KeyPairAuth()


def entry(key: str) -> str:
    """The object of a key, as a path names it."""
    return b64(f"{BUCKET}:{key}")


def token(scope: str = BUCKET, **policy: object) -> str:
    """An upload token; without a deadline it is the same in every run."""
    return upload_token.sign(json.dumps({"scope": scope, **policy}).encode(), PAIR)


TOKENS = (
    token(),
    *(token(f"{BUCKET}:{key}") for key in KEYS),
    token(returnUrl="https://app.example.com/done?x=1"),
    token(fsizeLimit=1),
    token("no-such-bucket"),
    token(deadline=1),
    token() + "x",
)


def _encoded(texts: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(texts).map(b64)


def _contexts() -> list[str]:
    block = BlockContext(
        block_id=bytes(12),
        block_bytes=5,
        offset=3,
        sha1=bytes(20),
        crc32=0,
        created_at=int(time.time()),
    )
    text = block.to_text(Scope(BUCKET), PAIR)
    return [text, text[:-1], "x"]


def _upload_ids() -> list[str]:
    session = multipart_session.begin(time.time())
    return [session.to_text(BUCKET, key, PAIR) for key in (*KEYS, None)]


_ENTRIES = (*(f"{BUCKET}:{key}" for key in KEYS), "no-such-bucket:a", "no colon")
_PAIRS = (
    *(f"key/{b64(key)}" for key in KEYS),
    f"key/{b64(KEYS[0])}/crc32/907060870/mimeType/{b64('text/plain')}/x:a/{b64('b')}",
    f"x-qn-meta-a/{b64('b')}/key/{b64(KEYS[1])}",
    "crc32/1",
    "crc32/-1",
    "key/not base64",
    "key",
)
_CHANGES = (
    *(f"mime/{b64('image/png')}", f"x-qn-meta-a/{b64('b')}", "mime", "size/NQ==", "mime/!"),
    *(f"cacheControl/{b64('no-cache')}/cond/{b64('fsize=5')}", f"cond/{b64('fsize')}"),
)
_LINES = (*(f"/stat/{b64(entry)}" for entry in _ENTRIES), "/nothing", "", f"/delete/{b64('x:y')}")


def register_formats() -> None:
    """Tell schemathesis how the strings of docs/openapi.yaml with a `format` of ours look."""
    strategies: dict[str, st.SearchStrategy[str]] = {
        "token": st.sampled_from(TOKENS),
        "pairs": st.sampled_from(_PAIRS),
        "ctx": st.sampled_from(_contexts()),
        "ctx-list": st.sampled_from(_contexts()) | st.just(""),
        "bucket": st.sampled_from((BUCKET, BUCKET, "no-such-bucket")),
        "encoded-key": _encoded(KEYS) | st.just("~"),
        "upload-id": st.sampled_from(_upload_ids()),
        "access-key": st.sampled_from((ACCESS_KEY, "nobody")),
        "entry": _encoded(_ENTRIES),
        "changes": st.sampled_from(_CHANGES),
        "prefix": st.sampled_from((PREFIX, KEYS[1], "no/such/")),
        "marker": st.sampled_from(("", b64("x"), "%")),
        "separators": _encoded((".", "-_", "aa", "..")),
        "text": _encoded(("small", "ü", "a/b")),
        "style": _encoded(("imageView2/2/w/20", "imageInfo", "nonsense/x", "a|b")),
        "key": st.sampled_from(KEYS),
        "fops": st.sampled_from(("vframe/jpg/offset/1", "nonsense", "a;b")),
        "batch-line": st.sampled_from(_LINES),
        "base64": st.binary(max_size=8).map(base64.b64encode).map(bytes.decode),
    }
    for name, strategy in strategies.items():
        schemathesis.openapi.format(f"upgate-{name}", strategy)
