from __future__ import annotations

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from requests_toolbelt import MultipartEncoder

from upgate import limits
from upgate.errors import (
    FileMissingError,
    InvalidArgumentError,
    MalformedFormError,
    TokenMissingError,
    UpgateError,
)
from upgate.intake.form import parse_form
from upgate.intake.upload_request import Content, ObjectHeaders, UploadRequest

TYPE = "multipart/form-data; boundary=b"
TOKEN = ("token", b"ak:sign:policy")


def field(name: str, value: bytes) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
        name.encode(),
        value,
    )


def file(
    head: bytes = b'; filename="a.jpg"\r\nContent-Type: image/jpeg', content: bytes = b"x"
) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="file"%s\r\n\r\n%s\r\n' % (head, content)


def parse(*parts: bytes) -> tuple[UploadRequest, Content]:
    return parse_form(TYPE, b"".join(parts) + b"--b--\r\n")


def parse_fields(*fields: tuple[str, bytes]) -> UploadRequest:
    return parse(*(field(*pair) for pair in (TOKEN, *fields)), file())[0]


def test_the_least_form_is_a_token_and_a_file() -> None:
    request, content = parse(field(*TOKEN), file(b"", b"content"))
    assert request == UploadRequest(token="ak:sign:policy")
    assert content == b"content"


def test_every_field_of_the_protocol_is_read() -> None:
    request = parse_fields(
        ("key", b"k"),
        ("crc32", b"1"),
        ("accept", b"text/plain"),
        ("x:a", b"1"),
        ("X-QN-Meta-Author", b"me"),
        ("cacheControl", b"max-age=60"),
        ("contentLanguage", b"zh"),
        ("contentEncoding", b"gzip"),
        ("contentDisposition", b'attachment; filename="a.jpg"'),
        ("expires", b"Wed, 21 Oct 2015 07:28:00 GMT"),
    )
    assert request == UploadRequest(
        token="ak:sign:policy",
        key="k",
        file_name="a.jpg",
        mime_type="image/jpeg",
        crc32=1,
        accept="text/plain",
        custom_variables={"x:a": "1"},
        metadata={"Author": "me"},
        headers=ObjectHeaders(
            cache_control="max-age=60",
            content_language="zh",
            content_encoding="gzip",
            content_disposition='attachment; filename="a.jpg"',
            expires="Wed, 21 Oct 2015 07:28:00 GMT",
        ),
    )


def test_an_empty_key_is_not_the_absence_of_one() -> None:
    assert parse_fields(("key", b"")).key == ""
    assert parse_fields().key is None


def test_empty_header_fields_are_not_there() -> None:
    names = ("cacheControl", "contentLanguage", "contentEncoding", "contentDisposition", "expires")
    request = parse_fields(*((name, b"") for name in (*names, "accept")))
    assert (request.headers, request.accept) == (ObjectHeaders(), None)


@pytest.mark.parametrize(
    ("fields", "file_name"),
    [
        ([], "a.jpg"),
        ([("fileName", b"b.jpg")], "b.jpg"),
        ([("fileName", b"b.jpg"), ("fname", b"c.jpg")], "c.jpg"),
        ([("fname", b""), ("fileName", b"")], "a.jpg"),
        ([("fname", b"C:\\fakepath\\c.jpg")], "c.jpg"),
    ],
)
def test_fname_wins_over_file_name_over_the_part(
    fields: list[tuple[str, bytes]], file_name: str
) -> None:
    assert parse_fields(*fields).file_name == file_name


@pytest.mark.parametrize("name", ["", "Token", "KEY", "x", "xname", "X:a", "submit", "mimeType"])
def test_unknown_fields_are_ignored_even_twice(name: str) -> None:
    unknown = field(name, b"\xff")
    expected = UploadRequest(token="ak:sign:policy", file_name="a.jpg", mime_type="image/jpeg")
    assert parse(unknown, field(*TOKEN), unknown, file())[0] == expected


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "key",
        "crc32",
        "accept",
        "fname",
        "fileName",
        "cacheControl",
        "contentDisposition",
        "contentEncoding",
        "contentLanguage",
        "expires",
        "x:a",
        "x-qn-meta-a",
    ],
)
def test_a_known_field_that_comes_twice_is_refused_by_its_name(name: str) -> None:
    once = field(name, b"1")
    with pytest.raises(MalformedFormError, match=f"more than once: '{name}'"):
        parse(once, once, file())


