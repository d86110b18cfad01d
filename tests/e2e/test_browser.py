"""What a person sees and does, in a real Chromium: the demo page and a plain HTML form."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.e2e import browser
from tests.e2e.conftest import Gateway
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_media.ffmpeg_program import executable

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

# What only a whole upload or a conversion may take.
PATIENCE_MS = 60_000
WEB = Path(__file__).resolve().parents[2] / "web"
MARKUP = "<img src=x onerror=window.pwned=1>"


@pytest.fixture
def page() -> Iterator[Page]:
    with browser.page() as page:
        yield page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / f"照片 {uuid.uuid4().hex}.jpg"
    image = Image.new("RGB", (640, 480), "teal")
    exif = image.getexif()
    exif[0x0110] = MARKUP
    image.save(path, exif=exif)
    return path


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / f"song-{uuid.uuid4().hex}.aac"
    tone = ("-f", "lavfi", "-i", "sine=440:duration=2:sample_rate=48000")
    command = [executable(), "-v", "error", *tone, "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / f"large-{uuid.uuid4().hex}.bin"
    path.write_bytes(os.urandom(9_000_000))
    return path


def choose(page: Page, gateway: Gateway, *paths: Path, key: str = "") -> None:
    """Open the demo page and choose files in it."""
    page.goto(gateway.url)
    page.get_by_label("Key (optional)").fill(key)
    page.get_by_label("Drop files here, or choose them").set_input_files(paths)


def item(page: Page, path: Path) -> Locator:
    """What the page shows of one upload."""
    return page.get_by_label("Uploads").get_by_role("listitem").filter(has_text=path.name)


def stored(gateway: Gateway, key: str) -> bytes:
    content: bytes = gateway.object(key)["Body"].read()
    return content


def test_demo_page_uploads_a_file_and_shows_the_answer(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    choose(page, gateway, photo, key=photo.name)
    expect(page.get_by_label("The gateway’s answer")).to_contain_text(photo.name)
    assert stored(gateway, photo.name) == photo.read_bytes()


def test_demo_page_shows_a_refusal(gateway: Gateway, page: Page, tmp_path: Path) -> None:
    key = f"taken-{uuid.uuid4().hex}"
    path = tmp_path / "a.txt"
    for content in ("first", "second"):
        path.write_text(content)
        choose(page, gateway, path, key=key)
        expect(page.get_by_label("The gateway’s answer")).to_be_visible()
    expect(item(page, path)).to_contain_text("refused with status 614")
    expect(page.get_by_label("The gateway’s answer")).to_contain_text("file exists")
    expect(page.get_by_role("button", name="Try again a.txt")).to_be_visible()


def test_several_files_are_uploaded_each_under_its_own_name(
    gateway: Gateway, page: Page, tmp_path: Path
) -> None:
    folder = f"several-{uuid.uuid4().hex}"
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    for path in paths:
        path.write_text(f"content of {path.name}")
    choose(page, gateway, *paths, key=f"{folder}/$(fname)")
    for path in paths:
        expect(item(page, path)).to_contain_text("Stored")
        assert stored(gateway, f"{folder}/{path.name}") == path.read_bytes()


def test_dropped_file_is_uploaded(gateway: Gateway, page: Page) -> None:
    page.goto(gateway.url)
    key = f"dropped-{uuid.uuid4().hex}"
    page.get_by_label("Key (optional)").fill(key)
    data = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["dropped"], "d.txt"));
          return data;
        }"""
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    expect(page.get_by_label("Uploads")).to_contain_text("Stored")
    assert stored(gateway, key) == b"dropped"


