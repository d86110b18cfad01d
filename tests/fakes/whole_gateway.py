"""All that `upgate doctor` looks at, in memory: the gateway of the uploads' tests, and the rest.

`spoil` may change or replace any answer on its way out, as something in front of a stack does.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from tests.fakes.upload_gateway import PAIR, UploadGateway, answer
from upgate import encoding
from upgate.callbacks.callback_signature import sign_qbox
from upgate.contents import qetag
from upgate_cli.doctor import sample_picture

REQUEST_BYTES = 4_700_000
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, HEAD, GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "X-Log, X-Reqid",
}
_FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(rb'name="token"\r\n\r\n([^\r]+)')
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")
_CALLS = ("putb64", "mkblk", "bput", "mkfile", "stat", "status", "s3", "v4", "pfop")

type Spoil = Callable[[Received, Reply], Reply]


@dataclass(slots=True)
class WholeGateway(UploadGateway):
    """`is_open` lets anybody have a token of a preset; `job_code` is what all jobs come to."""

    spoil: Spoil = lambda _, reply: reply
    blocks: dict[str, bytes] = field(default_factory=dict)
    is_open: bool = False
    job_code: int = 0
    callback_hosts: tuple[str, ...] = ("127.0.0.1",)

    def __call__(self, request: Received) -> Reply:
        reply = UploadGateway.__call__(self, request)
        if not request.path.startswith("/s3"):
            reply = replace(reply, headers=CORS | dict(reply.headers))
        return self.spoil(request, reply)

    def _kind(self, request: Received) -> str:  # type: ignore[override]
        if request.method == "OPTIONS":
            return "preflight"
        name = request.path.split("/")[1].partition("?")[0]
        if name in _CALLS:
            return name if request.method != "DELETE" else "wrong_method"
        kind = UploadGateway._kind(request)
        is_download = kind == "unknown" and request.method in ("GET", "HEAD")
        return "download" if is_download else kind

    def _preflight(self, _: Received) -> Reply:
        return Reply(204)

    def _wrong_method(self, _: Received) -> Reply:
        return answer(405, {"error": "method not allowed: use POST"})

    def _pfop(self, _: Received) -> Reply:
        return answer(401, {"error": "bad token"})

    def _v4(self, _: Received) -> Reply:
        return answer(200, {"hosts": []})

    def _token(self, request: Received) -> Reply:
        return UploadGateway._token(self, request) if self.is_open else Reply(403, b"{}")

    def _form(self, request: Received) -> Reply:
        if len(request.body) > REQUEST_BYTES:
            return Reply(413, b'{"message":"Request Entity Too Large"}')
        found = _TOKEN.search(request.body)
        if found is None:
            return answer(401, {"error": "token not specified"})
        if b'name="file"' not in request.body:
            return answer(400, {"error": "file is not specified in multipart"})
        policy = json.loads(encoding.decode(found[1].decode().split(":")[2]))
        if policy.get("callbackFetchKey"):
            return self._call_back(policy)
        stored = UploadGateway._form(self, request)
        if stored.status != 200:
            return stored
        if "callbackUrl" in policy:
            return self._call_back(policy)
        if "asyncOps" in policy:
            return answer(200, json.loads(stored.body) | {"persistentId": "job"})
        return stored

    def _call_back(self, policy: dict[str, Any]) -> Reply:
        url, body = policy["callbackUrl"], policy["callbackBody"].encode()
        told = {"callback_url": url, "err_code": 502, "error": f"Post {url}: no way"}
        if urlsplit(url).hostname not in self.callback_hosts:
            told["error"] = f"Post {url}: host is not on the allow-list"
            return answer(579, {"error": json.dumps(told)})
        headers = {"Authorization": sign_qbox(PAIR, url, _FORM, body), "Content-Type": _FORM}
        try:
            said = requests.post(url, body, headers=headers, timeout=5)
        except requests.RequestException:
            return answer(579, {"error": json.dumps(told)})
        if said.status_code == 200 and not policy.get("callbackFetchKey"):
            return answer(200, said.json())
        told |= {"err_code": said.status_code, "error": "unexcepted response"}
        return answer(579, {"error": json.dumps(told)})

    def _putb64(self, request: Received) -> Reply:
        policy = self._policy_of(request)
        data = base64.b64decode(request.body)
        key = encoding.decode_text(request.path.rpartition("/")[2])
        return self._store(policy, key, data, qetag.of(data), {})

    def _mkblk(self, request: Received) -> Reply:
        self._policy_of(request)
        if request.headers["content-type"].startswith("text/"):
            try:
                request.body.decode()
            except UnicodeDecodeError:
                return answer(400, {"error": "request body is not text"})
        return self._keep(request.body, request.body)

    def _bput(self, request: Received) -> Reply:
        self._policy_of(request)
        start = self.blocks.get(request.path.split("/")[2])
        if start is None:
            return answer(701, {"error": "invalid ctx"})
        return self._keep(start + request.body, request.body)

    def _keep(self, block: bytes, chunk: bytes) -> Reply:
        ctx = f"ctx{len(self.blocks)}"
        self.blocks[ctx] = block
        return answer(200, {"ctx": ctx, "crc32": zlib.crc32(chunk), "host": self.url})

    def _mkfile(self, request: Received) -> Reply:
        policy = self._policy_of(request)
        data = self.blocks[request.body.decode()]
        key = encoding.decode_text(request.path.rpartition("/")[2])
        return self._store(policy, key, data, qetag.of(data), {})

    def _stat(self, request: Received) -> Reply:
        self._check_signature(request)
        key = encoding.decode_text(request.path.split("/")[2]).partition(":")[2]
        return answer(200, {"hash": self.etags[key]})

    def _status(self, request: Received) -> Reply:
        if not request.path.endswith("id=job"):
            return answer(612, {"error": "no such persistentId"})
        return answer(200, {"id": "job", "code": self.job_code})

    def _download(self, request: Received) -> Reply:
        path, _, query = request.path.partition("?")
        key, command = unquote(path).removeprefix("/"), unquote(query.partition("&e=")[0])
        if key not in self.objects:
            return answer(404, {"error": "Document not found"})
        if "imageInfo" in command:
            size = {"width": sample_picture.WIDTH, "height": sample_picture.HEIGHT}
            return answer(200, size)
        kind = "small" if command.startswith("imageView2") else "whole"
        place = f"/s3/{encoding.encode(key.encode())}?{kind}&{query}".replace("%", "%25")
        return answer(302, None, Location=f"{self.url}{place}")

    def _s3(self, request: Received) -> Reply:
        path, _, query = request.path.removeprefix("/s3/").partition("?")
        if query.startswith("small"):
            return Reply(200, sample_picture.png(8, 5))
        data = self.objects[encoding.decode_text(path)]
        wanted = _RANGE.fullmatch(request.headers.get("range", ""))
        return Reply(206, data[int(wanted[1]) : int(wanted[2]) + 1]) if wanted else Reply(200, data)


@contextmanager
def serve() -> Iterator[WholeGateway]:
    """Serve one until the block ends."""
    gateway = WholeGateway()
    with loopback.serve(gateway) as url:
        gateway.url = url
        yield gateway
