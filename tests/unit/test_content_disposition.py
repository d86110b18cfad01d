from __future__ import annotations

import contextlib
import time

import pytest

from upgate.intake.content_disposition import ContentDisposition, parse


@pytest.mark.parametrize(
    ("value", "name", "file_name"),
    [
        (b'form-data; name="token"', "token", None),
        (b"form-data; name=token", "token", None),
        (b'form-data;name="token"', "token", None),
        (b'Form-Data ; NAME = "token" ;', "token", None),
        (b'form-data; filename="a.jpg"; name="file"', "file", "a.jpg"),
        (b'form-data; name="file"; filename=""', "file", ""),
        (b'form-data; name="file"; filename=a b.jpg', "file", "a b.jpg"),
        (b'form-data; name="x:\xe5\x80\xbc"', "x:值", None),
        (b'form-data; name="file"; size=3; filename="a;b=c.jpg"', "file", "a;b=c.jpg"),
    ],
)
def test_a_header_as_clients_write_it_is_read(
    value: bytes, name: str, file_name: str | None
) -> None:
    assert parse(value) == ContentDisposition(name, file_name)


@pytest.mark.parametrize(
    ("raw", "file_name"),
    [
        (b"say %22hi%22", 'say "hi"'),
        (b"a%0D%0Ab", "a\r\nb"),
        (b"50%25%20off", "50%25%20off"),  # not a browser's escape: stays
        (b"%E4%BD%A0%20b.jpg", "%E4%BD%A0%20b.jpg"),
        (b"50%22.jpg", '50".jpg'),
        # All of the name percent-encoded: by aiohttp, by needle.
        (b"say%20%22hi%22.jpg", 'say "hi".jpg'),
        (b"%E4%BD%A0%20%22b%22%20%2B%3B%3D%5C%27.jpg", '你 "b" +;=\\\'.jpg'),
        (b"(it's)%20%22~!*%22.jpg", '(it\'s) "~!*".jpg'),
        (b"50%2525%22", '50%25"'),
        # A character that such a client would have encoded: a browser, whatever else.
        (b"a%20b %22c%22.jpg", 'a%20b "c".jpg'),
        (b"a%20b+%22c%22.jpg", 'a%20b+"c".jpg'),
        (b"\xe4\xbd\xa0%20%22c%22.jpg", '你%20"c".jpg'),
        (b"100%_%20%22c%22.jpg", '100%_%20"c".jpg'),
        (b"%e4%bd%a0%20%22c%22.jpg", '%e4%bd%a0%20"c".jpg'),
        (b"%FF%22c%22.jpg", '%FF"c".jpg'),  # as a whole it would be no UTF-8
        (rb"say \"hi\"", 'say "hi"'),
        (rb"a\\b", r"a\b"),
        (rb"a\"%22", 'a"%22'),  # escapes by backslash, so %22 is its name
        (rb"C:\fakepath\a.jpg", r"C:\fakepath\a.jpg"),
        (b"a\\", "a\\"),  # a browser does not escape the backslash
        (b"\xd5\x5c.jpg", "誠.jpg"),  # GBK with a backslash for second byte
        (b"\xd5\xd5\xc6\xac.jpg", "照片.jpg"),  # GBK
        (b"caf\xe9.jpg", "café.jpg"),  # Latin-1
    ],
)
def test_a_file_name_is_unescaped_and_decoded(raw: bytes, file_name: str) -> None:
    assert parse(b'form-data; name="file"; filename="' + raw + b'"').file_name == file_name


def test_a_backslash_before_the_closing_quote_of_a_browser_ends_the_name() -> None:
    value = rb'form-data; name="a\"; filename="b"'
    assert parse(value) == ContentDisposition("a\\", "b")


@pytest.mark.parametrize(
    ("extended", "file_name"),
    [
        (b"UTF-8''%E7%85%A7.jpg", "照.jpg"),
        (b"utf-8'zh-CN'%e7%85%a7.jpg", "照.jpg"),
        (b"iso-8859-1''caf%E9", "café"),
    ],
)
def test_an_extended_file_name_wins(extended: bytes, file_name: str) -> None:
    value = b'form-data; name="file"; filename="x"; filename*=' + extended
    assert parse(value).file_name == file_name


@pytest.mark.parametrize(
    ("rest", "file_name"),
    [
        (b'filename="a"b.jpg"', 'a"b.jpg'),
        (b'filename="say "hi".jpg"', 'say "hi".jpg'),
        (b'filename="a"b.jpg"; size="3"', 'a"b.jpg'),
        (b'filename="a.jpg', "a.jpg"),
        (b'filename=a"b.jpg; size=3', 'a"b.jpg'),
        (b"filename*=%E7%85%A7", None),
        (b"filename*=utf-8''%E", None),
        (b"filename*=utf-7''a; filename=b", "b"),
        (b"filename*=utf-8''caf%E9.jpg", "café.jpg"),
        (b"filename*=utf-8''%D5%D5", "照"),
    ],
)
def test_a_broken_file_name_is_read_as_far_as_it_can_be(rest: bytes, file_name: str | None) -> None:
    assert parse(b'form-data; name="file"; ' + rest) == ContentDisposition("file", file_name)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"form-data",
        b"form-data;",
        b'attachment; name="file"',
        b'form-data; filename="a"',
        b'form-data; name="file',
        b'form-data; name="file"x',
        b'form-data; name="fi"le"',
        b'form-data; name="file"; name="token"',
        b'form-data; name="file"; filename="a"; filename="b"',
        b'form-data; name="file"; filename="a"b"; name="token"',
        b'form-data; filename="a"b"',
        b'form-data; name="\xff"',
    ],
)
def test_a_header_that_cannot_be_read_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="a part"):
        parse(value)


@pytest.mark.parametrize("unit", [b'"', b"\\", b'\\"', b"; a=", b'; a="', b" ", b";", b"%"])
def test_a_hostile_header_takes_linear_time(unit: bytes) -> None:
    value = b'form-data; name="' + unit * 8_000
    started = time.process_time()
    with pytest.raises(ValueError, match="a part"):
        parse(value)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "unit", [b'"', b"\\", b'\\"', b"; a=", b'";', b'"; a', b'";;', b'" ; ', b" ", b"%22", b"%20%22"]
)
def test_a_hostile_file_name_takes_linear_time(unit: bytes) -> None:
    value = b'form-data; name="file"; filename="x"y' + unit * 8_000
    started = time.process_time()
    with contextlib.suppress(ValueError):
        parse(value)
    assert time.process_time() - started < 0.5
