"""Every operation of docs/openapi.yaml, used once as it is meant."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import Any

from PIL import Image

from tests.e2e.conftest import ACCESS_KEY, BUCKET
from tests.e2e.openapi_client import Client, signed
from tests.e2e.openapi_values import HELLO, KEY_PAIR, Command, entry, token
from tests.resumable_client import b64


def walk(client: Client, key: str) -> None:
    """All of them, about objects whose keys begin with `key`."""
    uploads = (_upload, _upload_in_blocks, _upload_in_parts)
    for some in (*uploads, _manage, _process, _set_up, _look_around):
        some(client, key)


def _upload(client: Client, key: str) -> None:
    plain = client.call("issueToken", body={"preset": "default"}).json()["token"]
    body = {"token": plain, "key": key, "file": HELLO, "crc32": zlib.crc32(HELLO), "x:a": "b"}
    assert client.call("uploadForm", body=body).json()["key"] == key
    client.call("uploadBase64", auth=signed(), fsize=-1, body="aGVsbG8=")
    pairs = f"key/{b64(key)}/mimeType/{b64('text/plain')}/x:a/{b64('b')}"
    client.call("uploadBase64Named", auth=signed(), fsize=5, pairs=pairs, body="aGVsbG8=")


def _upload_in_blocks(client: Client, key: str) -> None:
    def block() -> str:
        made = client.call("makeBlock", auth=signed(), blockSize=5, body=b"hel").json()
        added = client.call(
            "putChunk", auth=signed(), ctx=made["ctx"], chunkOffset=made["offset"], body=b"lo"
        )
        return str(added.json()["ctx"])

    client.call("makeFile", auth=signed(), fsize=5, body=block())
    pairs = f"key/{b64(key)}/fname/{b64('a.txt')}"
    client.call("makeFileNamed", auth=signed(), fsize=5, pairs=pairs, body=block())


def _upload_in_parts(client: Client, key: str) -> None:
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


def _manage(client: Client, key: str) -> None:
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


def _process(client: Client, key: str) -> None:
    form = {"bucket": BUCKET, "key": key, "fops": "vframe/jpg/offset/1"}
    for name in ("startJob", "startJobBare"):
        job = client.call(name, auth=KEY_PAIR, body=form).json()["persistentId"]
    client.call("jobStatus", query={"id": job})
    client.call("jobStatusByForm", body={"id": job})
    for version in ("V1", "V2", "V3", "V4", "V4ByPost"):
        client.call(f"queryRegion{version}", query={"ak": ACCESS_KEY, "bucket": BUCKET})
    client.call("uploadForm", body={"token": token(), "key": key + ".png", "file": _picture()})
    assert client.call("download", auth=Command("imageInfo"), key=key + ".png").json()["width"] == 8
    assert client.call("download", auth=Command("imageAve"), key=key + ".png").status_code == 200
    client.call("download", query={"attname": "a.txt"}, key=key)
    client.call("downloadHead", key=key)
    client.call("preflight", key=key)


def _set_up(client: Client, key: str) -> None:
    def call(name: str, **arguments: Any) -> Any:
        return client.call(name, auth=KEY_PAIR, bucket=BUCKET, **arguments)

    call("setSeparators", separators=b64("!"))
    call("putStyle", styleName=b64("described"), style=b64("imageInfo"))
    assert "described" in call("readSettings").json()["styles"]
    assert client.call("download", key=f"{key}.png!described").json()["width"] == 8
    call("removeStyle", styleName=b64("described"))
    call("setAccessMode", flag="0")
    call("setPrivate", flag="0")
    fields = {"bucket": BUCKET, "private": "0"}
    client.call("setPrivateByFields", auth=KEY_PAIR, query=fields)


def _look_around(client: Client, _: str) -> None:
    client.call("takeReport", version=4)
    assert client.call("clientSettings").json() == client.call("userSettings").json()
    for way in ("", "ByGet"):

        def call(name: str, way: str = way, **query: str) -> Any:
            return client.call(f"{name}{way}", auth=KEY_PAIR, query=query).json()

        (region,) = call("regions")["regions"]
        assert call("buckets", apiVersion="v4", region=region["id"])["buckets"] == call("bucketsV3")
        assert call("bucketsV2") == call("bucketsV3")
        assert [item["name"] for item in call("bucketInfos")] == call("buckets") == [BUCKET]
        assert call("bucketInfo", bucket=BUCKET)["region"] == region["id"]
        assert call("domainsV2", tbl=BUCKET) == call("domainsV6", tbl=BUCKET)
        assert [item["tbl"] for item in call("domainsV3", tbl=BUCKET)] == [BUCKET]


def _picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(stream, "PNG")
    return stream.getvalue()
