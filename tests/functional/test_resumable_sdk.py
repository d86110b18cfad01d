"""The official Python SDK, v1 and v2, over HTTP into the real handlers, discovery included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest
import qiniu

from tests import events
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, content
from upgate.contents import qetag

SIZE = 3 * BLOCK + 12_345


@dataclass(slots=True)
class FrontDoor:
    """An HTTP API over handlers: decodes the path once, and one request at a time."""

    resumable: ModuleType
    query: ModuleType
    url: str = ""
    paths: list[str] = field(default_factory=list)
    fail_at: int = -1
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Received) -> Reply:
        with self.lock:
            self.paths.append(request.path)
            if len(self.paths) == self.fail_at:
                return Reply(400, b'{"error":"interrupted"}', {"X-Reqid": "x", "X-Log": "x"})
            parts = urlsplit(request.path)
            path = unquote(parts.path)
            route, app = self._route(request.method, path)
            event = events.http(request.method, path, request.body, request.headers, route)
            event["rawQueryString"] = parts.query
            event["requestContext"]["domainName"] = urlsplit(self.url).netloc
            answer = app.lambda_handler(event, None)
        return Reply(answer["statusCode"], answer.get("body", "").encode(), answer["headers"])

    def _route(self, method: str, path: str) -> tuple[str, ModuleType]:
        first = path.split("/")[1]
        if first == "buckets":
            return f"{method} /buckets/{{proxy+}}", self.resumable
        if first in ("v2", "v4"):
            return f"{method} {path}", self.query
        return f"POST /{first}/{{proxy+}}", self.resumable


@pytest.fixture
def door(functions: Functions) -> Iterator[FrontDoor]:
    served = FrontDoor(functions.load("resumable"), functions.load("query"))
    with loopback.serve(served) as url:
        served.url = url
        yield served


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(content(SIZE))
    return path


@pytest.fixture
def token(door: FrontDoor) -> Iterator[str]:
    # What the SDK finds out by itself: the host, from discovery.
    config = qiniu.config._config.copy()
    qiniu.set_default(default_uc_host=door.url, default_upload_threshold=BLOCK)
    yield qiniu.Auth("testak", "testsk").upload_token("demo", "a/好.mp4")
    qiniu.config._config.clear()
    qiniu.config._config.update(config)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_large_file_arrives_whole(
    functions: Functions, door: FrontDoor, file: Path, token: str, version: str, tmp_path: Path
) -> None:
    answer, info = qiniu.put_file_v2(
        token,
        "a/好.mp4",
        str(file),
        params={"x:a": "1"},
        metadata={"x-qn-meta-m1": "v1"},
        part_size=BLOCK,
        version=version,
        bucket_name="demo",
        upload_progress_recorder=qiniu.UploadProgressRecorder(str(tmp_path)),
    )
    assert info.status_code == 200, info
    assert answer == {"hash": qetag.of(file.read_bytes()), "key": "a/好.mp4", "x:a": "1"}
    stored = functions.aws.s3.objects["s3-demo", "a/好.mp4"]
    assert stored.body == file.read_bytes()
    assert stored.headers["content-type"] == "video/mp4"
    assert any("/v4/query" in path for path in door.paths)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_interrupted_upload_goes_on_from_its_own_record(
    functions: Functions, door: FrontDoor, file: Path, token: str, version: str, tmp_path: Path
) -> None:
    def upload() -> int:
        _, info = qiniu.put_file_v2(
            token,
            "a/好.mp4",
            str(file),
            part_size=BLOCK,
            version=version,
            bucket_name="demo",
            upload_progress_recorder=qiniu.UploadProgressRecorder(str(tmp_path)),
        )
        return int(info.status_code)

    door.fail_at = 4  # after discovery and two requests that were answered
    assert upload() == 400
    before = len(door.paths)
    assert upload() == 200
    parts = [path for path in door.paths[before:] if "mkblk" in path or path[-2:-1] == "/"]
    assert len(parts) < 4, door.paths
    assert functions.aws.s3.objects["s3-demo", "a/好.mp4"].body == file.read_bytes()
