"""`commit: strict` with the official SDK, the template's rights enforced."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest
import qiniu
import requests

from tests.e2e.conftest import Gateway
from tests.e2e.python_sdk import pointed_at
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 60.0
SIZES = {"form": 1_000, "resumable v2": 6_000_000}


class Business:
    """Looks for the object before it answers, as anybody might."""

    def __init__(self, gateway: Gateway, answers: list[int]) -> None:
        self.gateway = gateway
        self.answers = answers
        self.key = f"strict/{uuid.uuid4().hex}"
        self.seen: list[int] = []

    def get(self) -> int:
        return requests.get(f"{self.gateway.url}/{self.key}", timeout=30).status_code

    def __call__(self, _: Received) -> Reply:
        self.seen.append(self.get())
        status = self.answers.pop(0)
        return Reply(status, b'{"mine":true}' if status == 200 else b"")


def upload(business: Business, size: int, folder: Path) -> qiniu.http.ResponseInfo:
    gateway = business.gateway
    path = folder / "file"
    path.write_bytes(uuid.uuid4().bytes * (size // 16))
    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    with (
        loopback.serve(business) as url,
        pointed_at(gateway.url, default_upload_threshold=4_000_000),
    ):
        policy = {"callbackUrl": url, "callbackBody": "key=$(key)", "commit": "strict"}
        token = auth.upload_token(gateway.bucket, business.key, policy=policy, strict_policy=False)
        _, info = qiniu.put_file_v2(
            token, business.key, str(path), version="v2", bucket_name=gateway.bucket
        )
        ends_at = time.monotonic() + WAIT_SECONDS
        while business.answers and time.monotonic() < ends_at:
            time.sleep(0.3)
    return info


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_accepted_upload_is_there_only_afterwards(
    gateway: Gateway, tmp_path: Path, size: int
) -> None:
    business = Business(gateway, [200])
    info = upload(business, size, tmp_path)
    assert (info.status_code, info.text_body) == (200, '{"mine":true}')
    assert (business.seen, business.get()) == ([404], 200)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_refused_upload_is_gone(gateway: Gateway, tmp_path: Path, size: int) -> None:
    business = Business(gateway, [403])
    assert upload(business, size, tmp_path).status_code == 579
    assert (business.seen, business.get()) == ([404], 404)
    bucket = gateway.resource("UploadBucket")
    held = gateway.aws("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert business.key not in [item["Key"] for item in held]


def test_upload_without_an_answer_appears_once_it_is_accepted(
    gateway: Gateway, tmp_path: Path
) -> None:
    business = Business(gateway, [503, 200])
    assert upload(business, 1_000, tmp_path).status_code == 579
    ends_at = time.monotonic() + WAIT_SECONDS
    while business.get() != 200:
        assert time.monotonic() < ends_at
        time.sleep(0.3)
    assert business.seen == [404, 404]
