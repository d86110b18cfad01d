"""The wiring guides' code does what the guides say (docs/wiring)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import qiniu
from playwright.sync_api import Page

from tests.e2e import browser, guide_code, node_packages, sample_file
from tests.e2e.conftest import Gateway
from tests.e2e.sample_file import MEGABYTE
from tests.fakes import loopback
from tests.fakes.loopback import Reply

pytestmark = pytest.mark.e2e

NUMBERS = (400, 401, 403, 404, 405, 406, 413, 579, 599, 612, 614, 631, 701)
PLATFORMS = sorted(
    path.name for path in guide_code.FOLDER.glob("*.md") if path.stem not in ("README", "errors")
)
ROOT = guide_code.FOLDER.parents[1]
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the guides upload."""
    (tmp_path / "hello.txt").write_bytes(b"hello")
    sample_file.make(tmp_path / "small.bin", MEGABYTE)
    sample_file.make(tmp_path / "large.bin", 9 * MEGABYTE)
    return tmp_path


def run(command: list[str], folder: Path, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"JWT": "any: /token is open here"} | env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def remove(gateway: Gateway, *keys: str) -> None:
    """Tokens of the guides insert only, and two guides use the same names."""
    for key in keys:
        gateway.aws("s3").delete_object(Bucket=gateway.resource("UploadBucket"), Key=key)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_guide_prints_the_answer_that_stands_below(gateway: Gateway, folder: Path) -> None:
    [code] = guide_code.blocks("curl.md", gateway)
    printed = run(["/bin/sh", "-c", code.text], folder)
    assert printed == code.answer.rstrip("\n")
    assert gateway.object("notes/hello.txt")["Body"].read() == b"hello"


def test_python_guide_uploads_a_form_and_parts(gateway: Gateway, folder: Path) -> None:
    remove(gateway, "small.bin", "large.bin")
    [code] = guide_code.blocks("python.md", gateway)
    assert run([sys.executable, "-c", code.text], folder) == code.answer
    check_stored(gateway, folder)


def test_node_guide_uploads_a_form_and_parts(gateway: Gateway, folder: Path) -> None:
    remove(gateway, "small.bin", "large.bin")
    modules = node_packages.folder() / "node_modules"
    [code] = guide_code.blocks("node.md", gateway)
    command = [node_packages.node(), "-e", code.text]
    assert run(command, folder, NODE_PATH=str(modules)) == code.answer
    check_stored(gateway, folder)


def check_stored(gateway: Gateway, folder: Path) -> None:
    for name in ("small.bin", "large.bin"):
        path = folder / name
        assert gateway.object(name)["Metadata"]["upgate-etag"] == qiniu.etag(str(path))


def test_guides_versions_are_those_that_were_run() -> None:
    packages = json.loads((node_packages.FOLDER / "package.json").read_text())["dependencies"]
    for page, sdk, version in (
        ("python.md", "qiniu", qiniu.__version__),
        ("node.md", "qiniu", packages["qiniu"]),
        ("browser.md", "qiniu-js", packages["qiniu-js"]),
    ):
        assert f"`{sdk}` {version}" in (guide_code.FOLDER / page).read_text()


# In a browser.


@contextmanager
def app_page(gateway: Gateway, *scripts: str) -> Iterator[Page]:
    """A page of another origin, which has the guide's functions."""
    with (
        loopback.serve(lambda _: Reply(200, b"<!doctype html><title>app</title>", HTML)) as origin,
        browser.page() as page,
    ):
        page.goto(origin)
        for script in scripts:
            page.add_script_tag(content=script)
        for code in guide_code.blocks("browser.md", gateway):
            page.add_script_tag(content=code.text)
        yield page


@pytest.mark.browser
def test_browser_guides_fetch_uploads(gateway: Gateway) -> None:
    with app_page(gateway) as page:
        told = page.evaluate("upload(new File(['from fetch'], 'a.txt'), 'jwt')")
    assert (told["x:album"], told["key"]) == ("7", told["hash"])
    assert gateway.object(told["key"])["Body"].read() == b"from fetch"