def test_large_file_goes_in_parts_with_progress(gateway: Gateway, page: Page, large: Path) -> None:
    """9 MB are two parts of 4 MiB and a rest."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    seen: list[str] = []
    page.expose_function("seen", lambda text: seen.append(text))
    page.add_init_script(
        """new MutationObserver(() => {
          for (const state of document.querySelectorAll("#uploads .state")) seen(state.textContent);
        }).observe(document, {subtree: true, childList: true, characterData: true})"""
    )
    choose(page, gateway, large, key=large.name)
    expect(item(page, large)).to_contain_text("Stored", timeout=PATIENCE_MS)
    assert stored(gateway, large.name) == large.read_bytes()
    parts = sorted(line.rpartition("/")[2] for line in sent if line.startswith("PUT "))
    assert parts == ["1", "2", "3"]
    assert any(re.fullmatch(r".+ of 8\.6 MiB · .+/s · \d+ s left", text) for text in seen), seen


def test_refusal_of_a_large_file_is_asked_for_once(
    gateway: Gateway, page: Page, large: Path
) -> None:
    choose(page, gateway, large, key=large.name)
    expect(item(page, large)).to_contain_text("Stored", timeout=PATIENCE_MS)
    large.write_bytes(os.urandom(5_000_000))
    with page.expect_response(lambda response: response.status == 614) as refused:
        choose(page, gateway, large, key=large.name)
    again: list[str] = []
    page.on("request", lambda request: again.append(request.url))
    expect(item(page, large)).to_contain_text("refused with status 614")
    page.wait_for_timeout(1500)  # the first pause before another attempt is a second
    assert refused.value.url not in again


def test_empty_file_is_uploaded(gateway: Gateway, page: Page, tmp_path: Path) -> None:
    path = tmp_path / f"empty-{uuid.uuid4().hex}.txt"
    path.touch()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    choose(page, gateway, path, key=path.name)
    expect(item(page, path)).to_contain_text("Stored")
    assert (stored(gateway, path.name), errors) == (b"", [])


@pytest.mark.parametrize("reload", [False, True])
def test_cancelled_upload_resumes_from_the_parts_that_are_there(
    gateway: Gateway, page: Page, large: Path, reload: bool
) -> None:
    answered: list[str] = []
    held = True

    def hold_the_last_part(route: Route) -> None:
        if not held:
            route.continue_()

    def note(response: Response) -> None:
        if response.request.method == "PUT" and response.ok:
            answered.append(response.url.rpartition("/")[2])

    page.route("**/uploads/*/3", hold_the_last_part)
    page.on("response", note)
    choose(page, gateway, large, key=large.name)
    while len(answered) < 2:
        page.wait_for_timeout(50)
    page.get_by_role("button", name=f"Cancel {large.name}").click()
    expect(item(page, large)).to_contain_text("Cancelled")
    held = False
    if reload:
        choose(page, gateway, large, key=large.name)
    else:
        page.get_by_role("button", name=f"Resume {large.name}").click()
    expect(item(page, large)).to_contain_text("Stored", timeout=PATIENCE_MS)
    assert sorted(answered) == ["1", "2", "3"]
    assert stored(gateway, large.name) == large.read_bytes()


def test_part_is_sent_again_after_a_failure_of_the_server(
    gateway: Gateway, page: Page, large: Path
) -> None:
    failures = [503, 599]
    page.route(
        "**/uploads/*/2",
        lambda route: route.fulfill(status=failures.pop()) if failures else route.continue_(),
    )
    choose(page, gateway, large, key=large.name)
    expect(item(page, large)).to_contain_text("Stored", timeout=PATIENCE_MS)
    assert stored(gateway, large.name) == large.read_bytes()


def test_thumbnail_and_exif_of_a_picture_are_shown(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    choose(page, gateway, photo, key=photo.name)
    thumbnail = page.get_by_role("img", name=f"Thumbnail of {photo.name}")
    expect(thumbnail).to_have_js_property("naturalWidth", 320, timeout=PATIENCE_MS)
    expect(item(page, photo)).to_contain_text("width640")
    expect(item(page, photo)).to_contain_text(f"Model{MARKUP}")


def test_text_of_other_peoples_files_is_never_markup(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    path = photo.rename(photo.with_name(f"<b>{uuid.uuid4().hex}.jpg"))
    choose(page, gateway, path, key="$(fname)")
    expect(item(page, path)).to_contain_text(f"Model{MARKUP}", timeout=PATIENCE_MS)
    assert page.locator("#uploads b").count() == 0
    assert page.evaluate("window.pwned") is None


def test_sound_is_converted_and_can_be_listened_to(
    gateway: Gateway, page: Page, song: Path
) -> None:
    answers = [{"status": 202, "headers": {"Retry-After": "1"}, "body": "{}"}]
    page.route(
        "**/*?avthumb/**",
        lambda route: route.fulfill(**answers.pop()) if answers else route.continue_(),
    )
    choose(page, gateway, song, key=song.name)
    page.get_by_role("button", name="Listen as MP3").click()
    expect(item(page, song)).to_contain_text("Converting for 0 s")
    player = page.get_by_label(f"{song.name} as MP3")
    expect(player).to_be_visible(timeout=PATIENCE_MS)
    player.evaluate("(audio) => { audio.preload = 'auto'; }")
    page.wait_for_function("document.querySelector('audio').duration > 1.9")


def test_job_of_the_token_is_followed_to_its_results(
    gateway: Gateway, page: Page, song: Path
) -> None:
    """A token with persistentOps, as an operator's preset would give it."""
    policy = {"scope": gateway.bucket, "persistentOps": "avthumb/mp3/ab/64k;nothing/at/all"}
    pair = KeyPair(gateway.access_key, gateway.secret_key)
    token = upload_token.sign(json.dumps(policy).encode(), pair)
    page.route(
        "**/token", lambda route: route.fulfill(json={"token": token, "upload_url": gateway.url})
    )
    choose(page, gateway, song, key=song.name)
    player = page.get_by_label("Result of avthumb/mp3/ab/64k")
    expect(player).to_be_visible(timeout=PATIENCE_MS)
    expect(item(page, song)).to_contain_text("unknown command nothing")
    page.wait_for_function("document.querySelector('audio').duration > 1.9")


