"""docs/openapi.yaml against the gateway: what it describes is what is answered.

Three ways: each operation succeeds once, each refusal happens once, and any request that can be
made from the description, sensible or not, signed or not, is answered as described.
"""

from __future__ import annotations

import hashlib
import io
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis import GenerationMode

from tests.e2e import openapi_client
from tests.e2e.conftest import ACCESS_KEY, BUCKET, Gateway
from tests.e2e.openapi_client import DESCRIBED, OPERATIONS, SECONDS, Client, signed
from tests.e2e.openapi_values import KEYS, PREFIX, TOKENS, Command, KeyPairAuth, token
from tests.resumable_client import b64

pytestmark = pytest.mark.e2e

HELLO = b"hello"
KEY_PAIR = KeyPairAuth()
EXAMPLES = 10  # of each operation: an answer takes about 50 ms here


def entry(key: str) -> str:
    return b64(f"{BUCKET}:{key}")


@contextmanager
def settings_kept(client: Client) -> Iterator[None]:
    """The bucket's styles, separators and access as they were: other tests go on with them."""

    def post(path: str) -> Any:
        answer = requests.post(f"{client.url}{path}", auth=KEY_PAIR, timeout=SECONDS)
        assert answer.status_code == 200
        return answer.json()

    before = post(f"/info/{BUCKET}")
    try:
        yield
    finally:
        after = post(f"/separator/{BUCKET}/sep/{b64(before['separator'])}")
        for name in after["styles"].keys() - before["styles"].keys():
            post(f"/unstyle/{BUCKET}/name/{b64(name)}")
        post(f"/accessMode/{BUCKET}/mode/{before['protected']}")
        assert post(f"/private/{BUCKET}/private/{before['private']}") == before


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[Client]:
    client = Client(gateway.url)
    with settings_kept(client):
        yield client


# Each operation, once, with success.


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def walked(client: Client) -> Client:
    """A client that has used every operation as it is meant."""
    walker = Client(client.url)
    key = f"{PREFIX}{uuid.uuid4().hex}/ü b.txt"
    for walk in (upload, upload_in_blocks, upload_in_parts, manage, process, set_up):
        walk(walker, key)
    return walker


def upload(client: Client, key: str) -> None:
    plain = client.call("issueToken", body={"preset": "default"}).json()["token"]
    body = {"token": plain, "key": key, "file": HELLO, "crc32": zlib.crc32(HELLO), "x:a": "b"}
    assert client.call("uploadForm", body=body).json()["key"] == key
    client.call("uploadBase64", auth=signed(), fsize=-1, body="aGVsbG8=")
    pairs = f"key/{b64(key)}/mimeType/{b64('text/plain')}/x:a/{b64('b')}"
    client.call("uploadBase64Named", auth=signed(), fsize=5, pairs=pairs, body="aGVsbG8=")


def upload_in_blocks(client: Client, key: str) -> None:
    def block() -> str:
        made = client.call("makeBlock", auth=signed(), blockSize=5, body=b"hel").json()
        added = client.call(
            "putChunk", auth=signed(), ctx=made["ctx"], chunkOffset=made["offset"], body=b"lo"
        )
        return str(added.json()["ctx"])

    client.call("makeFile", auth=signed(), fsize=5, body=block())
    pairs = f"key/{b64(key)}/fname/{b64('a.txt')}"
    client.call("makeFileNamed", auth=signed(), fsize=5, pairs=pairs, body=block())


def upload_in_parts(client: Client, key: str) -> None:
    at: dict[str, Any] = {"auth": signed(), "bucket": BUCKET, "encodedKey": b64(key)}
    begun = client.call("initiateUpload", **at).json()["uploadId"]
    md5 = hashlib.md5(HELLO, usedforsecurity=False).hexdigest()
    part = client.call(
        "uploadPart",
        uploadId=begun,
        partNumber=1,
        body=HELLO,
        headers={"Content-MD5": md5},
        **at,
    ).json()
    listed = client.call("listParts", uploadId=begun, query={"max-parts": 1}, **at).json()
    assert [item["etag"] for item in listed["parts"]] == [part["etag"]]
    parts = {"parts": [{"partNumber": 1, "etag": part["etag"]}], "fname": None}
    client.call("completeUpload", uploadId=begun, body=parts, **at)
    begun = client.call("initiateUpload", **at).json()["uploadId"]
    client.call("abortUpload", uploadId=begun, **at)


