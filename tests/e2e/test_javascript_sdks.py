"""The official Node SDK, and qiniu-js in a real Chromium, both unmodified."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import qiniu
from playwright.sync_api import Page

from tests.e2e import browser, node_packages, sample_file
from tests.e2e.conftest import Gateway
from tests.e2e.sample_file import MEGABYTE
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply

pytestmark = pytest.mark.e2e

PAGE = """<!doctype html><meta charset="utf-8"><title>upload</title>
<script src="/qiniu.min.js"></script><input type="file"><progress max="100" value="0"></progress>
<pre></pre><script>
const given = JSON.parse(decodeURIComponent(location.hash.slice(1)));
window.progress = [];
document.querySelector("input").addEventListener("change", (event) => {
  const config = {uphost: given.host, upprotocol: "http", disableStatisticsReport: true,
                  chunkSize: 4, forceDirect: given.forceDirect, checkByMD5: true};
  const extra = {fname: event.target.files[0].name, customVars: {"x:album": "7"},
                 metadata: {"x-qn-meta-from": "browser"}};
  qiniu.upload(event.target.files[0], given.key, given.token, extra, config).subscribe({
    next: ({total}) => { document.querySelector("progress").value = total.percent;
                         window.progress.push(total.percent); },
    error: (error) => { document.querySelector("pre").textContent = JSON.stringify({error: String(error), ...error}); },
    complete: (answer) => { document.querySelector("pre").textContent = JSON.stringify(answer); },
  });
});
</script>"""  # noqa: E501


@pytest.mark.parametrize(
    ("version", "size"),
    [("form", 100_000), ("v1", 9 * MEGABYTE), ("v2", 9 * MEGABYTE), ("v2", 20 * MEGABYTE + 3)],
)
def test_node_sdk_uploads_whole_files(
    gateway: Gateway, tmp_path: Path, version: str, size: int
) -> None:
    folder = node_packages.folder()
    path, key = tmp_path / "node.bin", f"node/{uuid.uuid4().hex}"
    digest = sample_file.make(path, size)
    arguments = [gateway.access_key, gateway.secret_key, gateway.bucket, key, str(path), version]
    done = subprocess.run(
        [node_packages.node(), "upload.cjs", urlsplit(gateway.url).netloc, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["status"] == 200, answer
    assert answer["body"]["key"] == key
    assert answer["body"]["hash"] == qiniu.etag(str(path))
    assert answer["body"]["album"] == "7"
    assert sample_file.digest_of(gateway.object(key)["Body"]) == digest


def upload_in_browser(
    gateway: Gateway, page: Page, path: Path, key: str, *, force_direct: bool = False, **policy: Any
) -> Any:
    """Pick the file on an app's page of another origin; what qiniu-js says at the end."""
    script = (node_packages.folder() / "node_modules/qiniu-js/dist/qiniu.min.js").read_bytes()

    def app_server(request: Received) -> Reply:
        if request.path == "/qiniu.min.js":
            return Reply(200, script, {"Content-Type": "text/javascript"})
        return Reply(200, PAGE.encode(), {"Content-Type": "text/html; charset=utf-8"})

    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    given = {
        "host": urlsplit(gateway.url).netloc,
        "key": key,
        "token": auth.upload_token(gateway.bucket, key, policy=policy),
        "forceDirect": force_direct,
    }
    with loopback.serve(app_server) as origin:
        page.goto(f"{origin}/#{json.dumps(given)}")
        page.locator("input").set_input_files(path)
        page.wait_for_function("document.querySelector('pre').textContent", timeout=120_000)
        return json.loads(page.locator("pre").text_content() or "")


@pytest.mark.browser
def test_qiniu_js_uploads_20_mb_in_parts_and_shows_progress(
    gateway: Gateway, tmp_path: Path
) -> None:
    path, key = tmp_path / "browser.bin", f"js/{uuid.uuid4().hex}"
    digest = sample_file.make(path, 20 * MEGABYTE)
    body = '{"key":$(key),"hash":$(etag),"album":$(x:album),"name":$(fname)}'
    with browser.page() as page:
        answer = upload_in_browser(gateway, page, path, key, returnBody=body)
        progress = page.evaluate("window.progress")
    assert answer == {
        "key": key,
        "hash": qiniu.etag(str(path)),
        "album": "7",
        "name": "browser.bin",
    }
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert len(set(progress)) > 4
    stored = gateway.object(key)
    assert sample_file.digest_of(stored["Body"]) == digest
    assert stored["Metadata"]["qn-from"] == "browser"


@pytest.mark.browser
def test_qiniu_js_uploads_a_small_file_as_a_form(gateway: Gateway, tmp_path: Path) -> None:
    path, key = tmp_path / "small.bin", f"js/{uuid.uuid4().hex}"
    sample_file.make(path, 100_000)
    with browser.page() as page:
        answer = upload_in_browser(gateway, page, path, key, force_direct=True)
    assert (answer["key"], answer["hash"]) == (key, qiniu.etag(str(path)))


@pytest.mark.browser
def test_qiniu_js_is_told_why_a_file_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    path, key = tmp_path / "refused.bin", f"js/{uuid.uuid4().hex}"
    sample_file.make(path, 5 * MEGABYTE)
    with browser.page() as page:
        answer = upload_in_browser(gateway, page, path, key, fsizeLimit=1000)
    assert answer["code"] == 413
    assert "fsizeLimit" in answer["data"]["error"]
