"""The official `qiniu` package, unmodified, against `upgate local` (protocol.md 11.2, 12)."""

from __future__ import annotations

import io
import json
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qiniu
from PIL import Image

from tests.e2e import business_server, python_sdk
from tests.e2e.business_server import BusinessServer
from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _zone(gateway: Gateway) -> Iterator[None]:
    with python_sdk.pointed_at(gateway.url):
        yield


@pytest.fixture
def auth(gateway: Gateway) -> qiniu.Auth:
    return qiniu.Auth(gateway.access_key, gateway.secret_key)


@pytest.fixture
def business(gateway: Gateway) -> Iterator[BusinessServer]:
    with business_server.running(gateway.access_key, gateway.secret_key) as server:
        yield server


def new_key(suffix: str = "") -> str:
    return f"sdk/{uuid.uuid4().hex}{suffix}"


def etag(data: bytes) -> str:
    """The SDK's own computation, to hold the gateway's against."""
    result: str = qiniu.utils.etag_stream(io.BytesIO(data))
    return result


def refusal(info: Any) -> tuple[int, str]:
    """Status and the error's text, out of the SDK's answer."""
    return info.status_code, json.loads(info.text_body)["error"]


def put(token: str, key: str | None, data: bytes, **options: Any) -> tuple[Any, Any]:
    result: tuple[Any, Any] = qiniu.put_data(token, key, data, **options)
    return result


def test_put_data_answers_hash_and_key(gateway: Gateway, auth: qiniu.Auth) -> None:
    key = new_key()
    ret, info = put(auth.upload_token(gateway.bucket, key), key, b"hello sdk")
    assert info.status_code == 200
    assert (ret["key"], ret["hash"]) == (key, etag(b"hello sdk"))


def test_put_file_stores_the_bytes_of_the_file(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path
) -> None:
    path, key = tmp_path / "照片 1.txt", new_key(".txt")
    path.write_bytes(b"from a file")
    ret, info = qiniu.put_file_v2(
        auth.upload_token(gateway.bucket, key), key, str(path), mime_type="text/plain",
        check_crc=True, version="v2",
    )  # fmt: skip
    stored = gateway.object(key)
    assert (info.status_code, ret["key"]) == (200, key)
    assert stored["Body"].read() == b"from a file"
    assert stored["ContentType"] == "text/plain"


@pytest.mark.parametrize("key", ["你好?&=\r\n", 'a\\b\\c"hello', "a b+c%2F"])
def test_odd_keys_round_trip(gateway: Gateway, auth: qiniu.Auth, key: str) -> None:
    data = uuid.uuid4().bytes
    ret, _ = put(auth.upload_token(gateway.bucket, key), key, data)
    assert ret["key"] == key
    assert gateway.object(key)["Body"].read() == data


def test_no_key_is_named_by_the_etag(gateway: Gateway, auth: qiniu.Auth) -> None:
    data = uuid.uuid4().bytes
    ret, _ = put(auth.upload_token(gateway.bucket), None, data)
    assert ret["key"] == ret["hash"] == etag(data)


def test_return_body_tells_of_the_photo(gateway: Gateway, auth: qiniu.Auth) -> None:
    photo = io.BytesIO()
    image = Image.new("RGB", (640, 427), "teal")
    exif = image.getexif()
    exif[0x0110] = "GT-I9300"
    image.save(photo, "JPEG", exif=exif)
    body = (
        '{"name":$(fname),"w":$(imageInfo.width),"h":$(imageInfo.height),'
        '"format":"$(imageInfo.format)","model":$(exif.Model.val),"x":$(x:album),"none":$(x:no)}'
    )
    key = new_key(".jpg")
    token = auth.upload_token(gateway.bucket, key, policy={"returnBody": body})
    ret, _ = put(
        token, key, photo.getvalue(), params={"x:album": "7"}, fname="me.jpg",
        mime_type="image/jpeg",
    )  # fmt: skip
    assert ret == {
        "name": "me.jpg",
        "w": 640,
        "h": 427,
        "format": "jpeg",
        "model": "GT-I9300",
        "x": "7",
        "none": None,
    }


def test_blank_return_body_is_an_empty_answer(gateway: Gateway, auth: qiniu.Auth) -> None:
    key = new_key()
    token = auth.upload_token(gateway.bucket, key, policy={"returnBody": " "})
    ret, info = put(token, key, b"blank")
    assert (ret, info.status_code) == ({}, 200)


def test_metadata_is_stored(gateway: Gateway, auth: qiniu.Auth) -> None:
    key = new_key()
    put(auth.upload_token(gateway.bucket, key), key, b"m", metadata={"x-qn-meta-name": "qiniu"})
    assert gateway.object(key)["Metadata"]["qn-name"] == "qiniu"


