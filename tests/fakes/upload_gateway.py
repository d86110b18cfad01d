"""A small gateway in memory for the command line's tests: forms, resumable v2, /token.

It checks what the real one checks of these (signature, scope, insert rule, crc32, Content-MD5,
etags), and counts; `interfere` may answer any request in its place.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests_toolbelt.multipart import decoder

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate import encoding
from upgate.contents import qetag
from upgate.errors import UpgateError
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyPair, KeyRing
from upgate.tokens.put_policy import PutPolicy

PAIR = KeyPair("testak", "testsk")
BUCKET = "demo"

_UPLOADS = re.compile(r"/buckets/([^/]+)/objects/([^/]*)/uploads(?:/([^/]+)(?:/([0-9]+))?)?")
_NAME = re.compile(rb'name="([^"]*)"')


class _RefusalError(Exception):
    def __init__(self, status: int, error: str) -> None:
        self.reply = answer(status, {"error": error})


def answer(status: int, document: Any, **headers: str) -> Reply:
    """An answer as the gateway gives it."""
    common = {"X-Reqid": "AAAAAAAAAAAAAAAA", "X-Log": "t", "Content-Type": "application/json"}
    return Reply(status, json.dumps(document).encode(), common | headers)


@dataclass(slots=True)
class UploadGateway:
    """What it holds (key to content) and what it was sent (counted by method and kind)."""

    objects: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    completes: list[dict[str, Any]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    page_size: int = 1000
    kept: set[str] = field(default_factory=set)
    """What a delete is refused for."""
    interfere: Callable[[Received], Reply | None] = lambda _: None
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Received) -> Reply:
        kind = self._kind(request)
        with self._lock:
            self.requests[kind] += 1
        interference = self.interfere(request)
        if interference is not None:
            return interference
        try:
            return getattr(self, f"_{kind}")(request)  # type: ignore[no-any-return]
        except _RefusalError as refusal:
            return refusal.reply
        except UpgateError as error:
            return answer(error.status, {"error": error.message})

    @staticmethod
    def _kind(request: Received) -> str:
        match = _UPLOADS.fullmatch(request.path)
        if match is None:
            path = urlsplit(request.path).path
            known = {"/": "form", "/token": "token", "/list": "list", "/batch": "batch"}
            return known.get(path, "unknown")
        if match[3] is None:
            return "initiate"
        if request.method == "GET":
            return "listed_parts"
        return "part" if match[4] else "complete"

    def _unknown(self, _: Received) -> Reply:
        return answer(404, {"error": "not found"})

    def _token(self, request: Received) -> Reply:
        name = json.loads(request.body)["preset"]
        if name != "default":
            return answer(404, {"error": "no such preset"})
        deadline = int(time.time()) + 3600
        text = json.dumps({"scope": BUCKET, "deadline": deadline, "endUser": "local"})
        token = upload_token.sign(text.encode(), PAIR)
        return answer(200, {"token": token, "expires_at": deadline, "upload_url": self.url})

    def _list(self, request: Received) -> Reply:
        self._check_signature(request)
        query = parse_qs(urlsplit(request.path).query)
        prefix, after = query.get("prefix", [""])[0], query.get("marker", [""])[0]
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        shown = keys[: self.page_size]
        items = [
            {"key": key, "hash": self.etags[key], "fsize": len(self.objects[key])} for key in shown
        ]
        marker = shown[-1] if len(keys) > len(shown) else ""
        return answer(200, {"marker": marker, "items": items})

    def _batch(self, request: Received) -> Reply:
        self._check_signature(request)
        lines = parse_qs(request.body.decode())["op"]
        answers = [self._delete(line) for line in lines]
        is_done = all(line["code"] == 200 for line in answers)
        return answer(200 if is_done else 298, answers)

    def _delete(self, line: str) -> dict[str, Any]:
        bucket, _, key = encoding.decode_text(line.removeprefix("/delete/")).partition(":")
        assert bucket == BUCKET
        if key in self.kept:
            return {"code": 599, "data": {"error": "it would not go"}}
        if self.objects.pop(key, None) is None:
            return {"code": 612, "data": {"error": "no such file or directory"}}
        return {"code": 200}

    def _check_signature(self, request: Received) -> None:
        signed = f"{request.path}\n".encode() + request.body
        if request.headers["authorization"] != f"QBox {PAIR.access_key}:{PAIR.sign(signed)}":
            raise _RefusalError(401, "bad token")

    def _form(self, request: Received) -> Reply:
        fields: dict[str, str] = {}
        content = b""
        for part in decoder.MultipartDecoder(request.body, request.headers["content-type"]).parts:
            disposition = part.headers[b"Content-Disposition"]
            match = _NAME.search(disposition)
            assert match
            if match[1] == b"file":
                content = part.content
                fields["file"] = disposition.decode()
                fields["type"] = part.headers[b"Content-Type"].decode()
            else:
                fields[match[1].decode()] = part.content.decode()
        policy = self._policy(fields["token"])
        if zlib.crc32(content) != int(fields["crc32"]):
            raise _RefusalError(406, "crc32 check error")
        self.forms.append(fields)
        return self._store(policy, fields.get("key"), content, qetag.of(content), fields)

    def _initiate(self, request: Received) -> Reply:
        self._policy_of(request)
        upload_id = f"id{len(self.uploads)}"
        self.uploads[upload_id] = {}
        return answer(200, {"uploadId": upload_id, "expireAt": int(time.time()) + 7 * 86400})

    def _part(self, request: Received) -> Reply:
        self._policy_of(request)
        match = _UPLOADS.fullmatch(request.path)
        assert match
        parts = self._parts(match[3])
        md5 = hashlib.md5(request.body, usedforsecurity=False).hexdigest()
        if request.headers["content-md5"] != md5:
            raise _RefusalError(406, "md5 check error")
        parts[int(match[4])] = request.body
        return answer(200, {"etag": qetag.of(request.body), "md5": md5})

    def _listed_parts(self, request: Received) -> Reply:
        self._policy_of(request)
        match = _UPLOADS.fullmatch(request.path)
        assert match
        parts = [
            {"partNumber": number, "size": len(data), "etag": qetag.of(data)}
            for number, data in self._parts(match[3]).items()
        ]
        return answer(200, {"uploadId": match[3], "partNumberMarker": 0, "parts": parts})

    def _complete(self, request: Received) -> Reply:
        policy = self._policy_of(request)
        match = _UPLOADS.fullmatch(request.path)
        assert match
        parts = self._parts(match[3])
        body = json.loads(request.body)
        self.completes.append(body)
        named = [(parts[item["partNumber"]], item["etag"]) for item in body["parts"]]
        assert all(qetag.of(data) == etag for data, etag in named)
        etag = qetag.from_parts([(len(data), etag) for data, etag in named])
        key = None if match[2] == "~" else encoding.decode_text(match[2])
        return self._store(policy, key, b"".join(data for data, _ in named), etag, {})

    def _parts(self, upload_id: str) -> dict[int, bytes]:
        if upload_id not in self.uploads:
            raise _RefusalError(612, "no such uploadId")
        return self.uploads[upload_id]

    def _policy_of(self, request: Received) -> PutPolicy:
        return self._policy(request.headers["authorization"].removeprefix("UpToken "))

    def _policy(self, token: str) -> PutPolicy:
        policy = put_policy.parse(upload_token.verify(token, KeyRing((PAIR,))).policy)
        put_policy.check_deadline(policy, time.time(), required=False)
        if policy.scope.bucket != BUCKET:
            raise _RefusalError(631, "no such bucket")
        return policy

    def _store(
        self, policy: PutPolicy, key: str | None, content: bytes, etag: str, fields: dict[str, str]
    ) -> Reply:
        name = etag if key is None else key
        if not _is_in_scope(policy, name):
            raise _RefusalError(403, "key doesn't match with scope")
        if policy.inserts_only and self.etags.get(name, etag) != etag:
            raise _RefusalError(614, "file exists")
        self.objects[name], self.etags[name] = content, etag
        own = {name: value for name, value in fields.items() if name.startswith("x:")}
        return answer(200, {"hash": etag, "key": name} | own)


def _is_in_scope(policy: PutPolicy, key: str) -> bool:
    allowed = policy.scope.key
    if allowed is None:
        return True
    return key.startswith(allowed) if policy.is_prefixal_scope else key == allowed


@contextmanager
def serve() -> Iterator[UploadGateway]:
    """Serve one until the block ends."""
    gateway = UploadGateway()
    with loopback.serve(gateway) as url:
        gateway.url = url
        yield gateway
