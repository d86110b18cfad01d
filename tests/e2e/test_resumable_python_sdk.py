"""The official Python SDK's resumable uploads, v1 and v2, unmodified."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qiniu
from qiniu.services.storage.upload_progress_recorder import UploadProgressRecorder

from tests.e2e import business_server, python_sdk, sample_file
from tests.e2e.conftest import Gateway
from tests.e2e.sample_file import MEGABYTE

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _zone(gateway: Gateway) -> Iterator[None]:
    with python_sdk.pointed_at(gateway.url, default_upload_threshold=4 * MEGABYTE):
        yield


@pytest.fixture
def auth(gateway: Gateway) -> qiniu.Auth:
    return qiniu.Auth(gateway.access_key, gateway.secret_key)


def put(gateway: Gateway, token: str, key: str | None, path: Path, **options: Any) -> Any:
    """A resumable upload; answer and info as the SDK gives them."""
    return qiniu.put_file_v2(token, key, str(path), bucket_name=gateway.bucket, **options)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_file_of_100_mb_arrives_whole_with_the_sdks_own_etag(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path, version: str
) -> None:
    path, key = tmp_path / "large.bin", f"large/{uuid.uuid4().hex}"
    digest = sample_file.make(path, 100_000_000)
    token = auth.upload_token(gateway.bucket, key)
    answer, info = put(gateway, token, key, path, version=version, mime_type="video/mp4")
    assert info.status_code == 200, info
    assert answer == {"key": key, "hash": qiniu.etag(str(path))}
    stored = gateway.object(key)
    assert sample_file.digest_of(stored["Body"]) == digest
    assert stored["ContentType"] == "video/mp4"


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("size", [4 * MEGABYTE + 1, 8 * MEGABYTE, 9 * MEGABYTE, 12 * MEGABYTE + 7])
def test_every_cut_of_a_file_arrives_whole(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path, version: str, size: int
) -> None:
    path, key = tmp_path / "cut.bin", f"cut/{uuid.uuid4().hex}"
    digest = sample_file.make(path, size)
    answer, info = put(gateway, auth.upload_token(gateway.bucket), key, path, version=version)
    assert info.status_code == 200, info
    assert answer["hash"] == qiniu.etag(str(path))
    assert sample_file.digest_of(gateway.object(key)["Body"]) == digest


@pytest.mark.parametrize("part_size", [MEGABYTE, 3 * MEGABYTE])
def test_other_part_sizes_of_v2_arrive_whole(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path, part_size: int
) -> None:
    path, key = tmp_path / "parts.bin", f"parts/{uuid.uuid4().hex}"
    digest = sample_file.make(path, 10 * MEGABYTE + 5)
    token = auth.upload_token(gateway.bucket)
    answer, info = put(gateway, token, key, path, part_size=part_size)
    assert info.status_code == 200, info
    assert answer["hash"].startswith("n")  # composite, protocol.md 5
    assert sample_file.digest_of(gateway.object(key)["Body"]) == digest


class Interrupted(Exception):  # noqa: N818 - what a user does, not an error
    """Ctrl-C in the middle of an upload."""


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_interrupted_upload_goes_on_where_it_stopped(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path, version: str
) -> None:
    path, key = tmp_path / "resume.bin", f"resume/{uuid.uuid4().hex}"
    digest = sample_file.make(path, 40 * MEGABYTE)
    token = auth.upload_token(gateway.bucket)
    (tmp_path / "records").mkdir()
    recorder = UploadProgressRecorder(str(tmp_path / "records"))
    seen: list[int] = []

    def interrupt(done: int, _: int) -> None:
        seen.append(done)
        if done >= 20 * MEGABYTE:
            raise Interrupted

    options: dict[str, Any] = {"version": version, "upload_progress_recorder": recorder}
    with pytest.raises(Interrupted):
        put(gateway, token, key, path, progress_handler=interrupt, **options)
    resumed: list[int] = []
    answer, info = put(
        gateway, token, key, path, progress_handler=lambda done, _: resumed.append(done), **options
    )
    assert info.status_code == 200, info
    assert len(resumed) <= 6
    assert answer["hash"] == qiniu.etag(str(path))
    assert sample_file.digest_of(gateway.object(key)["Body"]) == digest


def test_callback_after_a_resumable_upload_is_verified_and_relayed(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path
) -> None:
    path, key = tmp_path / "callback.bin", f"callback/{uuid.uuid4().hex}"
    sample_file.make(path, 5 * MEGABYTE)
    with business_server.running(gateway.access_key, gateway.secret_key) as business:
        policy = {
            "callbackUrl": business.url,
            "callbackBody": "name=$(fname)&uid=$(x:uid)&size=$(fsize)",
        }
        token = auth.upload_token(gateway.bucket, key, policy=policy)
        answer, _ = put(gateway, token, key, path, params={"x:uid": "7"})
        assert answer == {"filename": "callback.bin", "uid": "7", "msg": "ok"}
        assert [call["size"] for call in business.calls] == [str(5 * MEGABYTE)]


def test_metadata_and_return_body_of_a_resumable_upload(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path
) -> None:
    path, key = tmp_path / "meta.bin", f"meta/{uuid.uuid4().hex}"
    sample_file.make(path, 5 * MEGABYTE)
    token = auth.upload_token(
        gateway.bucket, key, policy={"returnBody": '{"n":$(fname),"s":$(fsize),"x":$(x:a)}'}
    )
    answer, _ = put(
        gateway, token, key, path, params={"x:a": "1"}, metadata={"x-qn-meta-name": "qiniu"}
    )
    assert answer == {"n": "meta.bin", "s": 5 * MEGABYTE, "x": "1"}
    assert gateway.object(key)["Metadata"]["qn-name"] == "qiniu"


def test_sdk_discovers_the_upload_host_by_itself(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path
) -> None:
    from qiniu.http.endpoint import Endpoint
    from qiniu.http.regions_provider import QueryRegionsProvider

    provider = QueryRegionsProvider(
        access_key=gateway.access_key,
        bucket_name=gateway.bucket,
        endpoints_provider=[Endpoint.from_host(gateway.url)],
        preferred_scheme="http",
    )
    path, key = tmp_path / "found.bin", f"found/{uuid.uuid4().hex}"
    sample_file.make(path, 5 * MEGABYTE)
    answer, info = put(gateway, auth.upload_token(gateway.bucket), key, path, regions=provider)
    assert (info.status_code, answer["key"]) == (200, key)


def test_insert_only_resumable_upload_does_not_overwrite(
    gateway: Gateway, auth: qiniu.Auth, tmp_path: Path
) -> None:
    key = f"insert/{uuid.uuid4().hex}"
    token = auth.upload_token(gateway.bucket)
    statuses = []
    for number, size in enumerate((5 * MEGABYTE, 5 * MEGABYTE, 6 * MEGABYTE)):
        path = tmp_path / f"{number}.bin"
        sample_file.make(path, size)
        statuses.append(put(gateway, token, key, path)[1].status_code)
    assert statuses == [200, 200, 614]
