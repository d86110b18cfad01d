from __future__ import annotations

import hashlib
import io
import re
import struct
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, BinaryIO

import pytest
from PIL import ExifTags, Image

from tests.unit.sample_facts import ETAG, sample_facts, sample_variables
from upgate.variables.magic_variables import Field, MagicVariables
from upgate.variables.templates import Json, render_json

FIELDS = list(Field)
# GIF89a of 3 by 2 pixels, without a colour table or a picture: enough for its measures.
GIF = b"GIF89a" + struct.pack("<HHBBB", 3, 2, 0, 0, 0) + b";"


def _jpeg() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "cam"
    stream = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def _value(name: str, place: Field = Field.RETURN_BODY, **changes: Any) -> Json:
    return sample_variables(**changes).resolver(place)(name)


def _opens(content: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(content)


def _refuse_to_open() -> BinaryIO:
    raise AssertionError("the content was opened")


@pytest.mark.parametrize("place", FIELDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bucket", "photos"),
        ("etag", ETAG),
        ("fname", "sun flower.jpg"),
        ("fprefix", "sun flower"),
        ("ext", ".jpg"),
        ("fsize", 5),
        ("mimeType", "image/jpeg"),
        ("endUser", "u1"),
        ("year", "2024"),
        ("mon", "02"),
        ("day", "03"),
        ("hour", "04"),
        ("min", "05"),
        ("sec", "06"),
    ],
)
def test_what_is_known_from_the_start_stands_in_every_field(
    place: Field, name: str, value: Json
) -> None:
    assert _value(name, place) == value


def test_the_time_is_told_in_the_zone_it_came_with() -> None:
    """2024-12-31 23:30 UTC is the next year in China."""
    utc = datetime(2024, 12, 31, 23, 30, tzinfo=timezone.utc)  # noqa: UP017 - beside the other
    assert _value("year", time=utc.astimezone(timezone(timedelta(hours=8)))) == "2025"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing",
        "Key",
        "avinfo",
        "keyInfo",
        "fname.x",
        "etag.",
        ".etag",
        "fsize.real",
        "x",
        "x:",
    ],
)
def test_a_name_that_is_no_variable_has_no_value(name: str) -> None:
    assert _value(name) is None


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("fname", {"file_name": None}),
        ("fprefix", {"file_name": None}),
        ("endUser", {"end_user": None}),
    ],
)
def test_what_was_not_given_has_no_value(name: str, missing: dict[str, Any]) -> None:
    assert _value(name, **missing) is None


# Custom variables.


@pytest.mark.parametrize("place", FIELDS)
def test_a_custom_variable_stands_in_every_field(place: Field) -> None:
    assert _value("x:a", place, custom_variables={"x:a": "1"}) == "1"


def test_a_custom_variable_may_have_dots_in_its_name() -> None:
    assert _value("x:a.b", custom_variables={"x:a.b": "1"}) == "1"


def test_a_custom_variable_that_was_not_sent_has_no_value() -> None:
    assert _value("x:b", custom_variables={"x:a": "1"}) is None


def test_a_custom_variable_cannot_stand_for_a_variable() -> None:
    assert _value("etag", custom_variables={"etag": "mine", "x:etag": "mine"}) == ETAG


# Variables that are not everywhere (protocol.md 6.2, "limits").


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        ("key", {Field.SAVE_KEY}),
        ("uuid", {Field.SAVE_KEY}),
        ("persistentId", {Field.SAVE_KEY, Field.OPERATIONS}),
        ("imageInfo", {Field.SAVE_KEY, Field.OPERATIONS}),
        ("imageInfo.width", {Field.SAVE_KEY, Field.OPERATIONS}),
        ("exif", {Field.SAVE_KEY, Field.OPERATIONS}),
        ("exif.Model.val", {Field.SAVE_KEY, Field.OPERATIONS}),
        ("imageAve.RGB", set()),
        ("bodySha1", set(Field) - {Field.CALLBACK_URL}),
    ],
)
def test_a_variable_has_no_value_where_kodo_has_none(name: str, forbidden: set[Field]) -> None:
    variables = sample_variables(opened=_opens(_jpeg()), persistent_id="p1", callback_body="a=1")
    without = {place for place in Field if variables.resolver(place)(name) is None}
    assert without == forbidden


def test_body_sha1_is_of_the_rendered_callback_body() -> None:
    expected = hashlib.sha1("k=图".encode(), usedforsecurity=False).hexdigest()
    assert _value("bodySha1", Field.CALLBACK_URL, callback_body="k=图") == expected


def test_body_sha1_without_a_callback_has_no_value() -> None:
    assert _value("bodySha1", Field.CALLBACK_URL, callback_body=None) is None


@pytest.mark.parametrize(("name", "attribute"), [("key", "key"), ("persistentId", "persistent_id")])
def test_what_becomes_known_later_is_told_then(name: str, attribute: str) -> None:
    variables = sample_variables(**{attribute: None})
    resolve = variables.resolver(Field.RETURN_BODY)
    before = resolve(name)
    setattr(variables.facts, attribute, "now")
    assert (before, resolve(name)) == (None, "now")


