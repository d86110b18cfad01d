"""A server on loopback that follows a script, however badly a real one might behave."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

type Script = Callable[["ScriptedServer", socket.socket], None]


class ScriptedServer:
    """Serves one connection after the other; keeps what was asked and which names TLS named."""

    def __init__(
        self, script: Script, tls: ssl.SSLContext | None = None, *, reads: bool = True
    ) -> None:
        self.requests: list[bytes] = []
        self.server_names: list[str | None] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._script = script
        self._reads = reads
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                self._follow(connection)

    def _follow(self, connection: socket.socket) -> None:
        if self._tls is None:
            self._play(connection)
            return
        with self._tls.wrap_socket(connection, server_side=True) as secure:
            self._play(secure)

    def _play(self, connection: socket.socket) -> None:
        if self._reads:
            self.requests.append(_read_request(connection))
        self._script(self, connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < lengths[0]:
        body += _receive(connection)
    return head + b"\r\n\r\n" + body


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionResetError
    return piece


def says(answer: bytes) -> Script:
    """Send these bytes and close."""
    return lambda _server, connection: connection.sendall(answer)


def answers(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """Send a well-formed answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


def hangs(first: bytes = b"") -> Script:
    """Send these bytes, then nothing, and keep the connection."""

    def script(server: ScriptedServer, connection: socket.socket) -> None:
        connection.sendall(first)
        server.stopped.wait(5)

    return script


def drips(first: bytes, rest: Iterator[bytes], pause_seconds: float) -> Script:
    """Send `rest` piece by piece: each pause is far below any timeout, all of them are not."""

    def script(server: ScriptedServer, connection: socket.socket) -> None:
        connection.sendall(first)
        for piece in rest:
            if server.stopped.wait(pause_seconds):
                return
            connection.sendall(piece)

    return script


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of one test run and a server certificate of it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_authority(directory: Path, host: str) -> Authority:
    """TLS contexts for a server called `host` and for a client that trusts its issuer."""
    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer_name = _name("Upgate test authority")
    public = issuer_key.public_key()
    key_id = x509.SubjectKeyIdentifier.from_public_key(public)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    issuer = (
        _builder(issuer_name, issuer_name, public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_id, critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage),
            critical=True,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name(host), issuer_name, key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = directory / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=issuer.public_bytes(pem).decode())
    return Authority(server, client)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
    )
