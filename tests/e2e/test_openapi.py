"""docs/openapi.yaml against the gateway: what it describes is what is answered.

Three ways: each operation succeeds once, each refusal happens once, and any request that can be
made from the description, sensible or not, signed or not, is answered as described.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.e2e import openapi_client, openapi_walk
from tests.e2e.conftest import ACCESS_KEY, BUCKET, Gateway
from tests.e2e.openapi_client import DESCRIBED, OPERATIONS, SECONDS, Client, signed
from tests.e2e.openapi_values import HELLO, KEY_PAIR, KEYS, PREFIX, TOKENS, Command, entry, token
from tests.resumable_client import b64

pytestmark = pytest.mark.e2e

EXAMPLES = 10  # of each operation: an answer takes about 50 ms here


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


@pytest.fixture(scope="module")
def walked(client: Client) -> Client:
    """A client that has used every operation as it is meant."""
    walker = Client(client.url, collects=True)
    openapi_walk.walk(walker, f"{PREFIX}{uuid.uuid4().hex}/ü b.txt")
    return walker


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_operation_used_as_it_is_meant_succeeds(walked: Client, name: str) -> None:
    assert walked.complaints.get(name, []) == []
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
NOBODY = token(callbackUrl="http://127.0.0.1:65535/cb", callbackBody="key=$(key)")
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


@pytest.fixture
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


def test_a_used_up_day_is_answered_as_described(client: Client) -> None:
    user = uuid.uuid4().hex
    one = token(endUser=user, quota={"name": "described", "uploadsPerDay": 1})
    assert client.call("uploadForm", **form(token=one, key=f"{PREFIX}{user}")).status_code == 200
    again = client.call("uploadForm", **form(token=one, key=f"{PREFIX}{user}2"))
    begun = client.call("initiateUpload", **v2(auth=signed(one)))
    assert (again.status_code, begun.status_code) == (429, 429)


# Anything that can be made from the description.


def credentials(name: str) -> st.SearchStrategy[Any]:
    """Signed rightly, signed for something else, and not at all."""
    ways = {scheme for way in DESCRIBED[name].node["security"] for scheme in way}
    unsigned = st.just(openapi_client.Unsigned())
    if name.endswith("ByGet"):  # unsigned it would be a download
        return st.just(KEY_PAIR)
    if "uploadToken" in ways:
        return st.sampled_from(TOKENS).map(signed) | unsigned
    return st.just(KEY_PAIR) | unsigned if "keyPair" in ways else unsigned


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("name", DESCRIBED)
def test_any_request_is_answered_as_described(client: Client, name: str) -> None:
    operation = OPERATIONS[name]
    cases = st.one_of([operation.as_strategy(mode) for mode in GenerationMode])

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
        if name.startswith("listObjects"):  # the bucket is full of the other tests' objects
            case.query = {"prefix": PREFIX, **case.query}
        client.send(name, case, auth)

    with settings_kept(client):
        send()
