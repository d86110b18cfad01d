"""Other clients than the Python SDK: toolbelt, curl, every SDK's own bytes, plain HTTP."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests_toolbelt import MultipartEncoder

from tests import sdk_bodies
from tests.e2e.conftest import Gateway
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair

pytestmark = pytest.mark.e2e


def token(gateway: Gateway, **policy: Any) -> str:
    text = json.dumps({"scope": gateway.bucket, **policy})
    return upload_token.sign(text.encode(), KeyPair(gateway.access_key, gateway.secret_key))


def post(gateway: Gateway, fields: dict[str, Any]) -> requests.Response:
    encoder = MultipartEncoder(fields)
    return requests.post(
        gateway.url,
        data=encoder,
        headers={"Content-Type": encoder.content_type},
        allow_redirects=False,
        timeout=30,
    )


@pytest.mark.parametrize("client", sdk_bodies.CLIENTS)
def test_bytes_of_every_client_are_stored(gateway: Gateway, client: str) -> None:
    key, content = f"bodies/{client}.bin", uuid.uuid4().bytes + b"\r\n--\r\n\x00"
    policy = {"scope": f"{gateway.bucket}:{key}", "returnBody": '{"key":$(key),"n":$(fname)}'}
    upload = sdk_bodies.Upload(token=token(gateway, **policy), content=content, key=key)
    sent = sdk_bodies.CLIENTS[client](upload)
    answer = requests.post(
        gateway.url,
        data=iter([sent.body]) if sent.chunked else sent.body,
        headers={"Content-Type": sent.content_type},
        timeout=30,
    )
    assert (answer.status_code, answer.json()) == (200, {"key": key, "n": "照片.jpg"})
    assert gateway.object(key)["Body"].read() == content


def test_toolbelt_streams_4_mib(gateway: Gateway) -> None:
    content = uuid.uuid4().bytes * (4 * 1024 * 1024 // 16)
    answer = post(gateway, {"token": token(gateway), "file": ("big.bin", content)})
    assert answer.status_code == 200
    assert gateway.object(answer.json()["key"])["Body"].read() == content


def test_form_above_the_gateways_limit_is_a_413_that_sdks_believe(gateway: Gateway) -> None:
    answer = post(gateway, {"token": token(gateway), "file": ("big.bin", bytes(5_000_000))})
    assert (answer.status_code, answer.json()) == (413, {"error": "request entity too large"})
    assert answer.headers["X-Reqid"]


def test_curl_form_is_stored(gateway: Gateway) -> None:
    key = f"curl/{uuid.uuid4().hex}"
    command = ["curl", "-s", "-F", f"token={token(gateway)}", "-F", f"key={key}"]
    command += ["-F", "file=hello;filename=hello.txt", gateway.url]
    answer = subprocess.run(command, check=True, capture_output=True, timeout=30)
    assert json.loads(answer.stdout)["key"] == key


def test_putb64_is_stored(gateway: Gateway) -> None:
    key, content = f"b64/{uuid.uuid4().hex}?&=", uuid.uuid4().bytes
    encoded = base64.urlsafe_b64encode(key.encode()).decode()
    answer = requests.post(
        f"{gateway.url}/putb64/-1/key/{encoded}",
        data=base64.b64encode(content),
        headers={
            "Authorization": f"UpToken {token(gateway)}",
            "Content-Type": "application/octet-stream",
        },
        timeout=30,
    )
    assert (answer.status_code, answer.json()["key"]) == (200, key)
    assert gateway.object(key)["Body"].read() == content


def test_redirect_carries_upload_ret(gateway: Gateway) -> None:
    fields = {
        "token": token(gateway, returnUrl="http://127.0.0.1/done", returnBody='{"k":$(key)}'),
        "key": f"r/{uuid.uuid4().hex}",
        "file": ("a.txt", b"a", "text/plain"),
    }
    answer = post(gateway, fields)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 301
    assert json.loads(base64.urlsafe_b64decode(query["upload_ret"][0])) == {"k": fields["key"]}


def test_token_endpoint_gives_a_token_that_works(gateway: Gateway) -> None:
    given = requests.post(f"{gateway.url}/token", timeout=30).json()
    body = {"token": given["token"]}
    answer = requests.post(given["upload_url"], data=body, files={"file": b"t"}, timeout=30)
    assert (given["upload_url"], answer.status_code) == (gateway.url, 200)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/", 405),
        ("GET", "/token", 405),
        ("GET", "/putb64/1", 405),
        ("POST", "/no/such/route", 404),
        ("POST", "/rs-put/x", 404),
        ("GET", "/v1/sdk/config", 405),
    ],
)
def test_other_routes_answer_json_with_a_request_id(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    answer = requests.request(method, gateway.url + path, timeout=30)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.headers["X-Reqid"]) == 16
    assert answer.headers["X-Log"]


def test_preflight_is_answered_everywhere(gateway: Gateway) -> None:
    for path in ("/", "/token", "/putb64/1", "/anything"):
        answer = requests.options(
            gateway.url + path,
            headers={"Origin": "http://a.example", "Access-Control-Request-Method": "POST"},
            timeout=30,
        )
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        ({}, b"", 400, "multipart"),
        ({"Content-Type": "application/json"}, b"{}", 400, "multipart"),
        ({"Content-Type": "multipart/form-data"}, b"x", 400, "boundary"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\nbroken", 400, ""),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b--\r\n", 401, "token"),
    ],
)
def test_malformed_body_is_a_typed_refusal(
    gateway: Gateway, headers: dict[str, str], body: bytes, status: int, error: str
) -> None:
    answer = requests.post(gateway.url, data=body, headers=headers, timeout=30)
    assert answer.status_code == status
    assert error in answer.json()["error"]


def test_object_under_a_route_of_the_gateways_own_is_served(gateway: Gateway) -> None:
    path = "mkfile/an-object"
    assert requests.get(f"{gateway.url}/{path}", timeout=30).status_code == 405
    scoped = token(gateway, scope=f"{gateway.bucket}:{path}")
    assert post(gateway, {"token": scoped, "key": path, "file": ("a", b"here")}).status_code == 200
    assert requests.get(f"{gateway.url}/{path}", timeout=30).content == b"here"


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "text/xml"])
def test_block_labelled_as_text_is_refused_and_not_damaged(
    gateway: Gateway, content_type: str
) -> None:
    headers = {"Authorization": f"UpToken {token(gateway)}", "Content-Type": content_type}
    url = f"{gateway.url}/mkblk/1000"
    for content in (bytes(range(256)) * 3 + bytes(232), b"x" * 497 + b"\xf0\x9f\x98" + b"y" * 500):
        answer = requests.post(url, data=content, headers=headers, timeout=30)
        assert answer.status_code == 400
        assert "octet-stream" in answer.json()["error"]
    assert requests.post(url, data=b"x" * 1000, headers=headers, timeout=30).status_code == 200