def test_body_sha1_follows_the_callback_body() -> None:
    variables = sample_variables(callback_body="one")
    resolve = variables.resolver(Field.CALLBACK_URL)
    before = resolve("bodySha1")
    variables.facts.callback_body = "two"
    assert resolve("bodySha1") not in (None, before)


def test_the_empty_key_is_a_value() -> None:
    assert _value("key", key="") == ""


def test_a_uuid_is_one_for_the_whole_upload() -> None:
    variables = sample_variables()
    first = variables.resolver(Field.RETURN_BODY)("uuid")
    assert first == variables.resolver(Field.CALLBACK_BODY)("uuid")


def test_a_uuid_is_another_for_another_upload() -> None:
    assert _value("uuid") != _value("uuid")


def test_a_uuid_is_random() -> None:
    assert uuid.UUID(str(_value("uuid"))).version == 4


# Names of files.


@pytest.mark.parametrize(
    ("file_name", "prefix"),
    [
        ("a.jpg", "a"),
        ("archive.tar.gz", "archive.tar"),
        ("noextension", "noextension"),
        (".bashrc", ".bashrc"),
        ("dir.d/file", "dir.d/file"),
        ("?", "?"),
    ],
)
def test_fprefix_is_the_name_without_its_extension(file_name: str, prefix: str) -> None:
    assert _value("fprefix", file_name=file_name) == prefix


@pytest.mark.parametrize(
    ("file_name", "mime_type", "extension"),
    [
        ("a.jpeg", "image/jpeg", ".jpeg"),  # its own, where it fits the type
        ("a.JPG", "image/jpeg", ".JPG"),
        ("a.jpeg", "image/jpg", ".jpeg"),
        ("a.log", "text/plain; charset=utf-8", ".log"),
        ("a.png", "image/jpeg", ".jpg"),  # detected otherwise
        ("noextension", "image/png", ".png"),
        (None, "image/png", ".png"),
        ("a.xyz", "application/octet-stream", ".xyz"),
        ("a.bin", "application/octet-stream", ".bin"),
        ("a.xyz", "application/x-unknown", ".xyz"),
        ("noextension", "application/octet-stream", ""),
        (None, "application/octet-stream", ""),
        ("v1.0/file", "application/octet-stream", ""),  # no extension has a slash
        ("x.y/../../z", "application/octet-stream", ""),
    ],
)
def test_ext_is_of_the_type_and_begins_with_a_dot(
    file_name: str | None, mime_type: str, extension: str
) -> None:
    assert _value("ext", file_name=file_name, mime_type=mime_type) == extension


# Pictures.


def test_a_field_of_image_info_is_told() -> None:
    assert _value("imageInfo.width", opened=_opens(GIF)) == 3


def test_image_info_is_told_whole() -> None:
    info = _value("imageInfo", opened=_opens(GIF))
    assert isinstance(info, dict)
    assert (info["format"], info["width"], info["height"]) == ("gif", 3, 2)


@pytest.mark.parametrize(
    "name", ["imageInfo", "imageInfo.width", "exif", "exif.Model.val", "imageAve", "imageAve.RGB"]
)
def test_of_what_is_no_picture_nothing_is_told(name: str) -> None:
    assert _value(name, opened=_opens(b"hello")) is None


@pytest.mark.parametrize("name", ["imageInfo.depth", "imageInfo.width.x", "imageInfo."])
def test_a_field_that_a_picture_has_not_has_no_value(name: str) -> None:
    assert _value(name, opened=_opens(GIF)) is None


def test_a_field_of_exif_is_told() -> None:
    assert _value("exif.Model", opened=_opens(_jpeg())) == {"val": "cam", "type": 2}


def test_a_template_that_names_no_picture_opens_none() -> None:
    variables = sample_variables(opened=_refuse_to_open)
    assert render_json('{"k":$(key),"s":$(fsize)}', variables.resolver(Field.RETURN_BODY))


@pytest.mark.parametrize("place", [Field.SAVE_KEY, Field.OPERATIONS])
def test_a_picture_is_not_opened_where_it_may_not_stand(place: Field) -> None:
    assert _value("imageInfo.width", place, opened=_refuse_to_open) is None


def test_a_picture_is_opened_once_for_all_its_fields() -> None:
    opened: list[BinaryIO] = []

    def open_gif() -> BinaryIO:
        opened.append(io.BytesIO(GIF))
        return opened[-1]

    resolve = MagicVariables(sample_facts(opened=open_gif)).resolver(Field.RETURN_BODY)
    render_json("$(imageInfo.width)$(imageInfo.height)$(imageInfo)", resolve)
    assert len(opened) == 1


def test_the_time_variables_have_two_digits_and_the_year_four() -> None:
    widths = [len(str(_value(name))) for name in ("year", "mon", "day", "hour", "min", "sec")]
    assert widths == [4, 2, 2, 2, 2, 2]


def test_the_uuid_is_written_in_lower_case() -> None:
    assert re.fullmatch(r"[0-9a-f-]{36}", str(_value("uuid")))