def test_two_files_are_refused() -> None:
    with pytest.raises(MalformedFormError, match="more than once: 'file'"):
        parse(field(*TOKEN), file(), file())


def test_a_field_name_in_a_message_is_short_and_on_one_line() -> None:
    once = field("x:" + "a%0D%0A" * 1000, b"1")
    with pytest.raises(MalformedFormError) as caught:
        parse(once, once)
    assert len(caught.value.message) < 350
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["token", "key", "crc32", "x:a", "x-qn-meta-a"])
def test_a_field_that_is_not_utf8_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(MalformedFormError, match=f"not UTF-8 text: '{name}'"):
        parse(field(name, b"\xff\xfe"))


@pytest.mark.parametrize("name", ["token", "x:a", "unknown"])
def test_a_field_may_be_as_long_as_its_limit(name: str) -> None:
    rest = file() if name == "token" else field(*TOKEN) + file()
    value = b"a" * limits.FORM_FIELD_BYTES
    assert parse(field(name, value), rest)
    with pytest.raises(MalformedFormError, match=f"longer than 65536 bytes: '{name}'"):
        parse(field(name, value + b"a"), rest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc32", b"deadbeef"),
        ("crc32", b""),
        ("accept", b"text/plain\r\nX-Evil: 1"),
        ("cacheControl", b"a\nb"),
        ("contentDisposition", 'attachment; filename="照.jpg"'.encode()),
        ("contentEncoding", b"a" * (limits.OBJECT_HEADER_BYTES + 1)),
        ("contentLanguage", b"\0"),
        ("expires", b"tomorrow"),
        ("x-qn-meta-", b"1"),
        ("x-qn-meta-a", b"1" * limits.METADATA_BYTES),
    ],
)
def test_a_value_outside_its_syntax_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_fields((name, value))
    assert caught.value.status == 400
    assert caught.value.message != InvalidArgumentError.message


@pytest.mark.parametrize(
    ("head", "file_name"),
    [
        (b'; filename="a%0D%0Ab.jpg"', "ab.jpg"),
        (b'; filename="a\0b"', "ab"),
        (b'; filename="\x1f"', None),
        (b'; filename="say "hi".jpg"', 'say "hi".jpg'),
        (b'; filename="%s.jpg"' % (b"a" * limits.FILE_NAME_BYTES), "a" * 1020 + ".jpg"),
    ],
)
def test_a_file_name_is_kept_as_far_as_it_can_be(head: bytes, file_name: str | None) -> None:
    request, content = parse(field(*TOKEN), file(head))
    assert (request.file_name, content) == (file_name, b"x")


@pytest.mark.parametrize("name", ["fname", "fileName"])
@pytest.mark.parametrize("value", [b"a\0\r\nb.jpg", "照.jpg".encode("gbk")])
def test_a_field_with_a_file_name_is_kept_as_far_as_it_can_be(name: str, value: bytes) -> None:
    assert parse_fields((name, value)).file_name in ("ab.jpg", "照.jpg")


@pytest.mark.parametrize(
    ("label", "mime_type"),
    [
        (b"txt", "txt"),
        (b"undefined", "undefined"),
        (b"image/\xff", None),
        (b"image/png\rX: 1", None),
        (b"a" * 200, "a" * 200),
        (b"a" * 201, None),
    ],
)
def test_a_media_type_is_kept_or_counts_as_not_given(label: bytes, mime_type: str | None) -> None:
    head = b'; filename="a"\r\nContent-Type: ' + label
    assert parse(field(*TOKEN), file(head))[0].mime_type == mime_type


def test_no_token_is_refused() -> None:
    with pytest.raises(TokenMissingError):
        parse(file())
    with pytest.raises(TokenMissingError):
        parse(field("token", b""), file())


