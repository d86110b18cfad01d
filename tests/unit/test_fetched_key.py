from __future__ import annotations

import json

import pytest

from upgate.callbacks import fetched_key


@pytest.mark.parametrize(
    ("body", "key", "payload"),
    [
        (b'{"key":"k","payload":{"a":1}}', "k", {"a": 1}),
        (b'{"payload":{},"key":"","more":1}', "", {}),
        (b'{"key":"k"}', "k", {}),
        ('{"key":"图","payload":{"n":"图\\n"}}'.encode(), "图", {"n": "图\n"}),
        (b'{"key":"k","payload":{"lone":"\\ud800"}}', "k", {"lone": "\ud800"}),
        (b'{"key":"k","payload":{"n":12345678901234567890}}', "k", {"n": 12345678901234567890}),
    ],
)
def test_the_key_names_the_object_and_the_payload_is_the_answer(
    body: bytes, key: str, payload: object
) -> None:
    parsed = fetched_key.parse(body)
    assert parsed is not None
    assert (parsed[0], json.loads(parsed[1])) == (key, payload)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"k"',
        b"{}",
        b'{"key":null}',
        b'{"key":1}',
        b'{"key":["k"]}',
        b'{"Key":"k"}',
        b'{"key":"\xff"}',
        b'{"key":"\\ud800"}',  # no UTF-8 has a lone surrogate, so no key
        b'{"key":"k","payload":NaN}',
        b'{"key":"k","payload":1e400}',  # infinite once it is a number
        b'{"key":"k","payload":' + b"[" * 100_000,
        '{"key":"k"}'.encode("utf-16"),
    ],
)
def test_an_answer_without_a_key_is_none(body: bytes) -> None:
    assert fetched_key.parse(body) is None
