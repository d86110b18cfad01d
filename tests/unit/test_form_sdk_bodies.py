"""What every official SDK and browser sends is read whole (protocol.md 2.2)."""

from __future__ import annotations

import zlib

import pytest

from tests import sdk_bodies
from tests.sdk_bodies import MOBILE_BOUNDARY, SentForm, Upload
from upgate.intake.form import parse_form
from upgate.intake.upload_request import UploadRequest

# Holds line ends, a NUL, both escapes and the start of a boundary.
CONTENT = b'\xff\xd8\xff\xe0 \r\n\r\n--\r\n\x00 %22 \\" \r\n------WebKitForm\r\n\r'
UPLOAD = Upload(
    token="ak:sign:policy",
    content=CONTENT,
    custom_variables={"x:name": '七牛 "cloud"', "x:empty": "", "x:line": "a\r\nb"},
    metadata={"author": "me & 你"},
)


def read(form: SentForm) -> tuple[UploadRequest, bytes]:
    request, content = parse_form(form.content_type, form.body)
    return request, bytes(content)


@pytest.fixture(params=sdk_bodies.CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_field_of_every_client_is_read(client: str) -> None:
    request, content = read(sdk_bodies.CLIENTS[client](UPLOAD))
    assert content == CONTENT
    assert request == UploadRequest(
        token="ak:sign:policy",
        key="photo/1.jpg",
        file_name="照片.jpg",
        mime_type="image/jpeg",
        crc32=zlib.crc32(CONTENT),
        accept="text/plain" if client == "old_internet_explorer" else None,
        custom_variables={"x:name": '七牛 "cloud"', "x:empty": "", "x:line": "a\r\nb"},
        metadata={"author": "me & 你"},
    )


def test_an_upload_without_key_and_crc32_has_none(client: str) -> None:
    upload = Upload(token="t", content=b"x", key=None, has_crc32=False)
    request, _ = read(sdk_bodies.CLIENTS[client](upload))
    expected = "" if client == "php_put_file" else None  # its bug, protocol.md 2.2
    assert (request.key, request.crc32) == (expected, None)


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\r\n\r\n", b"-", b"\r\n--", b"\x00" * 70_000])
def test_odd_contents_come_out_unchanged(client: str, content: bytes) -> None:
    assert read(sdk_bodies.CLIENTS[client](Upload(token="t", content=content)))[1] == content


@pytest.mark.parametrize(
    "name", ['say "hi".jpg', "50%.jpg", "a;b=c.jpg", "a'b.jpg", "?", "a\\b.jpg", "dir/a.jpg"]
)
@pytest.mark.parametrize("client", sorted(sdk_bodies.CLIENTS.keys() - {"old_internet_explorer"}))
def test_file_names_with_marks_come_out_unchanged(client: str, name: str) -> None:
    request, _ = read(sdk_bodies.CLIENTS[client](Upload(token="t", content=b"", file_name=name)))
    assert request.file_name == name


# Copied from the sources and from captures, so that a wrong builder cannot agree with itself.


def test_android_builder_makes_the_bytes_of_its_source() -> None:
    upload = Upload(
        token="T", content=b"DATA", key="", file_name="?", mime_type="image/png", has_crc32=False
    )
    b = MOBILE_BOUNDARY.encode()
    assert sdk_bodies.android(upload).body == (
        b"--" + b + b'\r\nContent-Disposition: form-data; name="token"\r\n\r\nT\r\n'
        b"--" + b + b'\r\nContent-Disposition: form-data; name="file"; filename="?"\n'
        b"Content-Type:image/png\r\n\r\nDATA\r\n--" + b + b"--\r\n"
    )


def test_node_builder_makes_the_bytes_of_a_capture() -> None:
    """nodejs-sdk 7.15.2 with formstream 1.5.2, `put` of a Buffer with checkCrc, unchunked."""
    upload = Upload(
        token="T",
        content=b"hello\0\r\nworld",
        key="k/1.jpg",
        file_name='a"b\\c\n照片.jpg',
        custom_variables={"x:name": "值"},
        metadata={"Author": "me"},
    )
    mark = b"----------------------------3f8c860a67bf6ebc69b6981d"
    assert sdk_bodies.node(upload).body == b"".join(
        (
            mark + b'\r\nContent-Disposition: form-data; name="token"\r\n\r\nT\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="key"\r\n\r\nk/1.jpg\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="x:name"\r\n\r\n\xe5\x80\xbc\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="x-qn-meta-Author"\r\n\r\nme\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="file"; filename="a%22b\\c%0A'
            b'\xe7\x85\xa7\xe7\x89\x87.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            b"hello\x00\r\nworld\r\n",
            mark + b'\r\nContent-Disposition: form-data; name="crc32"\r\n\r\n3315818021\r\n',
            mark + b"--\r\n",
        )
    )


def test_curl_builder_makes_the_bytes_of_a_capture() -> None:
    """curl 7.88.1 -F token=T -F key=k/1.jpg -F x:name=值 -F 'file=@...;type=image/jpeg'."""
    upload = Upload(
        token="T",
        content=b"hello\0\r\nworld",
        key="k/1.jpg",
        file_name='a"b\\c 照片.jpg',
        custom_variables={"x:name": "值"},
        has_crc32=False,
    )
    mark = b"--------------------------994078755a4fa386"
    assert sdk_bodies.curl(upload).body == b"".join(
        (
            mark + b'\r\nContent-Disposition: form-data; name="token"\r\n\r\nT\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="key"\r\n\r\nk/1.jpg\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="x:name"\r\n\r\n\xe5\x80\xbc\r\n',
            mark + b'\r\nContent-Disposition: form-data; name="file"; filename="a%22b\\c '
            b'\xe7\x85\xa7\xe7\x89\x87.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            b"hello\x00\r\nworld\r\n",
            mark + b"--\r\n",
        )
    )
    assert len(sdk_bodies.curl(upload).body) == 501  # the capture's Content-Length
