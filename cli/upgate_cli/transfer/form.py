"""A small file in one request: `POST /` (protocol.md 2)."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable

from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from upgate.contents import qetag
from upgate_cli.errors import CancelledError
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient
from upgate_cli.transfer.body import Advance, Tally
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import OCTET_STREAM, Extras, Target

MOST_BYTES = 4 * 1024 * 1024  # where the SDKs leave the form too (protocol.md 2.2)


def send_form(
    client: GatewayClient,
    source: SourceFile,
    target: Target,
    token: str,
    extras: Extras,
    advance: Advance,
) -> tuple[Answer, str]:
    """Upload it; gives the answer, whatever it is, and the content's hash.

    The whole file is read first: what is sent is one state of it, and the checksum that goes with
    it lets the gateway refuse what was damaged on its way.

    Raises:
        ChangedFileError: written to while it was read.
    """
    data = source.read(0, source.size_bytes)
    source.check_unchanged()
    tally = Tally(advance)
    fields = _fields(data, source.path.name, target, token, extras)
    boundary = secrets.token_hex(16)

    def body() -> MultipartEncoderMonitor:
        return MultipartEncoderMonitor(
            MultipartEncoder(fields, boundary=boundary), _counter(client, tally, len(data))
        )

    content_type = f"multipart/form-data; boundary={boundary}"
    answer = client.send(
        Call("POST", "/", {"Content-Type": content_type}, body, rewind=tally.rewind)
    )
    return answer, qetag.of(data)


def _fields(
    data: bytes, file_name: str, target: Target, token: str, extras: Extras
) -> list[tuple[str, str | tuple[str, bytes, str]]]:
    fields: list[tuple[str, str | tuple[str, bytes, str]]] = [("token", token)]
    if target.key is not None:
        fields.append(("key", target.key))
    fields += [*extras.custom_variables.items(), *extras.metadata.items()]
    fields.append(("crc32", str(zlib.crc32(data))))
    # The part's own name cannot say every name: `50%22.jpg` would be read as `50".jpg`.
    fields.append(("fname", file_name))
    fields.append(("file", (file_name, data, extras.mime_type or OCTET_STREAM)))
    return fields


def _counter(
    client: GatewayClient, tally: Tally, size_bytes: int
) -> Callable[[MultipartEncoderMonitor], None]:
    def count(monitor: MultipartEncoderMonitor) -> None:
        if client.cancelled.is_set():
            raise CancelledError
        # The form's own lines are not the file's bytes.
        overhead = monitor.len - size_bytes
        tally.set(max(monitor.bytes_read - overhead, 0))

    return count
