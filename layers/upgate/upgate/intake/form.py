"""From a form's bytes to an upload request (protocol.md 2.1, 2.2).

The fields may come in any order, the file first too. Where several things are wrong, the answer
names the first of: malformed form, missing token, missing file, a field's value.
"""

from __future__ import annotations

from upgate import limits
from upgate.errors import FileMissingError, MalformedFormError, TokenMissingError, UpgateError
from upgate.intake import object_metadata, upload_field
from upgate.intake.multipart_part import Part, read_parts
from upgate.intake.upload_request import Content, UploadRequest

_FILE = "file"
_FILE_NAMES = ("fname", "fileName")  # the first of them wins
_REPEATED = "a form field is there more than once"
_SINGLE_FIELDS = frozenset(
    (
        "token",
        "key",
        "crc32",
        "accept",
        *_FILE_NAMES,
        "cacheControl",
        "contentDisposition",
        "contentEncoding",
        "contentLanguage",
        "expires",
    )
)


def parse_form(content_type: str, body: Content) -> tuple[UploadRequest, Content]:
    """Read the request and the file's content from a multipart/form-data body.

    Give `body` as `bytes`: then the file is copied once, and no other type does better.
    Fields that the protocol does not know are ignored; those that it knows come once at most.

    Raises:
        FileTooLargeError: the body is above limits.REQUEST_BODY_BYTES.
        MalformedFormError: not such a body, beyond a limit, a field twice, text not in UTF-8.
        TokenMissingError: no `token`, or an empty one.
        FileMissingError: no part `file`, or the empty one of a form without a chosen file.
        InvalidArgumentError: the value of crc32, of metadata or of a header field.
    """
    fields, file = _collect(content_type, body)
    if not fields.get("token"):
        raise TokenMissingError
    # A browser sends a file input that nobody used as an empty part with an empty file name. With
    # a name, or without any, an empty part is an empty file, which is legal.
    try:
        if file is None or (file.file_name == "" and not file.content):
            raise FileMissingError
        return _request(fields, file), file.content
    except UpgateError as error:
        error.token = fields["token"]
        raise


def _collect(content_type: str, body: Content) -> tuple[dict[str, str], Part | None]:
    fields: dict[str, str] = {}
    file: Part | None = None
    for part in read_parts(content_type, body):
        if part.name == _FILE:
            if file is not None:
                raise _refusal(_REPEATED, _FILE)
            file = part
            continue
        if len(part.content) > limits.FORM_FIELD_BYTES:
            raise _refusal(
                f"a form field is longer than {limits.FORM_FIELD_BYTES} bytes", part.name
            )
        if _is_known(part.name):
            if part.name in fields:
                raise _refusal(_REPEATED, part.name)
            fields[part.name] = _text(part)
    return fields, file


def _is_known(name: str) -> bool:
    return (
        name in _SINGLE_FIELDS
        or name.startswith(upload_field.CUSTOM_VARIABLE_PREFIX)
        or object_metadata.is_metadata(name)
    )


def _text(part: Part) -> str:
    """Decode a field as UTF-8, whatever charset the part names: Kodo does not look there."""
    if part.name in _FILE_NAMES:
        return upload_field.decode_file_name(part.content)
    try:
        return part.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal("a form field is not UTF-8 text", part.name) from error


def _request(fields: dict[str, str], file: Part) -> UploadRequest:
    """Build the request; the plain fields `fname`, then `fileName` win over the file part's."""
    named = (fields.get(name) for name in _FILE_NAMES)
    file_name = next(filter(None, named), file.file_name or "")
    crc32 = fields.get("crc32")
    return UploadRequest(
        token=fields["token"],
        key=fields.get("key"),
        file_name=upload_field.parse_file_name(file_name),
        mime_type=upload_field.parse_mime_type(file.content_type or ""),
        crc32=None if crc32 is None else upload_field.parse_crc32(crc32),
        accept=upload_field.parse_header("accept", fields.get("accept", "")),
        custom_variables=upload_field.custom_variables(fields),
        metadata=object_metadata.from_fields(fields),
        headers=upload_field.object_headers(lambda name: fields.get(name, "")),
    )


def _refusal(trouble: str, name: str) -> MalformedFormError:
    """Name the field in the message, on one line and never at length."""
    return MalformedFormError(f"{trouble}: {name[:64]!a}")
