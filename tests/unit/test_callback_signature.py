from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

import pytest
from qiniu import Auth

from upgate.callbacks.callback_signature import sign_qbox, sign_qiniu
from upgate.tokens.keys import KeyPair


class Vector(TypedDict):
    origin: str
    form: str
    access_key: str
    secret_key: str
    method: str
    url: str
    content_type: str
    headers: dict[str, str]
    body: str
    authorization: str


_FILE = Path(__file__).parents[1] / "vectors" / "callback" / "signatures.json"
VECTORS: list[Vector] = json.loads(_FILE.read_text())
PAIR = KeyPair("testak", "testsk")
FORM = "application/x-www-form-urlencoded"


def _sign(vector: Vector) -> str:
    pair = KeyPair(vector["access_key"], vector["secret_key"])
    url, content_type, body = vector["url"], vector["content_type"], vector["body"].encode()
    if vector["form"] == "QBox":
        return sign_qbox(pair, url, content_type, body)
    host = urlsplit(url).netloc
    return sign_qiniu(pair, vector["method"], url, host, content_type, body, vector["headers"])


@pytest.mark.parametrize("vector", VECTORS)
def test_vector_gives_the_published_authorization(vector: Vector) -> None:
    assert _sign(vector) == vector["authorization"]


@pytest.mark.parametrize("vector", VECTORS)
def test_official_sdk_accepts_the_signature(vector: Vector) -> None:
    assert Auth(vector["access_key"], vector["secret_key"]).verify_callback(
        _sign(vector),
        vector["url"],
        vector["body"],
        vector["content_type"],
        vector["method"],
        vector["headers"],
    )


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://app.example.com/cb/up?x=2", b"a=1"),
        ("https://app.example.com/cb/Up?x=1", b"a=1"),
        ("https://app.example.com/cb/up", b"a=1"),
        ("https://app.example.com/cb/up?x=1", b"a=2"),
    ],
)
def test_anything_signed_that_differs_gives_another_signature(url: str, body: bytes) -> None:
    right = sign_qbox(PAIR, "https://app.example.com/cb/up?x=1", FORM, b"a=1")
    assert sign_qbox(PAIR, url, FORM, body) != right


def test_qbox_of_a_form_type_with_parameters_leaves_the_body_out() -> None:
    content_type = f"{FORM}; charset=utf-8"
    assert sign_qbox(PAIR, "http://a/", content_type, b"a=1") == sign_qbox(
        PAIR, "http://a/", content_type, b"a=2"
    )


def test_qbox_of_the_official_sdk_and_ours_agree_on_a_body_beyond_ascii() -> None:
    url, body = "http://app.example.com/%E5%9B%BE?x=%26", "name=图.jpg"
    ours = sign_qbox(PAIR, url, FORM, body.encode())
    assert Auth("testak", "testsk").verify_callback(ours, url, body)


def test_qiniu_headers_are_canonical_and_sorted_and_others_are_left_out() -> None:
    arguments = (PAIR, "POST", "http://a/", "a", FORM, b"")
    signed = sign_qiniu(*arguments, {"x-qiniu-b-c": "2", "X-Qiniu-A": "1", "X-Qiniu-": "no"})
    assert signed == sign_qiniu(*arguments, {"X-Qiniu-A": "1", "X-Qiniu-B-C": "2", "Via": "no"})
    assert signed != sign_qiniu(*arguments, {"X-Qiniu-A": "1"})


def test_qiniu_leaves_an_untyped_or_binary_body_out() -> None:
    for content_type in (None, "application/octet-stream"):
        arguments = (PAIR, "POST", "http://a/", "a", content_type)
        assert sign_qiniu(*arguments, b"1", {}) == sign_qiniu(*arguments, b"2", {})
