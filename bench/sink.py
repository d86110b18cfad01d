"""An S3 for benchmarks: takes a PUT, answers 200, keeps nothing. Runs as a process of its own."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_ANSWER = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@contextmanager
def running() -> Iterator[int]:
    """The port of a sink that ends with the block."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(ready: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            with connection:
                _answer_all(connection)


def _answer_all(connection: socket.socket) -> None:
    buffer = memoryview(bytearray(1 << 20))
    while head := _read_head(connection):
        headers, rest = head
        length = 0
        for line in headers.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"expect":
                connection.sendall(_CONTINUE)
        left = length - rest
        while left > 0:
            left -= connection.recv_into(buffer[: min(left, len(buffer))])
        connection.sendall(_ANSWER)


def _read_head(connection: socket.socket) -> tuple[bytes, int] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    headers, _, rest = data.partition(b"\r\n\r\n")
    return headers, len(rest)
