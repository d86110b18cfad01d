from __future__ import annotations

import pytest

from upgate import strict_json


@pytest.mark.parametrize("text", ['{"a":[1,-2.5e3,"\\u00e9",null,true]}', b'{"k":"\xc3\xa9"}', "0"])
def test_json_is_decoded(text: str | bytes) -> None:
    strict_json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{'a':1}",
        '{"a":1,}',
        "NaN",
        '{"a":Infinity}',
        "-Infinity",
        "\ufeff{}",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),  # Python's decoder would guess it
        b'"\xff"',
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5000,  # beyond Python's limit for the digits of a number
        "{}{}",
    ],
)
def test_what_rfc_8259_does_not_have_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder's own texts
        strict_json.loads(text)
