"""The routes. Plain `http.server`, so that the sample reads the same to everybody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from business_server import pages, tokens
from business_server.callback import Callback, CallbackReader, CallbackRefusedError
from business_server.sessions import Sessions
from business_server.settings import Settings
from business_server.tokens import Tokens
from business_server.uploads import Uploads

_BODY_BYTES = 256 * 1024
_ALBUM = "7"


class BusinessServer(ThreadingHTTPServer):
    """All that the requests share."""

    def __init__(self, address: tuple[str, int], uploads: Uploads) -> None:
        super().__init__(address, Handler)
        self.uploads = uploads
        self.sessions = Sessions()
        self.settings: Settings
        self.tokens: Tokens
        self.callbacks: CallbackReader

    def configure(self, settings: Settings) -> None:
        """Settings come last: the origin may have the port that was free."""
        self.settings = settings
        self.tokens = Tokens(settings)
        self.callbacks = CallbackReader(settings.access_key, settings.secret_key)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: BusinessServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        gateway = self.server.settings.gateway
        match path:
            case "/token":
                self._give_token(self.server.tokens.for_message)
            case "/token/photo":
                self._give_token(self.server.tokens.for_photo)
            case "/up":
                self._html(pages.upload_page(gateway, self.server.tokens.for_page()))
            case "/form":
                self._html(pages.form_page(gateway, self.server.tokens.for_form(), _ALBUM))
            case "/done":
                self._html(pages.done_page(query))
            case _:
                self._json(404, {"error": "no such page"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _BODY_BYTES:
            self.close_connection = True  # what it sends next would be read as a request
            self._json(413, {"error": "Content-Length is missing or too large"})
            return
        body = self.rfile.read(int(length))
        match self.path:
            case "/login":
                uid = parse_qs(body.decode(errors="replace")).get("uid", [""])[0]
                self._json(200, {"uid": uid}, {"Set-Cookie": self.server.sessions.log_in(uid)})
            case tokens.MESSAGE_CALLBACK | tokens.PAGE_CALLBACK | tokens.PHOTO_CALLBACK:
                self._take_callback(body)
            case _:
                self._json(404, {"error": "no such page"})

    def _give_token(self, issue: Callable[[str], str]) -> None:
        uid = self.server.sessions.user(self.headers.get("Cookie", ""))
        if uid is None:
            self._json(401, {"error": "log in first"})
            return
        self._json(200, {"token": issue(uid), "upload_url": self.server.settings.gateway})

    def _take_callback(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            callback = self.server.callbacks.read(
                self.server.settings.url + self.path, headers, body, time.time()
            )
        except CallbackRefusedError as error:
            self.log_error("callback refused: %s", error)
            self._json(401, {"error": "not a callback of ours"})
            return
        try:
            answer = _answer(self.path, callback)
        except KeyError:  # rightly signed, for another policy than tokens.py has
            self._json(400, {"error": "a field is missing"})
            return
        text = self.server.uploads.record(self.path, callback, answer)
        self._send(200, "application/json", text.encode(), {})

    def _json(
        self, status: int, document: object, headers: Mapping[str, str] | None = None
    ) -> None:
        self._send(status, "application/json", json.dumps(document).encode(), headers or {})

    def _html(self, text: str) -> None:
        self._send(200, "text/html; charset=utf-8", text.encode(), {})

    def _send(self, status: int, content_type: str, body: bytes, more: Mapping[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        for name, value in (headers | {"Cache-Control": "no-store"} | dict(more)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line a request, without the query: it may hold what is nobody's business."""
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], int(code))


def _answer(path: str, callback: Callback) -> dict[str, object]:
    """What the client gets as the answer to its upload, byte for byte."""
    told = callback.fields
    if path == tokens.MESSAGE_CALLBACK:
        return {"filename": told["name"], "uid": told["uid"], "msg": "ok"}
    if path == tokens.PAGE_CALLBACK:
        return {"key": told["filename"], "size": told["filesize"], "message": "success"}
    return {"photo": dict(told), "msg": "ok"}
