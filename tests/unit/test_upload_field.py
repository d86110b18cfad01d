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


@pytest.mark.parametrize("mark", ["\r", "\n", "\0", "\x1f", "\x7f"])
def test_a_control_character_in_a_file_name_is_refused(mark: str) -> None:
    with pytest.raises(InvalidArgumentError, match="control character"):
        upload_field.parse_file_name(f"a{mark}b")


def test_a_file_name_may_be_as_long_as_its_limit_in_utf8() -> None:
    name = "é" * (limits.FILE_NAME_BYTES // 2)
    assert upload_field.parse_file_name(name) == name
    with pytest.raises(InvalidArgumentError, match="longer than"):
        upload_field.parse_file_name(name + "a")


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


def test_a_mime_type_has_a_limit_of_its_own() -> None:
    value = "a/" + "b" * (limits.MIME_TYPE_BYTES - 2)
    assert upload_field.parse_mime_type(value) == value
    with pytest.raises(InvalidArgumentError, match="content type is longer than"):
        upload_field.parse_mime_type(value + "b")


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
