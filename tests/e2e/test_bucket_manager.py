"""The official Python SDK's BucketManager, unmodified, against `upgate local` (protocol.md 12)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import qiniu
from qiniu.services.storage import bucket as sdk

from tests.e2e import python_sdk
from tests.e2e.conftest import Gateway
from upgate.contents import qetag

pytestmark = [
    pytest.mark.e2e,
    # The SDK's own way to sign the time.
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.fixture
def manager(gateway: Gateway) -> Iterator[qiniu.BucketManager]:
    with python_sdk.pointed_at(gateway.url):
        yield qiniu.BucketManager(qiniu.Auth(gateway.access_key, gateway.secret_key))


@pytest.fixture
def prefix(gateway: Gateway, manager: qiniu.BucketManager) -> str:
    """Three objects under a prefix of this test's own."""
    folder = f"managed/{uuid.uuid4().hex}/"
    token = manager.auth.upload_token(gateway.bucket)
    for name in ("a", "b", "c"):
        _, info = qiniu.put_data(token, folder + name, name.encode(), metadata={"n": "v"})
        assert info.ok(), info
    return folder


def listed(manager: qiniu.BucketManager, bucket: str, prefix: str, **options: Any) -> Any:
    shown, _, info = manager.list(bucket, prefix, **options)
    assert info.ok(), info
    return shown


def names(manager: qiniu.BucketManager, bucket: str, prefix: str) -> list[str]:
    items = listed(manager, bucket, prefix)["items"]
    return [item["key"].removeprefix(prefix) for item in items]


def test_stat_says_what_was_uploaded(
    manager: qiniu.BucketManager, gateway: Gateway, prefix: str
) -> None:
    shown, info = manager.stat(gateway.bucket, prefix + "a")
    assert info.ok(), info
    assert (shown["fsize"], shown["hash"]) == (1, qetag.of(b"a"))


def test_stat_of_nothing_is_612(manager: qiniu.BucketManager, gateway: Gateway) -> None:
    assert manager.stat(gateway.bucket, "never/there")[1].status_code == 612


def test_pages_of_a_list_fit_together(
    manager: qiniu.BucketManager, gateway: Gateway, prefix: str
) -> None:
    first, is_last, _ = manager.list(gateway.bucket, prefix, limit=2)
    assert not is_last
    rest, is_last, _ = manager.list(gateway.bucket, prefix, limit=2, marker=first["marker"])
    keys = [item["key"].removeprefix(prefix) for item in first["items"] + rest["items"]]
    assert (keys, is_last) == (["a", "b", "c"], True)


def test_copy_move_and_delete_do_what_they_say(
    manager: qiniu.BucketManager, gateway: Gateway, prefix: str
) -> None:
    bucket = gateway.bucket
    for _, info in (
        manager.copy(bucket, prefix + "a", bucket, prefix + "d"),
        manager.move(bucket, prefix + "b", bucket, prefix + "e"),
        manager.delete(bucket, prefix + "c"),
        manager.change_mime(bucket, prefix + "a", "image/png"),
    ):
        assert info.ok(), info
    assert names(manager, bucket, prefix) == ["a", "d", "e"]
    assert manager.stat(bucket, prefix + "a")[0]["mimeType"] == "image/png"


def test_an_object_in_the_way_is_614(
    manager: qiniu.BucketManager, gateway: Gateway, prefix: str
) -> None:
    _, info = manager.move(gateway.bucket, prefix + "a", gateway.bucket, prefix + "b")
    assert info.status_code == 614
    assert names(manager, gateway.bucket, prefix) == ["a", "b", "c"]


def test_a_batch_answers_line_by_line(
    manager: qiniu.BucketManager, gateway: Gateway, prefix: str
) -> None:
    keys = [prefix + "a", prefix + "none"]
    _, info = manager.batch(sdk.build_batch_stat(gateway.bucket, keys))
    assert info.status_code == 298
    assert [line["code"] for line in json.loads(info.text_body)] == [200, 612]


def test_a_copy_owes_nothing(manager: qiniu.BucketManager, gateway: Gateway, prefix: str) -> None:
    manager.copy(gateway.bucket, prefix + "a", gateway.bucket, prefix + "d")
    head = gateway.aws("s3").head_object(Bucket=gateway.resource("UploadBucket"), Key=prefix + "d")
    assert "upgate-upload" not in head["Metadata"]
    assert head["Metadata"]["upgate-etag"]
