"""Fuzz target: magic variables of hostile uploads.

The input is the variables' names with a line end between them, the file's name, its media type,
and the content, with 0xFF between the first three. Whatever they are, each value is JSON.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import BinaryIO

from upgate import strict_json
from upgate.contents import mime
from upgate.errors import InvalidArgumentError
from upgate.images import exif, image_average, image_info
from upgate.variables.magic_variables import Field, MagicVariables, UploadFacts
from upgate.variables.templates import render_form, render_json

# Imported by what is under test when it asks for them; here already, so that they are instrumented.
LATE = (mime, exif, image_average, image_info)
_PLACES = tuple(Field)


def check(data: bytes) -> None:
    """No name, in no field, raises; filled in, a value is JSON, and found no more than once."""
    pieces = data.split(b"\xff", 3)
    if len(pieces) < 4:
        return
    names, file_name, mime_type = (piece.decode("utf-8", "replace") for piece in pieces[:3])
    content = pieces[3]
    opened = 0

    def open_content() -> BinaryIO:
        nonlocal opened
        opened += 1
        return io.BytesIO(content)

    variables = MagicVariables(
        UploadFacts(
            bucket="photos",
            etag="Fqr0xh3cxeii2r7eDztILNmuqUNN",
            size_bytes=len(content),
            mime_type=mime_type,
            time=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
            opened=open_content,
            file_name=file_name or None,
            custom_variables={"x:a": file_name, "x:b": "$(x:a)"},
            key=file_name,
            callback_body=names,
        )
    )
    for name in names.split("\n")[:8]:
        for place in _PLACES:
            value = variables.resolver(place)(name)
            again = variables.resolver(place)(name)
            assert name == "uuid" or value == again, "another value when asked again"
    assert opened <= 3, "the content was read anew for a value that was known"
    template = "".join(f",$({name})" for name in names.split("\n")[:8] if not set(name) & set("()"))
    resolve = variables.resolver(Field.RETURN_BODY)
    try:
        strict_json.loads(render_json(f"[0{template}]", resolve))
        assert render_form(template, resolve).isascii() or not template.isascii()
    except InvalidArgumentError:
        return  # beyond limits.RENDERED_BYTES
