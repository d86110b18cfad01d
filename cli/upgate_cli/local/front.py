"""One origin for everything: the demo page at `GET /`, and the gateway for all the rest.

A bare server without aiohttp's router and path handling, so that a path reaches the function
undamaged: double slashes, `%`, `=` and `|` are part of the protocol's paths.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from multidict import CIMultiDict

from upgate_cli.local import gateway
from upgate_cli.local.edge import Edge
from upgate_cli.local.event import Answer, Request
from upgate_cli.local.gateway import Gateway

# Above the gateway's own limit, so that the refusal is the gateway's and not the HTTP parser's.
_PARSER_BYTES = 64 * 1024
_SHUTDOWN_SECONDS = 1.0
# How long a refused client may go on sending: it is to read the refusal, not a broken pipe.
_LINGERING_SECONDS = 2.0

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@asynccontextmanager
async def serving(
    listener: socket.socket, gate: Gateway, page: Path, edge: Edge | None = None
) -> AsyncIterator[None]:
    """Answer what comes in on a listening socket for as long as the block lasts."""
    server = web.Server(
        Front(gate, page, edge).handle,
        access_log=None,
        lingering_time=_LINGERING_SECONDS,
        auto_decompress=False,  # a body is passed on as it came
        max_line_size=_PARSER_BYTES,
        max_field_size=_PARSER_BYTES,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


class Front:
    """Turns aiohttp's requests into the gateway's, and its answers back."""

    def __init__(self, gate: Gateway, page: Path, edge: Edge | None) -> None:
        self._gate = gate
        self._page = page
        self._edge = edge

    async def handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        values = sum(len(value) for _, value in incoming.raw_headers)
        line = f"{incoming.method} {incoming.raw_path} HTTP/1.1\r\n".encode(errors="replace")
        if gateway.is_head_too_long(len(line), values):
            return _response(gateway.refusal(431, "Request Header Fields Too Large"), close=True)
        target = _origin_form(incoming.raw_path)
        if incoming.method == "GET" and target.partition("?")[0] == "/":
            return self._demo_page()
        if self._edge and (refused := self._edge.refuse(incoming.headers, incoming.content_length)):
            return _response(refused, close=True)
        body = await _read_body(incoming)
        if body is None:
            return _response(gateway.refusal(413, "Request Entity Too Large"), close=True)
        headers = [(_text(name), _text(value)) for name, value in incoming.raw_headers]
        request = Request(incoming.method, target, headers, body, incoming.remote or "")
        return _response(await self._gate.answer(request))

    def _demo_page(self) -> web.Response:
        # Read each time: whoever works on the page sees it on reload.
        return web.Response(
            body=self._page.read_bytes(),
            headers={"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"},
        )


async def _read_body(incoming: web.BaseRequest) -> bytes | None:
    """Read the body, chunked or not; None if it is longer than the gateway takes."""
    if (incoming.content_length or 0) > gateway.BODY_BYTES:
        return None
    if incoming.headers.get("Expect", "").lower() == "100-continue":
        # A server without a router leaves this to its handler; curl waits a second for it.
        await incoming.writer.write(_CONTINUE)
        incoming.writer.output_size = 0
    body = bytearray()
    async for chunk in incoming.content.iter_any():
        body += chunk
        if len(body) > gateway.BODY_BYTES:
            return None
    return bytes(body)


def _origin_form(target: str) -> str:
    """Path and query of a request target, which may be a whole URL (RFC 9112, 3.2.2)."""
    if target.startswith("/"):
        return target
    _, separator, rest = target.partition("://")
    slash = rest.find("/")
    return rest[slash:] if separator and slash >= 0 else "/"


def _response(answer: Answer, *, close: bool = False) -> web.Response:
    headers = CIMultiDict(answer.headers)
    response = web.Response(status=answer.status, headers=headers, body=answer.body)
    if close:
        response.force_close()
    return response


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
