"""Writes the sample events of this folder: `uv run python events/make_events.py`.

The tokens in them are signed with access key `testak` and secret key `testsk` and have no deadline,
so that a sample never grows old. For `sam local invoke`, put this pair into the stack's secret.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair

FOLDER = Path(__file__).parent
PAIR = KeyPair("testak", "testsk")
BOUNDARY = "upgate-sample"


def token(**policy: Any) -> str:
    text = json.dumps({"scope": "demo", **policy}, separators=(",", ":"))
    return upload_token.sign(text.encode(), PAIR)


def photo() -> bytes:
    """A JPEG of 64 x 48 with a little EXIF."""
    image = Image.new("RGB", (64, 48), (133, 105, 77))
    exif = image.getexif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Upgate", "Sample", 1
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def http(method: str, path: str, route: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "up.example.com", "content-length": str(len(body)), **names},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "sample",
            "domainName": "up.example.com",
            "domainPrefix": "up",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "sample",
            },
            "requestId": "sample",
            "routeKey": route,
            "stage": "$default",
            "time": "20/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795262400000,
        },
        "isBase64Encoded": bool(body),
    }
    if body:
        event["body"] = base64.b64encode(body).decode()
    return event


def form(fields: dict[str, str], content: bytes, file_name: str, mime_type: str) -> dict[str, Any]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        f"Content-Type: {mime_type}\r\n\r\n".encode()
        + content
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    return http(
        "POST",
        "/",
        "POST /",
        b"".join(parts),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )


def uploads() -> dict[str, dict[str, Any]]:
    text = (b"hello", "a.txt", "text/plain")
    picture = (photo(), "gogopher.jpg", "image/jpeg")
    return_body = '{"name":$(fname),"size":$(fsize),"w":$(imageInfo.width),"h":$(imageInfo.height)}'
    callback = {
        "callbackUrl": "https://app.example.com/uploaded",
        "callbackBody": "name=$(fname)&uid=$(endUser)",
        "endUser": "123",
    }
    encoded = base64.b64encode(b"hello")
    sub = {"authorization": f"UpToken {token()}", "content_type": "application/octet-stream"}
    key = base64.urlsafe_b64encode(b"a.txt").decode()
    redirect = {"returnUrl": "https://app.example.com/done", "returnBody": '{"key":$(key)}'}
    return {
        "upload-form": form({"token": token(), "key": "a.txt", "x:name": "logo"}, *text),
        "upload-return-body": form({"token": token(returnBody=return_body)}, *picture),
        "upload-redirect": form({"token": token(**redirect), "key": "a.txt"}, *text),
        "upload-callback": form({"token": token(**callback), "key": "a.txt"}, *text),
        "upload-bad-token": form({"token": "testak:AAAA:e30="}, *text),
        "upload-putb64": http(
            "POST", f"/putb64/5/key/{key}", "POST /putb64/{proxy+}", encoded, **sub
        ),
        "upload-preflight": http("OPTIONS", "/", "$default", origin="https://app.example.com"),
        "upload-unknown-route": http("GET", "/nothing/here", "$default"),
        "upload-wrong-method": http("PUT", "/", "$default"),
    }


def tokens() -> dict[str, dict[str, Any]]:
    asked = http("POST", "/token", "POST /token", content_type="application/json")
    anonymous = json.loads(json.dumps(asked))
    asked["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "user-1"}, "scopes": None}}
    preset = json.loads(json.dumps(asked))
    preset |= {"body": '{"preset":"avatar"}', "isBase64Encoded": False}
    del preset["headers"]["content-length"]  # tests put other bodies in
    return {"token-default": asked, "token-preset": preset, "token-anonymous": anonymous}


def callbacks() -> dict[str, dict[str, Any]]:
    common = {
        "urls": ["https://app.example.com/uploaded"],
        "host": None,
        "delivery_id": "0123456789abcdef0123456789abcdef",
        "access_key": "testak",
        "budget_seconds": 8.0,
        "is_notification": False,
    }
    return {
        "callback-form": {
            **common,
            "body": "name=gogopher.jpg&uid=123",
            "content_type": "application/x-www-form-urlencoded",
        },
        "callback-json": {
            **common,
            "body": '{"name":"gogopher.jpg","uid":"123"}',
            "content_type": "application/json",
        },
    }


def resumables() -> dict[str, dict[str, Any]]:
    """First calls only: later ones carry a ctx or uploadId that a stack itself gave out."""
    sub = {"authorization": f"UpToken {token()}", "content_type": "application/octet-stream"}
    key = base64.urlsafe_b64encode(b"a.txt").decode()
    path = f"/buckets/demo/objects/{key}/uploads"
    return {
        "resumable-mkblk": http("POST", "/mkblk/5", "POST /mkblk/{proxy+}", b"hello", **sub),
        "resumable-bput": http("POST", "/bput/bad/3", "POST /bput/{proxy+}", b"lo", **sub),
        "resumable-mkfile": http(
            "POST", f"/mkfile/5/key/{key}", "POST /mkfile/{proxy+}", b"bad", **sub
        ),
        "resumable-initiate": http("POST", path, "POST /buckets/{proxy+}", **sub),
        "resumable-part": http("PUT", f"{path}/bad/1", "PUT /buckets/{proxy+}", b"hello", **sub),
    }


def shares() -> dict[str, dict[str, Any]]:
    pieces = [
        {
            "name": name,
            "size_bytes": 3_000_000,
            "etag": "FuiTWvCH-vzhS_FX1Qq5kshhaI_6",  # of three million times `a`
            "crc32": None,
        }
        for name in ("v1/aa/3000000-a", "v1/bb/3000000-b")
    ]
    parts = [{"number": 1, "pieces": pieces}, {"number": 2, "name": "v2/cc/glued/00001/2-d"}]
    share = {"bucket": "s3-demo", "key": "k", "multipart_id": "upload-0", "parts": parts}
    return {"glue-share": share}


def queries() -> dict[str, dict[str, Any]]:
    asked = {}
    for version in ("v2", "v4"):
        event = http("GET", f"/{version}/query", f"GET /{version}/query")
        asked[f"query-{version}"] = event | {"rawQueryString": "ak=testak&bucket=demo"}
    return asked


def jobs() -> dict[str, dict[str, Any]]:
    created = {
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "upgate-uploads-123456789012"},
            "object": {"key": "songs/a+b.aac", "size": 5, "sequencer": "0055AED6DCD90281E5"},
        },
    }
    wish = {"upgate": "MakeResult", "bucket": "demo", "key": "none.mp3", "fop": "avthumb/ogg"}
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"}
    return {
        "events-object-created": sqs({"Records": [created]}),
        "events-test-event": sqs(test),
        "asyncops-job": sqs({"upgate": "RunJob", "job_id": "z0.0123456789abcdef01234567"}),
        "urlops-result": sqs(wish),
    }


def sqs(body: dict[str, Any]) -> dict[str, Any]:
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "sample",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    return {"Records": [record]}


def redeliveries() -> dict[str, dict[str, Any]]:
    """Of an upload that no ledger knows: nothing is owed, so nothing comes again."""
    due = {"upload_id": "0123456789abcdef0123456789abcdef", "rung": 0, "due_at": 1795262400}
    return {"redelivery-due": sqs(due)}


def downloads() -> dict[str, dict[str, Any]]:
    route = "GET /{proxy+}"
    fop = http("GET", "/songs/a b.aac", route)
    return {
        "download-object": http("GET", "/songs/a b.aac", route),
        "download-fop": fop | {"rawQueryString": "avthumb/mp3/aq/6/ar/16000"},
    }


def job_queries() -> dict[str, dict[str, Any]]:
    status = http("GET", "/status/get/prefop", "GET /status/get/prefop")
    body = b"bucket=demo&key=songs%2Fa%20b.aac&fops=avthumb%2Fmp3"
    pfop = signed("/pfop/", "POST /pfop", body)
    return {
        "query-status": status | {"rawQueryString": "id=z0.0123456789abcdef01234567"},
        "query-pfop": pfop,
    }


def signed(path: str, route: str, body: bytes = b"") -> dict[str, Any]:
    """A call that the sample's key pair signed (protocol.md 7.1)."""
    signature = PAIR.sign(f"{path}\n".encode() + body)
    return http(
        "POST",
        path,
        route,
        body,
        authorization=f"QBox {PAIR.access_key}:{signature}",
        content_type="application/x-www-form-urlencoded",
    )


def management() -> dict[str, dict[str, Any]]:
    entry = base64.urlsafe_b64encode(b"demo:a.txt").decode()
    stat = f"/stat/{entry}"
    batch = f"op={stat}&op=/delete/{entry}".encode()
    return {
        "manage-stat": signed(stat, "POST /stat/{proxy+}"),
        "manage-batch": signed("/batch", "POST /batch", batch),
        "manage-unsigned": http("POST", f"/delete/{entry}", "POST /delete/{proxy+}"),
    }


def media() -> dict[str, dict[str, Any]]:
    return {"avinfo-text": {"size_bytes": 5, "start": "aGVsbG8=", "end": ""}}


def main() -> None:
    samples = uploads() | tokens() | callbacks() | resumables() | shares() | queries()
    samples |= jobs() | redeliveries() | downloads() | job_queries() | management() | media()
    for name, event in samples.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")


if __name__ == "__main__":
    main()