@pytest.mark.browser
def test_browser_guides_fetch_tells_the_number_and_the_request(gateway: Gateway) -> None:
    with app_page(gateway) as page:
        page.route("**/token", lambda route: route.fulfill(json={
            "token": "not:a:token", "upload_url": gateway.url,
        }, headers={"Access-Control-Allow-Origin": "*"}))  # fmt: skip
        told = page.evaluate(
            "upload(new File(['x'], 'a.txt'), 'jwt').catch(({status, reqid}) => [status, reqid])"
        )
    assert told[0] == 401
    assert len(told[1]) == 16


@pytest.mark.browser
def test_browser_guides_xhr_tells_how_far_it_is(gateway: Gateway) -> None:
    token = qiniu.Auth(gateway.access_key, gateway.secret_key).upload_token(gateway.bucket)
    with app_page(gateway) as page:
        told, progress = page.evaluate(
            """async ([url, token]) => {
              const progress = [];
              const file = new File([new Uint8Array(3_000_000)], "a.bin");
              const note = (part) => progress.push(part);
              const told = await uploadWithProgress(url, token, file, note);
              return [told, progress];
            }""",
            [gateway.url, token],
        )
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert len(gateway.object(told["key"])["Body"].read()) == 3_000_000


@pytest.mark.browser
@pytest.mark.parametrize("size", [1_000_000, 9_000_000])
def test_browser_guides_qiniu_js_uploads_any_size(gateway: Gateway, size: int) -> None:
    sdk = node_packages.folder() / "node_modules/qiniu-js/dist/qiniu.min.js"
    key = f"guide/{uuid.uuid4().hex}"
    token = qiniu.Auth(gateway.access_key, gateway.secret_key).upload_token(gateway.bucket, key)
    with app_page(gateway, sdk.read_text()) as page:
        told = page.evaluate(
            """async ([token, key, size]) => {
              const file = new File([new Uint8Array(size)], "a.bin");
              return await uploadAnySize(token, key, file, () => {});
            }""",
            [token, key, size],
        )
    assert (told["key"], told["x:album"]) == (key, "7")
    assert len(gateway.object(key)["Body"].read()) == size


@pytest.mark.browser
def test_form_guide_comes_back_with_upload_ret(gateway: Gateway, folder: Path) -> None:
    [code] = guide_code.blocks("form.md", gateway)
    form = ""
    with loopback.serve(lambda _: Reply(200, form.encode(), HTML)) as origin:
        policy = {"returnUrl": f"{origin}/done", "returnBody": '{"album":$(x:album)}'}
        auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
        form = code.text.replace("TOKEN", auth.upload_token(gateway.bucket, policy=policy))
        with browser.page() as page:
            page.goto(origin)
            page.get_by_label("File").set_input_files(folder / "hello.txt")
            page.get_by_role("button", name="Upload").click()
            page.wait_for_url("**/done?**")
            url = page.url
    assert qiniu.urlsafe_base64_decode(url.partition("upload_ret=")[2]) == b'{"album":"7"}'


# What the pages say of themselves.


def test_every_number_is_explained() -> None:
    rows = (guide_code.FOLDER / "errors.md").read_text()
    assert [int(row) for row in re.findall(r"^\| (\d{3}) \|", rows, re.MULTILINE)] == sorted(
        {200, 414, 429, *NUMBERS}
    )


@pytest.mark.parametrize("page", PLATFORMS)
def test_page_says_what_was_done_with_its_code(page: str) -> None:
    text = (guide_code.FOLDER / page).read_text()
    index = (guide_code.FOLDER / "README.md").read_text()
    [row] = [line for line in index.splitlines() if f"]({page}) |" in line]
    for said, code in (("test_wiring.py", "<!-- run -->"), ("tests/sdk/", "<!-- from tests/sdk/")):
        assert (said in text) == (code in text) == (said in row), said
    was_run = "test_wiring.py" in row or "tests/sdk/" in row
    assert was_run or re.search(r"\*\*(Not compiled|Run by hand|type-checked by hand)", text)


@pytest.mark.parametrize("page", PLATFORMS)
def test_page_quotes_the_file_that_is_run(page: str) -> None:
    text = (guide_code.FOLDER / page).read_text()
    quoted = re.findall(r"<!-- from (\S+) -->\n```\w*\n(.*?)```\n", text, re.S)
    assert len(quoted) == text.count("<!-- from ")
    for source, code in quoted:
        assert code == (ROOT / source).read_text(), f"{page} quotes another {source}"
