from __future__ import annotations

import subprocess
import sys

import pytest

from upgate.contents import mime
from upgate.errors import InvalidPolicyError

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