def manage(client: Client, key: str) -> None:
    def call(name: str, **arguments: Any) -> Any:
        return client.call(name, auth=KEY_PAIR, **arguments)

    for name in ("stat", "statByGet"):
        assert call(name, entry=entry(key)).json()["fsize"] == len(HELLO)
    query = {"bucket": BUCKET, "prefix": key[: key.rindex("/") + 1], "delimiter": "/", "limit": 10}
    for name in ("listObjects", "listObjectsByGet"):
        assert [item["key"] for item in call(name, query=query).json()["items"]] == [key]
    call("copyObject", source=entry(key), target=entry(key + "2"))
    call("copyObjectForced", source=entry(key), target=entry(key + "2"), force="true")
    call("moveObject", source=entry(key + "2"), target=entry(key + "3"))
    call("moveObjectForced", source=entry(key + "3"), target=entry(key + "4"), force="false")
    call("changeObject", entry=entry(key + "4"), changes=f"mime/{b64('image/png')}")
    call("batch", body={"op": [f"/stat/{entry(key + '4')}", f"/stat/{entry(key)}"]})
    call("deleteObject", entry=entry(key + "4"))


def process(client: Client, key: str) -> None:
    form = {"bucket": BUCKET, "key": key, "fops": "vframe/jpg/offset/1"}
    for name in ("startJob", "startJobBare"):
        job = client.call(name, auth=KEY_PAIR, body=form).json()["persistentId"]
    client.call("jobStatus", query={"id": job})
    client.call("jobStatusByForm", body={"id": job})
    for name in ("queryRegionV4", "queryRegionV2"):
        client.call(name, query={"ak": ACCESS_KEY, "bucket": BUCKET})
    client.call("uploadForm", body={"token": token(), "key": key + ".png", "file": picture()})
    assert client.call("download", auth=Command("imageInfo"), key=key + ".png").json()["width"] == 8
    assert client.call("download", auth=Command("imageAve"), key=key + ".png").status_code == 200
    client.call("download", query={"attname": "a.txt"}, key=key)
    client.call("downloadHead", key=key)
    client.call("preflight", key=key)


def set_up(client: Client, key: str) -> None:
    def call(name: str, **arguments: Any) -> Any:
        return client.call(name, auth=KEY_PAIR, bucket=BUCKET, **arguments)

    call("setSeparators", separators=b64("!"))
    call("putStyle", styleName=b64("described"), style=b64("imageInfo"))
    assert "described" in call("readSettings").json()["styles"]
    assert client.call("download", key=f"{key}.png!described").json()["width"] == 8
    call("removeStyle", styleName=b64("described"))
    call("setAccessMode", flag="0")
    call("setPrivate", flag="0")


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_operation_used_as_it_is_meant_succeeds(walked: Client, name: str) -> None:
    assert set(walked.answers[name]) <= {200, 204, 302}


# Each refusal that a client can bring about, once.


def form(**fields: Any) -> dict[str, Any]:
    fields.setdefault("token", token())
    return {"body": {"key": f"{PREFIX}a.txt", "file": HELLO, **fields}}


def v2(key: str = KEYS[0], **arguments: Any) -> dict[str, Any]:
    arguments.setdefault("auth", signed())
    return {"bucket": BUCKET, "encodedKey": b64(key), **arguments}


def of_keys(**arguments: Any) -> dict[str, Any]:
    return {"auth": KEY_PAIR, **arguments}


