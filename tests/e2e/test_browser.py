"""What a person sees and does, in a real Chromium: the demo page and a plain HTML form."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import browser
from tests.e2e.conftest import Gateway
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate import upload_token
from upgate.keys import KeyPair

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def page() -> Iterator[Page]:
    with browser.page() as page:
        yield page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / f"照片 {uuid.uuid4().hex}.jpg"
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


def test_demo_page_uploads_a_file_and_shows_the_answer(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    page.goto(gateway.url)
    page.get_by_label("Key (optional)").fill(photo.name)
    page.locator("#app-file").set_input_files(photo)
    page.get_by_role("button", name="Upload").click()
    answer = page.get_by_label("The gateway's answer")
    expect(answer).to_contain_text(photo.name)
    assert gateway.object(photo.name)["Body"].read() == photo.read_bytes()


def test_demo_page_shows_a_refusal(gateway: Gateway, page: Page, tmp_path: Path) -> None:
    key = f"taken-{uuid.uuid4().hex}"
    for content in (b"first", b"second"):
        path = tmp_path / "a.txt"
        path.write_bytes(content)
        page.goto(gateway.url)
        page.get_by_label("Key (optional)").fill(key)
        page.locator("#app-file").set_input_files(path)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_label("The gateway's answer")).to_be_visible()
    expect(page.get_by_label("The gateway's answer")).to_contain_text("file exists")


def test_form_of_another_origin_is_followed_to_its_return_url(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    """Seed 002's HTML form: token, key and custom fields hidden, then a 301 to the app's page."""
    key = f"form/{uuid.uuid4().hex}.jpg"
    html = ""

    def app_server(request: Received) -> Reply:
        if request.path.startswith("/done"):
            return Reply(200, b"thanks", {"Content-Type": "text/html; charset=utf-8"})
        return Reply(200, html.encode(), {"Content-Type": "text/html; charset=utf-8"})

    with loopback.serve(app_server) as origin:
        policy = {
            "scope": gateway.bucket,
            "returnUrl": f"{origin}/done?from=form",
            "returnBody": '{"name":$(fname),"album":$(x:album),"w":$(imageInfo.width)}',
        }
        pair = KeyPair(gateway.access_key, gateway.secret_key)
        token = upload_token.sign(json.dumps(policy).encode(), pair)
        html = f"""<form method="post" action="{gateway.url}/" enctype="multipart/form-data">
          <input name="key" type="hidden" value="{key}">
          <input name="x:album" type="hidden" value="7">
          <input name="token" type="hidden" value="{token}">
          <input name="file" type="file"><button>send</button></form>"""
        page.goto(f"{origin}/form")
        page.locator("input[type=file]").set_input_files(photo)
        page.get_by_role("button", name="send").click()
        page.wait_for_url("**/done?**")
        query = parse_qs(urlsplit(page.url).query)
    answer = json.loads(base64.urlsafe_b64decode(query["upload_ret"][0]))
    assert answer == {"name": photo.name, "album": "7", "w": 64}
    assert query["from"] == ["form"]
    assert gateway.object(key)["Body"].read() == photo.read_bytes()


def test_script_of_another_origin_may_upload(gateway: Gateway, page: Page) -> None:
    """CORS end to end: fetch with FormData, as seed 001's page does."""
    with loopback.serve(
        lambda _: Reply(200, b"<p>app", {"Content-Type": "text/html; charset=utf-8"})
    ) as origin:
        page.goto(origin)
        answer = page.evaluate(
            """async (url) => {
              const given = await (await fetch(url + "/token", {method: "POST"})).json();
              const form = new FormData();
              form.append("token", given.token);
              form.append("file", new Blob(["from a script"]), "a.txt");
              const answer = await fetch(given.upload_url, {method: "POST", body: form});
              return [answer.status, answer.headers.get("X-Reqid"), await answer.json()];
            }""",
            gateway.url,
        )
    assert answer[0] == 200
    assert len(answer[1]) == 16
    assert answer[2]["key"] == answer[2]["hash"]


@pytest.mark.parametrize("width", [390, 1000])
def test_demo_page_needs_no_sideways_scrolling(gateway: Gateway, width: int) -> None:
    with browser.page(width) as page:
        page.goto(gateway.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
