"""Fuzz target: what others encode is read back whole.

The input is file name, media type, content, and then name and value of each custom variable, with
0xFF between them, which is in no UTF-8 text. The encoders are the real requests-toolbelt and
requests, and Go's as its SDK uses it, which escapes in the other way.
"""

from __future__ import annotations

from tests import sdk_bodies
from tests.sdk_bodies import Upload
from upgate.intake.form import parse_form
from upgate.intake.upload_request import UploadRequest

# What a client writes as it is and a reader cannot tell from an escape (protocol.md 2.2).
_AMBIGUOUS = {
    sdk_bodies.toolbelt: "%\\",
    sdk_bodies.python: "%\\",
    sdk_bodies.go: "%\r\n",
}


def check(data: bytes) -> None:
    """Every encoder's body gives the fields and the content that it was made of."""
    pieces = data.split(b"\xff")
    if len(pieces) < 3:
        return
    for encode, ambiguous in _AMBIGUOUS.items():
        upload = _upload(pieces, ambiguous)
        form = encode(upload)
        request, content = parse_form(form.content_type, form.body)
        wanted = UploadRequest(
            token=upload.token,
            key=upload.key,
            file_name=upload.file_name,
            mime_type=upload.mime_type,
            custom_variables=upload.custom_variables,
        )
        assert (request, bytes(content)) == (wanted, upload.content), encode.__name__


def _upload(pieces: list[bytes], ambiguous: str) -> Upload:
    texts = [piece[:200].decode("utf-8", "replace") for piece in pieces]
    file_name = "".join(letter for letter in texts[0] if letter.isprintable())
    # A name always: one of no letters, with no content, is a form without a file.
    # It ends so that it is no path of Windows, of which only the last segment would count.
    names = ["x:" + _without(text, ambiguous) for text in texts[3:13:2]]
    subtype = "".join(letter for letter in texts[1] if letter.isascii() and letter.isalnum())
    return Upload(
        token="ak:sign:policy",
        content=pieces[2],
        key=texts[1],
        file_name=f"_{_without(file_name, ambiguous)}",
        mime_type=f"image/{subtype[:100]}",
        custom_variables=dict(zip(names, texts[4:13:2], strict=False)),
        has_crc32=False,
    )


def _without(text: str, letters: str) -> str:
    return text.translate(dict.fromkeys(map(ord, letters)))
