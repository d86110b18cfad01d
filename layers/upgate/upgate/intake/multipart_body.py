"""The JSON body of a v2 complete, read by what it is and not by its Content-Type (protocol.md 4).

null is "not given"; `metaData`, as Android and iOS write it, is `metadata`; unknown fields are
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from upgate import limits, strict_json
from upgate.errors import InvalidArgumentError, PartsMissingError
from upgate.intake import object_metadata, upload_field
from upgate.intake.upload_request import UploadRequest, UploadSession


@dataclass(frozen=True, slots=True)
class NamedPart:
    """One part that the object shall have."""

    number: int
    etag: str


def parse(
    body: bytes, token: str, key: str | None, session: UploadSession
) -> tuple[UploadRequest, tuple[NamedPart, ...]]:
    """The request, and the parts in ascending order.

    Raises:
        PartsMissingError: no part.
        InvalidArgumentError: not a JSON object, or a field outside its syntax.
    """
    fields = _object("the body", _load(body))
    parts = _parts(fields.get("parts"))
    metadata = _texts(fields, "metadata") or _texts(fields, "metaData")
    request = UploadRequest(
        token=token,
        key=key,
        file_name=upload_field.parse_file_name(_claim(fields, "fname")),
        mime_type=upload_field.parse_mime_type(_claim(fields, "mimeType")),
        custom_variables=upload_field.custom_variables(_texts(fields, "customVars")),
        metadata=object_metadata.from_fields(metadata),
        headers=upload_field.object_headers(lambda name: _text(fields, name)),
        session=session,
    )
    return request, parts


def _load(body: bytes) -> object:
    try:
        return strict_json.loads(body)
    except ValueError as error:
        raise InvalidArgumentError("the body is not JSON") from error


def _parts(value: object) -> tuple[NamedPart, ...]:
    if value is None or value == []:
        raise PartsMissingError
    if not isinstance(value, list):
        raise InvalidArgumentError("parts is not a list")
    if len(value) > limits.PARTS:
        raise InvalidArgumentError(f"parts holds at most {limits.PARTS} parts")
    parts = tuple(_part(item) for item in value)
    numbers = [part.number for part in parts]
    if any(after <= before for before, after in pairwise(numbers)):
        raise InvalidArgumentError("parts is not in ascending order of partNumber")
    return parts


def _part(value: object) -> NamedPart:
    fields = _object("a part", value)
    number, etag = fields.get("partNumber"), fields.get("etag")
    # bool is an int in Python; on the wire it is not.
    if type(number) is not int or not 1 <= number <= limits.PARTS:
        raise InvalidArgumentError(f"partNumber must be a number from 1 to {limits.PARTS}")
    if not isinstance(etag, str) or not etag:
        raise InvalidArgumentError(f"part {number}: etag must be a string")
    return NamedPart(number, etag)


def _object(what: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidArgumentError(f"{what} is not a JSON object")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    return _checked(name, fields.get(name))


def _texts(fields: Mapping[str, Any], name: str) -> dict[str, str]:
    values = fields.get(name)
    if values is None:
        return {}
    return {
        _checked("a name", entry): _checked(f"{name}: {entry[:64]!a}", value)
        for entry, value in _object(name, values).items()
    }


def _claim(fields: Mapping[str, Any], name: str) -> str:
    """A text of any characters: what becomes of them is not this module's to say."""
    return _string(name, fields.get(name))


def _checked(what: str, value: object) -> str:
    value = _string(what, value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{what} is not Unicode text") from error
    return value


def _string(what: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{what} must be a string")
    return value
