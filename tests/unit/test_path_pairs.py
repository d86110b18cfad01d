from __future__ import annotations

import pytest

from upgate import limits
from upgate.encoding import encode
from upgate.errors import InvalidArgumentError
from upgate.intake.path_pairs import parse_pairs, parse_size, split_path
from upgate.intake.upload_request import UploadRequest


def b64(text: str) -> str:
    return encode(text.encode())


def test_all_pairs_are_read_in_any_order() -> None:
    pairs = [
        ("mimeType", b64("image/jpeg")),  # android-sdk puts it first and fname last
        ("x-qn-meta-Author", b64("me")),
        ("x:name", b64("值")),
        ("crc32", "480655653"),
        ("key", b64("photo/1.jpg")),
        ("x:a/b".replace("/", "-"), b64("")),
        ("fname", b64("照片.jpg")),
    ]
    expected = UploadRequest(
        token="t",
        key="photo/1.jpg",
        file_name="照片.jpg",
        mime_type="image/jpeg",
        crc32=480655653,
        custom_variables={"x:name": "值", "x:a-b": ""},
        metadata={"Author": "me"},
    )
    for order in (pairs, pairs[::-1]):
        assert parse_pairs([word for pair in order for word in pair], "t") == expected


def test_no_pairs_are_no_key() -> None:
    assert parse_pairs([], "t") == UploadRequest(token="t")


def test_an_empty_segment_is_the_empty_key() -> None:
    assert parse_pairs(split_path("/putb64/3/key/", "putb64")[1], "t").key == ""
    assert parse_pairs(split_path("/putb64/3/key//crc32/1", "putb64")[1], "t").key == ""


@pytest.mark.parametrize("name", ["x%3Aname", "x%3aname", "X%3Aname"])
def test_a_colon_may_be_left_escaped(name: str) -> None:
    assert parse_pairs([name, b64("v")], "t").custom_variables == {"x:name": "v"}


def test_the_rest_of_a_name_is_not_unescaped_again() -> None:
    assert parse_pairs(["x%3Aa%3Ab", b64("v")], "t").custom_variables == {"x:a%3Ab": "v"}


def test_padding_may_be_missing() -> None:
    assert parse_pairs(["key", "YQ"], "t").key == "a"


def test_unknown_pairs_are_ignored_whatever_they_hold() -> None:
    assert parse_pairs(["unknown", "%%%"], "t") == UploadRequest(token="t")


@pytest.mark.parametrize(
    "segments",
    [
        ["key"],
        ["key", "YQ==", ""],
        ["key", "YQ==", "key", "YQ=="],
        ["x:a", "YQ==", "x%3Aa", "YQ=="],
        ["key", "a+b="],
        ["key", "a"],
        ["key", "YR=="],
        ["key", "_w=="],  # 0xff, not UTF-8
        ["x:a", "!"],
        ["x-qn-meta-a", "!"],
        ["x-qn-meta-", "YQ=="],
        ["x-qn-meta-a", "YQ==", "x-qn-meta-A", "YQ=="],
        ["mimeType", "!"],
        ["fname", "!"],
        ["crc32", "YQ=="],
        ["crc32", ""],
    ],
)
def test_pairs_outside_their_syntax_are_refused(segments: list[str]) -> None:
    with pytest.raises(InvalidArgumentError):
        parse_pairs(segments, "t")


@pytest.mark.parametrize(
    ("value", "file_name"),
    [(b64("a\r\nb.jpg"), "ab.jpg"), (encode("照.jpg".encode("gbk")), "照.jpg"), ("", None)],
)
def test_a_file_name_is_kept_as_far_as_it_can_be(value: str, file_name: str | None) -> None:
    assert parse_pairs(["fname", value], "t").file_name == file_name


@pytest.mark.parametrize(
    ("value", "mime_type"), [(b64("txt"), "txt"), (b64("a\r\nb"), None), ("_w==", None)]
)
def test_a_media_type_that_cannot_be_kept_counts_as_not_given(
    value: str, mime_type: str | None
) -> None:
    assert parse_pairs(["mimeType", value], "t").mime_type == mime_type


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/mkfile/5", ("5", [])),
        ("/mkfile/5/key/YQ==", ("5", ["key", "YQ=="])),
        ("/mkfile/", ("", [])),
    ],
)
def test_a_path_is_parted(path: str, parts: tuple[str, list[str]]) -> None:
    assert split_path(path, "mkfile") == parts


@pytest.mark.parametrize(
    "path", ["", "/", "/mkfile", "mkfile/5", "/putb64/5", "//mkfile/5", "/mkfile/\ud800"]
)
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidArgumentError, match="path is not"):
        split_path(path, "mkfile")


def test_a_path_may_be_as_long_as_its_limit() -> None:
    path = "/mkfile/5/key/".ljust(limits.ENCODED_PATH_BYTES, "a")
    assert split_path(path, "mkfile")[0] == "5"
    with pytest.raises(InvalidArgumentError, match="path longer than"):
        split_path(path + "a", "mkfile")


def test_a_size_is_read() -> None:
    assert parse_size("4194304") == 4194304


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1\n", "٣", "1" * 20])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="size in the path"):
        parse_size(text)
