"""What a `/chgm/<entry>/...` changes of an object (protocol.md 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upgate import encoding, limits
from upgate.errors import InvalidArgumentError
from upgate.intake import object_metadata, upload_field


@dataclass(frozen=True, slots=True)
class ChangedHeaders:
    """A new media type, empty for the old one; metadata as S3 keeps it, empty for the old."""

    mime_type: str
    metadata: Mapping[str, str]


def parse(segments: Sequence[str]) -> ChangedHeaders:
    """Read `mime/<base64>` and `x-qn-meta-<name>/<base64>` pairs.

    Raises:
        InvalidArgumentError: another name, bad base64, a type that Kodo would not keep, too much
            metadata, or nothing at all.
    """
    if not segments or len(segments) % 2:
        raise InvalidArgumentError("chgm needs /mime/<base64> or /x-qn-meta-<name>/<base64>")
    values: dict[str, str] = {}
    for name, text in zip(segments[::2], segments[1::2], strict=True):
        if name != "mime" and not object_metadata.is_metadata(name):
            raise InvalidArgumentError(f"chgm cannot change {name[:64]}")
        try:
            values[name] = encoding.decode_text(text)
        except ValueError as error:
            raise InvalidArgumentError(f"{name[:64]} is not URL-safe base64 of a text") from error
    return ChangedHeaders(
        _mime_type(values.pop("mime", "")),
        object_metadata.to_s3(object_metadata.from_fields(values)),
    )


def _mime_type(text: str) -> str:
    """The new type; nothing is the old one. Unlike an upload's, it is there for its own sake."""
    mime_type = upload_field.parse_mime_type(text)
    if mime_type is None and text.strip():
        raise InvalidArgumentError(
            "mime has letters, digits, blanks and .+-/;=,_ only,"
            f" {limits.MIME_TYPE_BYTES} characters at most"
        )
    return mime_type or ""
