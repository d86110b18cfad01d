from __future__ import annotations

import subprocess
import sys
import time

import pytest

from upgate import limits
from upgate.contents import mime
from upgate.errors import InvalidArgumentError, InvalidPolicyError

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def unread() -> bytes:
    raise AssertionError("the content does not decide here")


def decide(
    detect_mime: int,
    client: str | None = None,
    file_name: str | None = None,
    key: str | None = None,
    content: bytes = b"",
) -> str:
    return mime.decide(detect_mime, client, file_name, key, lambda: content)


@pytest.mark.parametrize(
    ("client", "file_name", "key", "content", "expected"),
    [
        ("text/css", "a.jpg", "b.gif", _PNG, "text/css"),
        (None, "a.jpg", "b.gif", _PNG, "image/jpeg"),
        (None, "a", "b.gif", _PNG, "image/gif"),
        (None, None, "b.gif", _PNG, "image/gif"),
        (None, "a", "b", _PNG, "image/png"),
        (None, None, None, _PNG, "image/png"),
        (None, None, None, b"\0", "application/octet-stream"),
        ("", "a.jpg", None, _PNG, "image/jpeg"),
        ("application/octet-stream", "a.jpg", None, _PNG, "image/jpeg"),
        ("Application/Octet-Stream; x=y", None, None, _PNG, "image/png"),
        ("application/octet-stream", None, None, b"\0", "application/octet-stream"),
    ],
)
def test_detect_mime_0_asks_client_file_name_key_and_content_in_turn(
    client: str | None, file_name: str | None, key: str | None, content: bytes, expected: str
) -> None:
    assert decide(0, client, file_name, key, content) == expected


@pytest.mark.parametrize(
    ("client", "file_name", "key", "content", "expected"),
    [
        ("text/css", "a.jpg", "b.gif", _PNG, "image/png"),
        ("text/css", "a.jpg", "b.gif", b"\0", "image/jpeg"),
        ("text/css", "a", "b.gif", b"\0", "image/gif"),
        ("text/css", "a", "b", b"\0", "application/octet-stream"),
        ("image/png", "a.png", "a.png", b"<script>1</script>", "text/html"),
    ],
)
def test_detect_mime_1_asks_content_file_name_and_key_in_turn(
    client: str | None, file_name: str | None, key: str | None, content: bytes, expected: str
) -> None:
    assert decide(1, client, file_name, key, content) == expected


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("text/css", "text/css"),
        ("application/octet-stream", "application/octet-stream"),
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_detect_mime_minus_1_takes_the_clients_word(client: str | None, expected: str) -> None:
    assert mime.decide(-1, client, "a.jpg", "b.gif", unread) == expected


def test_the_content_is_not_read_when_client_or_name_decides() -> None:
    assert mime.decide(0, "text/css", None, None, unread) == "text/css"
    assert mime.decide(0, None, "a.jpg", None, unread) == "image/jpeg"


@pytest.mark.parametrize(
    "client",
    [
        "image/jpg",
        "text/html; charset=utf-8",
        'text/plain;charset="a b\\"c"',
        "application/vnd.ms-excel",
        "a/b;",
        "a/b ; ; c=d",
        "x/" + "y" * (limits.MIME_TYPE_BYTES - 2),
    ],
)
def test_a_legal_media_type_is_stored_as_the_client_wrote_it(client: str) -> None:
    assert decide(0, f" {client}\t") == client


@pytest.mark.parametrize("detect_mime", [-1, 0, 1])
@pytest.mark.parametrize(
    "client",
    [
        "jpg",
        "image/",
        "/png",
        "image/png\r\nX-Evil: 1",
        "image/png\n",
        "image/png\0",
        "image /png",
        "image/p/ng",
        "image/png; charset",
        'image/png; a="b',
        "image/png, text/html",
        "图/片",
        "x/" + "y" * (limits.MIME_TYPE_BYTES - 1),
    ],
)
def test_what_is_no_media_type_is_refused(detect_mime: int, client: str) -> None:
    with pytest.raises(InvalidArgumentError):
        decide(detect_mime, client)


def test_a_media_type_of_many_empty_parameters_is_decided_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidArgumentError):
        decide(0, "a/b" + "; " * 120 + "!\x7f")
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize("detect_mime", [-2, 2])
def test_another_detect_mime_is_an_invalid_policy(detect_mime: int) -> None:
    with pytest.raises(InvalidPolicyError):
        decide(detect_mime)


def test_importing_it_loads_neither_the_sniffer_nor_the_machines_types() -> None:
    program = "import sys, upgate.contents.mime; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"upgate.contents.media_sniffing", "mimetypes", "json", "PIL"} & set(loaded)