def test_callback_is_verified_and_its_answer_relayed(
    gateway: Gateway, auth: qiniu.Auth, business: BusinessServer
) -> None:
    key = new_key(".txt")
    policy = {
        "callbackUrl": business.url,
        "callbackBody": "name=$(fname)&uid=$(endUser)&key=$(key)&hash=$(etag)",
        "endUser": "123",
    }
    token = auth.upload_token(gateway.bucket, key, policy=policy)
    ret, info = put(token, key, b"hello qiniu", fname="hello-qiniu.txt")
    assert ret == {"filename": "hello-qiniu.txt", "uid": "123", "msg": "ok"}  # seed 000
    assert info.status_code == 200
    assert business.calls[0]["key"] == key


def test_json_callback_is_verified(
    gateway: Gateway, auth: qiniu.Auth, business: BusinessServer
) -> None:
    key = new_key()
    policy = {
        "callbackUrl": business.url,
        "callbackBody": '{"name":$(fname),"uid":"u-$(x:uid)"}',
        "callbackBodyType": "application/json",
    }
    token = auth.upload_token(gateway.bucket, key, policy=policy)
    ret, _ = put(token, key, b"json", params={"x:uid": "7"}, fname="a.txt")
    assert ret == {"filename": "a.txt", "uid": "u-7", "msg": "ok"}


def test_unreachable_callback_is_579_and_the_object_is_there(
    gateway: Gateway, auth: qiniu.Auth
) -> None:
    key = new_key()
    policy = {"callbackUrl": "http://127.0.0.1:65535/", "callbackBody": "key=$(key)"}
    ret, info = put(auth.upload_token(gateway.bucket, key, policy=policy), key, b"579")
    assert (ret, info.status_code) == (None, 579)
    assert gateway.object(key)["Body"].read() == b"579"


def test_wrong_crc32_is_406(gateway: Gateway, auth: qiniu.Auth) -> None:
    # The SDK's public functions compute the right one; its form uploader takes any.
    import requests

    key = new_key()
    fields = {
        "token": auth.upload_token(gateway.bucket, key),
        "key": key,
        "crc32": str(zlib.crc32(b"hello") ^ 1),
    }
    answer = requests.post(gateway.url, data=fields, files={"file": b"hello"}, timeout=30)
    assert (answer.status_code, answer.json()) == (406, {"error": "crc32 check error"})


@pytest.mark.parametrize(
    ("policy", "key", "status", "error"),
    [
        ({"fsizeLimit": 3}, "k", 413, "fsizeLimit"),
        ({"fsizeMin": 30}, "k", 403, "smaller than FsizeMin"),
        ({"mimeLimit": "image/*"}, "k", 403, "forbidden to upload"),
        ({"keylimit": ["a", "b"]}, "k", 403, "keylimit"),
    ],
)
def test_refusal_by_the_policy_reaches_the_sdk(
    gateway: Gateway,
    auth: qiniu.Auth,
    policy: dict[str, Any],
    key: str,
    status: int,
    error: str,
) -> None:
    ret, info = put(auth.upload_token(gateway.bucket, policy=policy), key, b"hello")
    assert (ret, info.status_code) == (None, status)
    assert error in info.error


def test_other_key_than_the_scope_is_403(gateway: Gateway, auth: qiniu.Auth) -> None:
    _, info = put(auth.upload_token(gateway.bucket, "mine"), "yours", b"hello")
    assert refusal(info) == (403, "key doesn't match with scope")


def test_expired_token_is_401(gateway: Gateway, auth: qiniu.Auth) -> None:
    _, info = put(auth.upload_token(gateway.bucket, expires=-10), "k", b"hello")
    assert info.status_code == 401
    assert "expired" in info.error


def test_wrong_secret_key_is_bad_token(gateway: Gateway) -> None:
    other = qiniu.Auth(gateway.access_key, "wrong")
    _, info = put(other.upload_token(gateway.bucket), "k", b"hello")
    assert refusal(info) == (401, "bad token")


def test_unknown_bucket_is_631(gateway: Gateway, auth: qiniu.Auth) -> None:
    _, info = put(auth.upload_token("not-a-bucket"), "k", b"hello")
    assert refusal(info) == (631, "no such bucket")


def test_insert_only_is_614_for_other_content_and_200_for_the_same(
    gateway: Gateway, auth: qiniu.Auth
) -> None:
    key, token = new_key(), auth.upload_token(gateway.bucket)
    assert put(token, key, b"first")[1].status_code == 200
    assert put(token, key, b"first")[1].status_code == 200
    assert put(token, key, b"other")[1].status_code == 614


def test_scope_with_key_overwrites(gateway: Gateway, auth: qiniu.Auth) -> None:
    key = new_key()
    token = auth.upload_token(gateway.bucket, key)
    put(token, key, b"first")
    assert put(token, key, b"second")[1].status_code == 200
    assert gateway.object(key)["Body"].read() == b"second"
