"""A large file in parts, several at once: resumable upload v2 (protocol.md 4)."""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from upgate import encoding, limits
from upgate.contents import qetag
from upgate_cli.errors import CommandError
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient
from upgate_cli.gateway.complaint import RefusedError, refusal
from upgate_cli.gateway.token_source import TokenSource
from upgate_cli.parallel import in_parallel
from upgate_cli.transfer.body import Advance, CountedBytes, Tally
from upgate_cli.transfer.resume_record import ResumeRecord
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import Extras, Target

_NO_SUCH_UPLOAD = 612
_NO_KEY = "~"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that the gateway has."""

    number: int
    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """One file's upload. `slots` bounds how many parts of all files are in memory at once."""

    client: GatewayClient
    source: SourceFile
    target: Target
    tokens: TokenSource
    extras: Extras
    advance: Advance
    slots: AbstractContextManager[Any]
    threads: int

    def run(self) -> tuple[Answer, str]:
        """Send what is missing and make the object; gives the answer and the content's hash.

        When the gateway does not know the recorded upload any more, once from the start.

        Raises:
            ChangedFileError: written to meanwhile; nothing was stored.
            CommandError: refused, unreachable, or too large. The record stays.
        """
        self._check_size()
        with ResumeRecord.of(
            self.source,
            self.target,
            self.client.url,
            self.tokens.access_key,
            self.extras.part_bytes,
        ) as record:
            resumes = record.upload_id is not None
            try:
                return self._carry_on(record)
            except RefusedError as error:
                if not resumes or error.answer.code != _NO_SUCH_UPLOAD:
                    raise
                record.forget()
        return self.run()

    def _carry_on(self, record: ResumeRecord) -> tuple[Answer, str]:
        upload_id = record.upload_id or self._initiate(record)
        sent = in_parallel(
            lambda number: self._send_part(record, upload_id, number),
            range(1, self._count + 1),
            min(self.threads, self._count),
            self.client.cancelled,
        )
        parts = sorted(sent, key=lambda part: part.number)
        self.source.check_unchanged()
        answer = self._complete(upload_id, parts)
        if answer.code == _NO_SUCH_UPLOAD:
            raise refusal(self.client.url, answer)
        if answer.is_success or answer.code == 579:  # stored in both cases
            record.forget()
        return answer, qetag.from_parts([(part.size_bytes, part.etag) for part in parts])

    def _initiate(self, record: ResumeRecord) -> str:
        answer = self.client.send(Call("POST", self._path, self._headers()))
        document = answer.document
        if answer.status != 200 or not isinstance(document, dict):
            raise self._refusal(answer)
        upload_id, expires_at = document.get("uploadId"), document.get("expireAt")
        if not isinstance(upload_id, str) or not isinstance(expires_at, int):
            raise CommandError(f"{self.client.url} gave no uploadId: is it an upload gateway?")
        record.begin(upload_id, expires_at)
        return upload_id

    def _send_part(self, record: ResumeRecord, upload_id: str, number: int) -> _Part:
        with self.slots:
            offset = (number - 1) * self.extras.part_bytes
            size = min(self.extras.part_bytes, self.source.size_bytes - offset)
            data = self.source.read(offset, size)
            part = _Part(number, size, qetag.of(data))
            # The record's word is not enough: a file can change and keep its times.
            if record.parts.get(number) == part.etag:
                self.advance(size)
                return part
            answer = self._put(upload_id, number, data)
            document = answer.document
            if answer.status != 200 or not isinstance(document, dict):
                raise refusal(self.client.url, answer)
            if document.get("etag") != part.etag:
                raise CommandError(f"part {number} arrived damaged: run the command again")
            record.add(number, part.etag)
            return part

    def _put(self, upload_id: str, number: int, data: bytes) -> Answer:
        tally = Tally(self.advance)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return self.client.send(
            Call(
                "PUT",
                f"{self._path}/{upload_id}/{number}",
                self._headers() | {"Content-Type": "application/octet-stream", "Content-MD5": md5},
                lambda: CountedBytes(data, tally.add, self.client.cancelled),
                rewind=tally.rewind,
            )
        )

    def _complete(self, upload_id: str, parts: list[_Part]) -> Answer:
        body: dict[str, Any] = {
            "parts": [{"partNumber": part.number, "etag": part.etag} for part in parts],
            "fname": self.source.path.name,
            "customVars": dict(self.extras.custom_variables),
            "metadata": dict(self.extras.metadata),
        }
        if self.extras.mime_type:
            body["mimeType"] = self.extras.mime_type
        return self.client.send(
            Call(
                "POST",
                f"{self._path}/{upload_id}",
                self._headers() | {"Content-Type": "application/json"},
                json.dumps(body).encode(),
            )
        )

    def _check_size(self) -> None:
        if self._count > limits.PARTS:
            most = limits.PARTS * self.extras.part_bytes
            raise CommandError(
                f"{self.source.path} has {self.source.size_bytes} bytes: {limits.PARTS} parts of "
                f"{self.extras.part_bytes} bytes hold {most} at most"
            )

    def _refusal(self, answer: Answer) -> CommandError:
        if answer.status in (404, 405) and answer.is_gateway:
            return CommandError(
                f"{self.client.url} takes no uploads in parts (status {answer.status}): deploy a "
                "newer gateway, or upload files of 4 MiB at most"
            )
        return refusal(self.client.url, answer)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"UpToken {self.tokens.token(self.target.key)}"}

    @property
    def _count(self) -> int:
        return -(-self.source.size_bytes // self.extras.part_bytes)

    @property
    def _path(self) -> str:
        key = self.target.key
        encoded = _NO_KEY if key is None else encoding.encode(key.encode())
        return f"/buckets/{self.target.bucket}/objects/{encoded}/uploads"
