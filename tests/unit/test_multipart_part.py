from __future__ import annotations

import time

import pytest

from upgate import limits
from upgate.errors import FileTooLargeError, MalformedFormError
from upgate.intake.multipart_part import Part, read_parts

TYPE = "multipart/form-data; boundary=b"
NAMED = b'Content-Disposition: form-data; name="a"'


def body(*parts: tuple[bytes, bytes], end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + head + b"\r\n\r\n" + text + b"\r\n" for head, text in parts) + end


def read(raw: bytes, content_type: str = TYPE) -> list[Part]:
    return list(read_parts(content_type, raw))


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=b",
        'multipart/form-data; boundary="b"',
        "Multipart/Form-Data;BOUNDARY=b",
        "multipart/form-data; charset=utf-8; boundary=b; x=y",
    ],
)
def test_the_boundary_is_found_however_it_is_written(content_type: str) -> None:
    assert read(body((NAMED, b"1")), content_type) == [Part("a", None, None, b"1")]


def test_a_boundary_with_marks_that_want_quotes_is_read_without() -> None:
    raw = body((NAMED, b"1")).replace(b"--b", b"------=_Part_0_12.34:5")
    assert len(read(raw, "multipart/form-data; boundary=----=_Part_0_12.34:5")) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        'multipart/form-data; boundary="b',
        "multipart/form-data; boundary=é",
    ],
)
def test_a_request_that_is_no_form_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedFormError, match="the request's Content-Type"):
        read(body((NAMED, b"1")), content_type)


def test_a_boundary_may_be_as_long_as_its_limit() -> None:
    boundary = "b" * limits.FORM_BOUNDARY_BYTES
    raw = body((NAMED, b"1")).replace(b"--b", b"--" + boundary.encode())
    assert len(read(raw, f"multipart/form-data; boundary={boundary}")) == 1
    with pytest.raises(MalformedFormError, match="boundary is longer"):
        read(raw, f"multipart/form-data; boundary={boundary}b")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_body_is_read(kind: type[bytes]) -> None:
    assert [part.content for part in read_parts(TYPE, kind(body((NAMED, b"1"))))] == [b"1"]


@pytest.mark.parametrize("before", [b"", b"\r\n", b"This is a message in MIME format.\r\n"])
@pytest.mark.parametrize("end", [b"--b--", b"--b--\r\n", b"--b--\r\nEpilogue\r\n--b\r\n"])
def test_preamble_and_epilogue_are_skipped(before: bytes, end: bytes) -> None:
    assert [part.content for part in read(before + body((NAMED, b"1"), end=end))] == [b"1"]


@pytest.mark.parametrize(
    "content",
    [b"x--b", b"x--b--", b"x\n--b--\n", b"\r--b--", b"--b--\r\n--c", b"\r\n-- b", b"\r\n--"],
)
def test_a_boundary_that_does_not_start_a_line_is_content(content: bytes) -> None:
    assert [part.content for part in read(body((NAMED, content)))] == [content]


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="file"; filename="x"\nContent-Type:image/png',
        b'Content-Disposition: form-data; name="file"; filename="x"\nContent-Type: image/png',
        b'Content-Disposition: form-data; name="file"; filename="x"\r\nContent-Type:image/png',
        b'content-type:\timage/png \r\ncontent-disposition: form-data; name="file"; filename="x"',
        b'Content-Length: 1\r\nContent-Disposition:form-data;name="file";filename="x"\n'
        b"Content-Type:image/png",
    ],
)
def test_headers_are_read_in_any_order_and_with_a_bare_lf(head: bytes) -> None:
    assert read(body((head, b"1"))) == [Part("file", "x", "image/png", b"1")]


@pytest.mark.parametrize("encoding", [b"binary", b"8bit", b"7BIT"])
def test_an_encoding_that_changes_nothing_is_taken(encoding: bytes) -> None:
    head = NAMED + b"\r\nContent-Transfer-Encoding: " + encoding
    assert [part.content for part in read(body((head, b"1")))] == [b"1"]