def test_no_file_is_refused() -> None:
    with pytest.raises(FileMissingError):
        parse(field(*TOKEN))


def test_a_file_input_that_nobody_used_is_no_file() -> None:
    with pytest.raises(FileMissingError):
        parse(field(*TOKEN), file(b'; filename=""\r\nContent-Type: application/octet-stream', b""))


@pytest.mark.parametrize(
    ("head", "content"), [(b'; filename="a"', b""), (b"", b""), (b'; filename=""', b"x")]
)
def test_an_empty_file_or_an_empty_name_alone_is_legal(head: bytes, content: bytes) -> None:
    assert parse(field(*TOKEN), file(head, content))[1] == content


def test_malformed_comes_before_token_before_file_before_values() -> None:
    bad_value = field("crc32", b"x")
    with pytest.raises(MalformedFormError):
        parse(bad_value, bad_value)
    with pytest.raises(TokenMissingError):
        parse(bad_value)
    with pytest.raises(FileMissingError):
        parse(bad_value, field(*TOKEN))
    with pytest.raises(InvalidArgumentError, match="crc32"):
        parse(bad_value, field(*TOKEN), file())


def test_no_error_repeats_a_value() -> None:
    with pytest.raises(MalformedFormError) as caught:
        parse(field("token", b"s3cret\xff"))
    assert "s3cret" not in str(caught.value)


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\\%"), min_size=1
)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(
    content=st.binary(),
    key=st.none() | st.text(),
    file_name=names.filter(lambda name: name.isprintable() and len(name.encode()) <= 1024),
    variables=st.dictionaries(names, st.text(), max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_any_upload_of_requests_toolbelt_comes_out_as_it_went_in(
    content: bytes, key: str | None, file_name: str, variables: dict[str, str], order: Random
) -> None:
    custom = {f"x:{name}": value for name, value in variables.items()}
    fields: list[tuple[str, object]] = [("token", "t"), ("file", (file_name, content, "a/b"))]
    fields += [*custom.items()] if key is None else [*custom.items(), ("key", key)]
    order.shuffle(fields)
    encoder = MultipartEncoder(fields=fields)
    request, got = parse_form(encoder.content_type, encoder.read())
    assert bytes(got) == content
    assert request == UploadRequest(
        token="t", key=key, file_name=file_name, mime_type="a/b", custom_variables=custom
    )


def status_of(content_type: str, body: bytes) -> int:
    try:
        parse_form(content_type, body)
    except UpgateError as error:
        return error.status
    return 200


FRAGMENTS = st.sampled_from(
    [
        b"--b",
        b"--",
        b"\r\n",
        b"\n",
        b"\r",
        b'Content-Disposition: form-data; name="',
        b'token"',
        b'file"; filename="',
        b"; filename*=utf-8''%",
        b"Content-Type:multipart/mixed",
        b"Content-Length: 1",
        b"x-qn-meta-",
        b"crc32",
        b"expires",
        b"\\",
        b'"',
        b"\xd5\x5c",
    ]
)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(
    content_type=st.just(TYPE)
    | st.text()
    | st.text().map("multipart/form-data; boundary={}".format),
    pieces=st.lists(FRAGMENTS | st.binary(max_size=8)),
)
@example(content_type=TYPE, pieces=[field(*TOKEN), file(), b"--b--"])
def test_whatever_comes_in_nothing_but_a_typed_refusal_comes_out(
    content_type: str, pieces: list[bytes]
) -> None:
    assert status_of(content_type, b"".join(pieces)) in (200, 400, 401)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(cut=st.integers(0, 400), replacement=st.binary(max_size=4), length=st.integers(0, 4))
def test_a_good_form_with_damage_raises_nothing_but_a_typed_refusal(
    cut: int, replacement: bytes, length: int
) -> None:
    good = field(*TOKEN) + field("crc32", b"1") + field("x-qn-meta-a", b"1") + file() + b"--b--\r\n"
    damaged = good[:cut] + replacement + good[cut + length :]
    assert status_of(TYPE, damaged) in (200, 400, 401)
