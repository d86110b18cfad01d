from __future__ import annotations

import json
from typing import Any

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError, PartsMissingError
from upgate.intake import multipart_body
from upgate.intake.multipart_body import NamedPart
from upgate.intake.upload_request import UploadRequest, UploadSession

SESSION = UploadSession("id", 1)
PART = {"partNumber": 1, "etag": "e"}


def parse(fields: dict[str, Any]) -> tuple[UploadRequest, tuple[NamedPart, ...]]:
    return multipart_body.parse(json.dumps(fields).encode(), "t", "k", SESSION)


def test_parts_alone_are_a_request() -> None:
    request, parts = parse({"parts": [PART, {"partNumber": 10_000, "etag": "f", "size": 1}]})
    assert request == UploadRequest("t", "k", session=SESSION)
    assert parts == (NamedPart(1, "e"), NamedPart(10_000, "f"))


def test_python_sdks_nulls_are_not_given() -> None:
    names = ("fname", "mimeType", "metadata", "customVars", "cacheControl", "expires")
    assert parse({"parts": [PART], **dict.fromkeys(names)})[0] == UploadRequest(
        "t", "k", session=SESSION
    )


def test_metadata_of_either_spelling_and_any_case() -> None:
    for name in ("metadata", "metaData"):
        request, _ = parse({"parts": [PART], name: {"X-Qn-Meta-A": "1", "ignored": "2"}})
        assert request.metadata == {"A": "1"}


@pytest.mark.parametrize("parts", [None, []])
def test_no_parts_are_refused_in_kodos_words(parts: object) -> None:
    with pytest.raises(PartsMissingError, match="parts param can't be empty"):
        parse({"parts": parts})


def test_ten_thousand_parts_and_not_one_more() -> None:
    most = [{"partNumber": number, "etag": "e"} for number in range(1, limits.PARTS + 1)]
    assert len(parse({"parts": most})[1]) == limits.PARTS
    with pytest.raises(InvalidArgumentError):
        parse({"parts": [PART, *most]})


def test_a_file_name_and_a_media_type_are_kept_as_far_as_they_can_be() -> None:
    fields = {"fname": "a\r\nb\ud800.jpg", "mimeType": "a\r\nb"}
    request = parse({"parts": [PART], **fields})[0]
    assert (request.file_name, request.mime_type) == ("ab.jpg", None)
    assert parse({"parts": [PART], "mimeType": "txt"})[0].mime_type == "txt"


@pytest.mark.parametrize(
    "fields",
    [
        {"fname": 1},
        {"mimeType": ["a"]},
        {"expires": "tomorrow"},
        {"customVars": ["x:a"]},
        {"metadata": {"x-qn-meta-": "1"}},
        {"metadata": {"x-qn-meta-a": 1}},
    ],
)
def test_field_outside_its_syntax_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        parse({"parts": [PART], **fields})