def test_plain_form_of_the_demo_page_comes_back_by_redirect(
    gateway: Gateway, page: Page, photo: Path
) -> None:
    page.goto(gateway.url)
    page.get_by_role("tab", name="As a plain form").click()
    expect(page.get_by_label("Upload token")).not_to_have_value("")
    page.locator("#plain-file").set_input_files(photo)
    with page.expect_response(lambda response: response.request.method == "POST") as posted:
        page.get_by_role("button", name="Send").click()
    assert posted.value.status == 301
    expect(page.get_by_label("What came back")).to_contain_text(photo.name)


def test_tabs_are_changed_by_the_keyboard_and_show_one_part_each(
    gateway: Gateway, page: Page
) -> None:
    page.goto(gateway.url)
    app, form = (page.get_by_role("tab", name=name) for name in ("As an app", "As a plain form"))
    expect(page.locator("#form")).to_be_hidden()
    app.press("ArrowRight")
    expect(form).to_be_focused()
    expect(form).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Upload token")).to_be_visible()
    expect(page.locator("#app")).to_be_hidden()


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
    assert answer == {"name": photo.name, "album": "7", "w": 640}
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


def test_demo_page_works_from_a_static_host(
    gateway: Gateway, page: Page, photo: Path, large: Path
) -> None:
    """One line is changed, the one that docs/wiring/browser.md names."""
    here, there = 'name="token-url" content="/token"', f"{gateway.url}/token"
    text = (WEB / "index.html").read_text()
    assert here in text
    html = text.replace(here, f'name="token-url" content="{there}"').encode()
    headers = {"Content-Type": "text/html; charset=utf-8"}
    with loopback.serve(lambda _: Reply(200, html, headers)) as origin:
        page.goto(origin)
        expect(page.get_by_label("Upload token")).not_to_have_value("")
        page.get_by_label("Drop files here, or choose them").set_input_files([photo, large])
        expect(item(page, photo)).to_contain_text("Model", timeout=PATIENCE_MS)
        expect(item(page, large)).to_contain_text("Stored", timeout=PATIENCE_MS)
        assert page.locator("#plain").get_attribute("action") == f"{gateway.url}/"


def test_demo_page_without_a_token_endpoint_says_so(page: Page) -> None:
    html = (WEB / "index.html").read_bytes()

    def static(request: Received) -> Reply:
        is_page = request.method == "GET"
        return Reply(
            200 if is_page else 404, html if is_page else b"", {"Content-Type": "text/html"}
        )

    with loopback.serve(static) as origin:
        page.goto(origin)
        expect(page.get_by_text("No upload token: refused with status 404.")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1000])
def test_demo_page_needs_no_sideways_scrolling(gateway: Gateway, photo: Path, width: int) -> None:
    with browser.page(width) as page:
        page.goto(gateway.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        choose(page, gateway, photo, key=f"{'long' * 30}/$(fname)")
        expect(item(page, photo)).to_contain_text("Model", timeout=PATIENCE_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
