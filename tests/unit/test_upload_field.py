from __future__ import annotations

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake import upload_field


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("480655653", 480655653), ("4294967295", 0xFFFFFFFF)]
)
def test_a_decimal_crc32_is_read(text: str, value: int) -> None:
    assert upload_field.parse_crc32(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "4294967296", "-1", "+1", " 1", "1\n", "1.0", "0x1", "deadbeef", "\u0661", "9" * 5000],
)
def test_what_is_no_uint32_is_no_crc32(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="crc32 is not a decimal number"):
        upload_field.parse_crc32(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("", None),
        (r"C:\fakepath\a.jpg", "a.jpg"),
        (r"\\server\share\a.jpg", "a.jpg"),
        ("C:\\", None),
        (r"a\b.jpg", r"a\b.jpg"),
        ("dir/a.jpg", "dir/a.jpg"),
        ("C:a.jpg", "C:a.jpg"),
    ],
)
def test_a_file_name_loses_a_windows_path_and_nothing_else(text: str, name: str | None) -> None:
    assert upload_field.parse_file_name(text) == name


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0", "\x1f", "\x7f", "\ud800"])
def test_what_no_file_name_may_hold_is_left_out_of_it(mark: str) -> None:
    assert upload_field.parse_file_name(f"a{mark}b.jpg") == "ab.jpg"
    assert upload_field.parse_file_name(mark) is None


def test_a_file_name_may_be_as_long_as_its_limit_in_utf8() -> None:
    name = "é" * (limits.FILE_NAME_BYTES // 2)
    assert upload_field.parse_file_name(name) == name


@pytest.mark.parametrize("extension", [".jpg", ".图", "." + "x" * 31])
def test_a_longer_file_name_is_cut_before_its_extension(extension: str) -> None:
    kept = upload_field.parse_file_name("é" * limits.FILE_NAME_BYTES + extension)
    assert kept is not None
    assert kept == "é" * kept.count("é") + extension
    assert limits.FILE_NAME_BYTES - 1 <= len(kept.encode()) <= limits.FILE_NAME_BYTES


def test_what_is_too_long_for_an_extension_is_cut_with_the_rest() -> None:
    name = "a." + "x" * limits.FILE_NAME_BYTES
    assert upload_field.parse_file_name(name) == name[: limits.FILE_NAME_BYTES]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("照片.jpg".encode(), "照片.jpg"),
        ("照片.jpg".encode("gbk"), "照片.jpg"),
        (b"caf\xe9.jpg", "café.jpg"),
        (b"\xff\xff", "ÿÿ"),
    ],
)
def test_a_file_name_is_decoded_whatever_its_charset(raw: bytes, name: str) -> None:
    assert upload_field.decode_file_name(raw) == name


@pytest.mark.parametrize(
    ("text", "value"), [("max-age=60", "max-age=60"), ("", None), ("  ", None), (" a ", "a")]
)
def test_a_header_value_is_taken_without_its_blanks(text: str, value: str | None) -> None:
    assert upload_field.parse_header("cacheControl", text) == value


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\0", "\t", "\x7f", "é", "照"])
def test_a_header_value_that_is_not_printable_ascii_is_refused(mark: str) -> None:
    with pytest.raises(InvalidArgumentError, match="cacheControl holds a character"):
        upload_field.parse_header("cacheControl", f"a{mark}b")


def test_a_header_value_may_be_as_long_as_its_limit() -> None:
    value = "a" * limits.OBJECT_HEADER_BYTES
    assert upload_field.parse_header("cacheControl", value) == value
    with pytest.raises(InvalidArgumentError, match="cacheControl is longer than"):
        upload_field.parse_header("cacheControl", value + "a")


@pytest.mark.parametrize(
    "label",
    [
        "image/jpg",
        "txt",
        "undefined",
        "image/png; charset=utf-8",
        "image/png, text/html",
        "a/b ; ; c=d",
        "application/vnd.ms-excel",
        "a+b_c-d.e",
        "/",
        "x" * limits.MIME_TYPE_BYTES,
    ],
)
def test_a_mime_type_that_kodo_keeps_is_kept_as_it_is(label: str) -> None:
    assert upload_field.parse_mime_type(label) == label
    assert upload_field.parse_mime_type(f" {label}\t") == label


@pytest.mark.parametrize(
    "label",
    [
        "",
        " \t ",
        "image/*",
        'text/plain; charset="utf-8"',
        "image/png\r\nX-Evil: 1",
        "image/png\0",
        "a\tb",
        "<b>",
        "图/片",
        "image/\u212a",  # the sign for kelvin is no letter k
        "x" * (limits.MIME_TYPE_BYTES + 1),
    ],
)
def test_another_mime_type_counts_as_not_given(label: str) -> None:
    assert upload_field.parse_mime_type(label) is None


def test_an_http_date_is_taken_for_expires() -> None:
    assert upload_field.parse_expires("Wed, 21 Oct 2015 07:28:00 GMT") is not None
    assert upload_field.parse_expires("") is None


@pytest.mark.parametrize(
    "text", ["0", "-1", "3600", "Wed, 32 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 +0000"]
)
def test_another_date_is_refused_for_expires(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="expires is not an HTTP date"):
        upload_field.parse_expires(text)


def test_custom_variables_keep_their_prefix_and_their_case() -> None:
    fields = {"x:Name": "a", "X:name": "b", "xname": "c", "key": "d"}
    assert upload_field.custom_variables(fields) == {"x:Name": "a"}
