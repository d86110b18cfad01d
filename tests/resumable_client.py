"""Both resumable protocols from the client's side, against a loaded handler (protocol.md 3, 4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests import events

BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is parsed where it is JSON."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def short(self) -> tuple[int, Any]:
        """Status and body."""
        return self.status, self.body


def b64(text: str) -> str:
    """A value in a path."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that differ from block to block."""
    line = b"".join(((number * 2654435761 + seed) % 2**32).to_bytes(4) for number in range(4099))
    return (line * (size // len(line) + 1))[:size]


def cut(data: bytes, size: int = BLOCK) -> list[bytes]:
    """Pieces of a size, the last one smaller."""
    return [data[start : start + size] for start in range(0, len(data), size)]


class Client:
    """One token's client."""

    def __init__(self, app: ModuleType, token: str) -> None:
        self.app = app
        self.token = token

    def send(
        self,
        route: str,
        path: str,
        body: bytes | str = b"",
        query: str = "",
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        """One request."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        event = events.http(
            method, path, body, {"Authorization": f"UpToken {self.token}", **names}, route
        )
        event["rawQueryString"] = query
        answer = self.app.lambda_handler(event, None)
        text = answer.get("body", "")
        return Answer(answer["statusCode"], json.loads(text) if text else None, answer["headers"])

    # v1

    def mkblk(self, size: int | str, chunk: bytes) -> Answer:
        """Begin a block."""
        return self.send("POST /mkblk/{proxy+}", f"/mkblk/{size}", chunk)

    def bput(self, ctx: str, offset: int | str, chunk: bytes) -> Answer:
        """Go on with a block."""
        return self.send("POST /bput/{proxy+}", f"/bput/{ctx}/{offset}", chunk)

    def mkfile(self, size: int | str, ctxs: Sequence[str], pairs: str = "") -> Answer:
        """Make the object; `pairs` such as `/key/<base64>`."""
        path = f"/mkfile/{size}{pairs}"
        return self.send("POST /mkfile/{proxy+}", path, ",".join(ctxs), content_type="text/plain")

    def blocks(self, data: bytes) -> list[str]:
        """Send all blocks, each in one chunk; their ctx in order."""
        return [self.mkblk(len(block), block).body["ctx"] for block in cut(data)]

    # v2

    def uploads(self, key: str | None) -> str:
        """The path of a key's uploads; None is no key."""
        encoded = "~" if key is None else b64(key)
        return f"/buckets/demo/objects/{encoded}/uploads"

    def multipart(
        self, method: str, path: str, body: bytes | str = b"", query: str = "", **headers: str
    ) -> Answer:
        """Any v2 request."""
        return self.send(f"{method} /buckets/{{proxy+}}", path, body, query, method, **headers)

    def initiate(self, key: str | None = "k") -> str:
        """Begin an upload; its uploadId."""
        upload_id: str = self.multipart("POST", self.uploads(key)).body["uploadId"]
        return upload_id

    def part(
        self, upload_id: str, number: int | str, data: bytes, key: str | None = "k", **headers: str
    ) -> Answer:
        """Send a part."""
        path = f"{self.uploads(key)}/{upload_id}/{number}"
        return self.multipart("PUT", path, data, **headers)

    def complete(
        self,
        upload_id: str,
        parts: Sequence[tuple[int, str]],
        key: str | None = "k",
        **fields: Any,
    ) -> Answer:
        """Make the object of (number, etag)."""
        body = {"parts": [{"partNumber": number, "etag": etag} for number, etag in parts]}
        path = f"{self.uploads(key)}/{upload_id}"
        return self.multipart("POST", path, json.dumps(body | fields).encode())

    def parts(
        self, upload_id: str, pieces: Sequence[bytes], key: str | None = "k"
    ) -> list[tuple[int, str]]:
        """Send all parts in order; what complete wants to know of them."""
        return [
            (number, self.part(upload_id, number, piece, key).body["etag"])
            for number, piece in enumerate(pieces, 1)
        ]
