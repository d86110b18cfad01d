"""Fuzz target: templates, held against a reading of the grammar letter by letter.

The input is the template, and then the values of its variables in the order of their names, with
0xFF between them. A value that is JSON is taken as what it says, any other as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from upgate import limits, strict_json
from upgate.errors import InvalidArgumentError
from upgate.variables.templates import (
    Json,
    Resolve,
    render_form,
    render_json,
    render_text,
    variables_in,
)

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# RFC 3986, 2.1, byte by byte.
_PERCENT = tuple(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in range(256))
_CLOSING = {"(": ")", "{": "}"}

type Write = Callable[[Json], str]
type Piece = tuple[str, Write | None]  # the template's own text; or a variable's name, how to write


def check(data: bytes) -> None:
    """All three ways of filling a template agree with the grammar, and ask for each value once."""
    template, *raw = (piece.decode("utf-8", "replace") for piece in data.split(b"\xff"))
    names = sorted({name for name, write in _pieces(template, _text) if write})
    values = dict(zip(names, map(_value, raw), strict=False))
    assert variables_in(template) == set(names)
    _agrees(render_text, template, values, _pieces(template, _text))
    _agrees(render_form, template, values, _pieces(template, _percent))
    filled = _agrees(render_json, template, values, _json_pieces(template))
    if filled is not None:
        _check_json(template, filled, values)


def _agrees(
    render: Callable[[str, Resolve], str],
    template: str,
    values: dict[str, Json],
    grammar: Iterable[Piece],
) -> str | None:
    """The same text as the grammar's; each value asked for in its turn, and none from a value."""
    asked: list[str] = []

    def resolve(name: str) -> Json:
        asked.append(name)
        return values.get(name)

    pieces = list(grammar)
    written = [text if write is None else write(values.get(text)) for text, write in pieces]
    growth = sum(
        len(text.encode()) for text, (_, write) in zip(written, pieces, strict=True) if write
    )
    filled = _rendered(render, template, resolve)
    assert (filled is None) == (growth > limits.RENDERED_BYTES), "the limit of a filled template"
    if filled is None:
        return None
    assert filled == "".join(written), "not what the grammar says"
    assert asked == [name for name, write in pieces if write], "not each value once, in order"
    return filled


def _check_json(template: str, filled: str, values: dict[str, Json]) -> None:
    """What is JSON with nothing filled in is the same JSON with the values in their places."""
    try:
        shape = _load(_rendered(render_json, template, lambda _: None) or "")
    except ValueError:
        return
    _same_shape(shape, _load(filled), values)


def _same_shape(shape: object, value: object, values: dict[str, Json]) -> None:
    """A null may have become any value, a text another text; all else stands as it stood."""
    if shape is None:
        known = [_load(json.dumps(known)) for known in values.values()]
        assert value is None or value in known, "a bare value that is none of the variables'"
    elif isinstance(shape, list):
        assert isinstance(value, list), "a list has become something else"
        assert len(value) == len(shape), "a value has added to the JSON around it"
        for inner, other in zip(shape, value, strict=True):
            _same_shape(inner, other, values)
    elif isinstance(shape, str):
        assert isinstance(value, str), "a string has become something else"
    else:
        assert value == shape, "the template's own JSON has changed"


def _load(text: str) -> object:
    """JSON with its objects as lists of pairs: members that become equal do not hide each other."""
    strict_json.loads(text)
    return json.loads(text, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs])


def _rendered(render: Callable[[str, Resolve], str], template: str, resolve: Resolve) -> str | None:
    try:
        return render(template, resolve)
    except InvalidArgumentError:
        return None


def _pieces(template: str, write: Write) -> Iterator[Piece]:
    """protocol.md 6.1: `$(name)` or `${name}`, no bracket of its own kind in the name."""
    start = position = 0
    while position < len(template):
        end = _end(template, position)
        if end is None:
            position += 1
            continue
        yield template[start:position], None
        yield template[position + 2 : end].strip(), write
        start = position = end + 1
    yield template[start:], None


def _json_pieces(template: str) -> Iterator[Piece]:
    """protocol.md 6.3: inside a string literal a variable is text, outside of it a value."""
    start = position = 0
    while position < len(template):
        if template[position] == '"':
            end = _string_end(template, position)
            yield template[start:position], None
            yield from _pieces(template[position:end], _inside_string)
        elif bracket := _end(template, position):
            end = bracket + 1
            yield template[start:position], None
            yield template[position + 2 : bracket].strip(), _dump
        else:
            position += 1
            continue
        start = position = end
    yield template[start:], None


def _string_end(template: str, position: int) -> int:
    position += 1
    while position < len(template) and template[position] != '"':
        position += 2 if template[position] == "\\" else 1
    return min(position + 1, len(template))


def _end(template: str, position: int) -> int | None:
    """Where the variable ends that begins here; None if none does."""
    opening = template[position + 1 : position + 2]
    if template[position] != "$" or opening not in _CLOSING:
        return None
    for index in range(position + 2, len(template)):
        if template[index] == _CLOSING[opening]:
            return index
        if template[index] == opening:
            return None
    return None


def _value(raw: str) -> Json:
    try:
        value: Json = strict_json.loads(raw)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return raw
    return value


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _inside_string(value: Json) -> str:
    return _dump(_text(value))[1:-1]


def _text(value: Json) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return _dump(value)


def _percent(value: Json) -> str:
    return "".join(map(_PERCENT.__getitem__, _text(value).encode()))
