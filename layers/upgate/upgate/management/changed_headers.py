"""What a `/chgm/<entry>/...` changes of an object (protocol.md 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from upgate import encoding, limits
from upgate.errors import InvalidArgumentError
from upgate.intake import object_metadata, upload_field
from upgate.management.object_condition import ObjectCondition

_HEADERS = ("cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "expires")
# The same as metadata, in Kodo's older words; all but the type are kept as metadata as well.
_HEADER_OF_METADATA = {
    "x-qn-meta-!cache-control": "cacheControl",
    "x-qn-meta-!content-disposition": "contentDisposition",
    "x-qn-meta-!content-encoding": "contentEncoding",
    "x-qn-meta-!content-language": "contentLanguage",
    "x-qn-meta-!expires": "expires",
    "x-qn-meta-!content-type": "mime",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedHeaders:
    """What is to become different; what is empty or not named stays as it is.

    `headers` by S3's names, `CacheControl` and so on; `metadata` by the client's.
    """

    mime_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    condition: ObjectCondition | None = None


def parse(segments: Sequence[str]) -> ChangedHeaders:
    """Read `<name>/<base64>` pairs: `mime`, `x-qn-meta-<name>`, `cacheControl` ..., `cond`.

    Raises:
        InvalidArgumentError: another name, bad base64, a type that Kodo would not keep, no header's
            value, too much metadata, no condition, or nothing at all.
    """
    if not segments or len(segments) % 2:
        raise InvalidArgumentError("chgm needs /mime/<base64> or /x-qn-meta-<name>/<base64>")
    values: dict[str, str] = {}
    for name, text in zip(segments[::2], segments[1::2], strict=True):
        if name not in ("mime", "cond", *_HEADERS) and not object_metadata.is_metadata(name):
            raise InvalidArgumentError(f"chgm cannot change {name[:64]}")
        try:
            values[name] = encoding.decode_text(text)
        except ValueError as error:
            raise InvalidArgumentError(f"{name[:64]} is not URL-safe base64 of a text") from error
    named = {
        _HEADER_OF_METADATA[name.lower()]: value
        for name, value in values.items()
        if name.lower() in _HEADER_OF_METADATA
    } | values
    headers = upload_field.object_headers(lambda name: named.get(name, ""))
    changed = {
        "CacheControl": headers.cache_control,
        "ContentDisposition": headers.content_disposition,
        "ContentEncoding": headers.content_encoding,
        "ContentLanguage": headers.content_language,
        "Expires": headers.expires,
    }
    return ChangedHeaders(
        mime_type=_mime_type(named.get("mime", "")),
        metadata=object_metadata.from_fields(values),
        headers={name: value for name, value in changed.items() if value},
        condition=ObjectCondition.parse(values["cond"]) if "cond" in values else None,
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