def test_a_file_may_be_a_multipart() -> None:
    head = NAMED + b'; filename="x.mht"\r\nContent-Type: multipart/related; boundary=c'
    assert [part.content for part in read(body((head, b"1")))] == [b"1"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x",
        b"--b",
        b"--b\r\n",
        body((NAMED, b"1"), end=b""),
        body((NAMED, b"1"), end=b"--b"),
        body((NAMED, b"1"), end=b"--b-"),
        body((NAMED, b"1"), end=b"--b\r\n"),
        body((NAMED, b"1"))[:-10],
        body((NAMED, b"1")).replace(b"--b", b"--c"),
        body((NAMED, b"1")).replace(b"--b", b"b"),
        body((NAMED, b"1")).replace(b"\r\n", b"\n"),
        body((NAMED, b"1")).replace(b"\r\n", b"\r"),
        body((NAMED, b"\r\n--bc")),
        b"x" + body((NAMED, b"1")),
        body((b"", b"1")),
        body((b"Content-Type: a/b", b"1")),
        body((b"no colon", b"1")),
        body((b": no name", b"1")),
        body((b"Content-Disposition: form-data", b"1")),
        body((b'Content-Disposition: form-data; filename="x"', b"1")),
        body((b'Content-Disposition: attachment; name="a"', b"1")),
        body((b'Content-Disposition: form-data; name="\xff"', b"1")),
        body((NAMED + b"\r\n" + NAMED, b"1")),
        body((NAMED + b"\n" + NAMED, b"1")),
        body((NAMED + b"\n", b"1")),
        body((NAMED + b"\r\nX-Folded: 1\r\n 2", b"1")),
        body((NAMED + b"\r\nContent-Length: 2", b"1")),
        body((NAMED + b"\r\nContent-Length: 0", b"1")),
        body((NAMED + b"\r\nContent-Length: -1", b"1")),
        body((NAMED + b"\r\nContent-Transfer-Encoding: base64", b"MQ==")),
        body((NAMED + b"\r\nContent-Transfer-Encoding: quoted-printable", b"=31")),
        body((NAMED + b"\r\nContent-Type: multipart/mixed; boundary=c", b"--c--")),
    ],
)
def test_a_body_that_is_not_the_form_announced_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedFormError, match=r"malformed multipart form: \w+"):
        read(raw)


def test_a_form_may_have_as_many_parts_as_its_limit() -> None:
    parts = [(NAMED, b"")] * limits.FORM_PARTS
    assert len(read(body(*parts))) == limits.FORM_PARTS
    with pytest.raises(MalformedFormError, match="more than 256 parts"):
        read(body(*parts, (NAMED, b"")))


def test_a_part_may_have_as_many_headers_as_its_limit() -> None:
    head = NAMED + b"".join(b"\r\nX-%d: 1" % i for i in range(limits.FORM_HEADERS_PER_PART - 1))
    assert len(read(body((head, b"")))) == 1
    with pytest.raises(MalformedFormError, match="header count"):
        read(body((head + b"\r\nX-One-More: 1", b"")))


def test_a_header_may_be_as_long_as_its_limit() -> None:
    head = b"X: ".ljust(limits.FORM_HEADER_BYTES, b"a")
    assert len(read(body((NAMED + b"\r\n" + head, b"")))) == 1
    with pytest.raises(MalformedFormError, match="header length"):
        read(body((NAMED + b"\r\n" + head + b"a", b"")))


def test_a_body_may_be_as_long_as_a_request() -> None:
    frame = len(body((NAMED, b"")))
    content = b"\r" * (limits.REQUEST_BODY_BYTES - frame)
    assert len(read(body((NAMED, content)))[0].content) == len(content)
    with pytest.raises(FileTooLargeError):
        read(body((NAMED, content + b"\r")))


SIZE = limits.REQUEST_BODY_BYTES - 100


@pytest.mark.parametrize(
    "raw",
    [
        b"--b\r\nX: " + b"a" * SIZE,
        b"--b\r\n" + b"X: a\n" * (SIZE // 5),
        b"--b\r\n" + NAMED + b"\r\n x" * (SIZE // 4),
        b"--b\r\n" + NAMED + b"\r\n\r\n" + b"\r\n--" * (SIZE // 4),
        b"--b\r\n" + NAMED + b"\r\n\r\n" + b"\r\n--a" * (SIZE // 5),
        b"--b\r\n" * (SIZE // 5),
        body(*[(NAMED, b"1")] * (SIZE // 60)),
        b"\r" * SIZE,
    ],
    ids=range(8),
)
def test_a_hostile_body_costs_no_more_time_than_a_good_one(raw: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(MalformedFormError):
        read(raw)
    assert time.perf_counter() - started < 0.5