# A closed port: no business server answers there.
NOBODY = token(callbackUrl="http://127.0.0.1:9/cb", callbackBody="key=$(key)")
NONE = entry(KEYS[-1])
REFUSALS: list[tuple[int, str, Callable[[], dict[str, Any]]]] = [
    (301, "uploadForm", lambda: form(token=token(returnUrl="https://app.example.com/"))),
    (400, "uploadForm", lambda: form(crc32="x")),
    (401, "uploadForm", lambda: form(token="a:b:c")),
    (403, "uploadForm", lambda: form(token=token(f"{BUCKET}:other"))),
    (406, "uploadForm", lambda: form(crc32=1)),
    (413, "uploadForm", lambda: form(token=token(fsizeLimit=1))),
    (414, "uploadForm", lambda: form(key="k" * 751)),
    (579, "uploadForm", lambda: form(token=NOBODY, key=f"{PREFIX}{uuid.uuid4().hex}")),
    (614, "uploadForm", lambda: form(file=uuid.uuid4().bytes, key=KEYS[0])),
    (631, "uploadForm", lambda: form(token=token("no-such-bucket"))),
    (400, "makeBlock", lambda: {"auth": signed(), "blockSize": 4194305, "body": b"a"}),
    (701, "putChunk", lambda: {"auth": signed(), "ctx": "x", "chunkOffset": 0, "body": b"a"}),
    (701, "makeFile", lambda: {"auth": signed(), "fsize": 5, "body": "x"}),
    (404, "makeFile", lambda: {"auth": signed(), "fsize": "", "body": "x"}),
    (403, "initiateUpload", lambda: v2(auth=signed(token(f"{BUCKET}:other")))),
    (404, "initiateUpload", lambda: v2() | {"bucket": "a/b"}),
    (405, "completeUpload", lambda: v2(uploadId="a/1", body={"parts": []})),
    (612, "listParts", lambda: v2(uploadId="x")),
    (631, "abortUpload", lambda: v2(uploadId="x") | {"bucket": "no-such-bucket"}),
    (400, "issueToken", lambda: {"body": {"preset": "default", "scope": "x"}}),
    (404, "issueToken", lambda: {"body": {"preset": "no-such-preset"}}),
    (400, "queryRegionV4", lambda: {"query": {"ak": ACCESS_KEY}}),
    (612, "queryRegionV2", lambda: {"query": {"ak": "nobody", "bucket": BUCKET}}),
    (612, "jobStatus", lambda: {"query": {"id": "nothing"}}),
    (401, "startJob", lambda: {"body": {"bucket": BUCKET, "key": "a", "fops": "exif"}}),
    (612, "startJob", lambda: of_keys(body={"bucket": BUCKET, "key": KEYS[-1], "fops": "exif"})),
    (401, "stat", lambda: {"entry": NONE}),
    (404, "stat", lambda: of_keys(entry=f"{NONE}/more")),
    (414, "stat", lambda: of_keys(entry=entry("k" * 751))),
    (612, "stat", lambda: of_keys(entry=NONE)),
    (631, "stat", lambda: of_keys(entry=b64("no-such-bucket:a"))),
    (614, "copyObject", lambda: of_keys(source=entry(KEYS[0]), target=entry(KEYS[0]))),
    (298, "batch", lambda: of_keys(body={"op": [f"/stat/{NONE}"]})),
    (400, "removeStyle", lambda: of_keys(bucket=BUCKET, styleName=b64("no-such-style"))),
    (631, "readSettings", lambda: of_keys(bucket="no-such-bucket")),
    (400, "download", lambda: {"auth": Command("imageInfo"), "key": KEYS[0]}),
    (404, "download", lambda: {"key": KEYS[-1]}),
    (405, "download", lambda: {"key": "token"}),
    (404, "downloadHead", lambda: {"key": KEYS[-1]}),
]


@pytest.fixture(scope="module")
def stored(client: Client) -> None:
    """An object for what needs one."""
    body = {"token": token(f"{BUCKET}:{KEYS[0]}"), "key": KEYS[0], "file": HELLO}
    client.call("uploadForm", body=body)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("status", "name", "make"), REFUSALS, ids=[f"{name}-{status}" for status, name, _ in REFUSALS]
)
def test_a_refusal_is_answered_as_described(
    client: Client, status: int, name: str, make: Callable[[], dict[str, Any]]
) -> None:
    assert client.call(name, **make()).status_code == status


# Anything that can be made from the description.


def credentials(name: str) -> st.SearchStrategy[Any]:
    """Signed rightly, signed for something else, and not at all."""
    ways = {scheme for way in DESCRIBED[name].node["security"] for scheme in way}
    unsigned = st.just(openapi_client.Unsigned())
    if "uploadToken" in ways:
        return st.sampled_from(TOKENS).map(signed) | unsigned
    return st.just(KEY_PAIR) | unsigned if "keyPair" in ways else unsigned


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("name", DESCRIBED)
def test_any_request_is_answered_as_described(client: Client, name: str) -> None:
    cases = OPERATIONS[name].as_strategy(GenerationMode.POSITIVE)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, auth=credentials(name))
    def send(case: Any, auth: Any) -> None:
        client.send(name, case, auth)

    send()
