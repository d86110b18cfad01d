"""The three parties of the seed documents: client, app server, callback server.

The app server and the callback server are examples/business_server, as a process. Field names,
policies and answers are those of seed 000 (a client and a message), seed 001 (a web page) and seed
002 (a form, a redirect).
"""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import qiniu
import requests
from PIL import Image
from playwright.sync_api import expect

from tests.e2e import browser, python_sdk, sample_server
from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

KODO_TIME = timezone(timedelta(hours=8))  # the default of the stack's TimeZoneOffset
UID = "123"


@dataclass(frozen=True, slots=True)
class Business:
    """The sample server, and what it has kept."""

    url: str
    folder: Path

    def log_in(self, uid: str = UID) -> requests.Session:
        """A client whose session is `uid`'s."""
        session = requests.Session()
        session.post(f"{self.url}/login", data={"uid": uid}, timeout=10).raise_for_status()
        return session

    def token(self, path: str = "/token", uid: str = UID) -> str:
        """Steps 1 and 2 of seed 000: the client asks, the app server signs."""
        with self.log_in(uid) as client:
            token: str = client.get(self.url + path, timeout=10).json()["token"]
            return token

    def kept(self) -> list[dict[str, Any]]:
        """The fields of every callback that it has accepted, in order."""
        with closing(sqlite3.connect(self.folder / "business.sqlite3")) as database:
            rows = database.execute("SELECT fields FROM uploads ORDER BY rowid").fetchall()
        return [json.loads(row[0]) for row in rows]


def environment(gateway: Gateway) -> dict[str, str]:
    return {
        "UPGATE_URL": gateway.url,
        "UPGATE_BUCKET": gateway.bucket,
        "UPGATE_ACCESS_KEY": gateway.access_key,
        "UPGATE_SECRET_KEY": gateway.secret_key,
    }


@pytest.fixture
def business(gateway: Gateway, tmp_path: Path) -> Iterator[Business]:
    with sample_server.running(environment(gateway), tmp_path) as url:
        yield Business(url, tmp_path)


def photo() -> bytes:
    content = io.BytesIO()
    colour = uuid.uuid4().bytes
    Image.new("RGB", (64, 48), (colour[0], colour[1], colour[2])).save(content, "PNG")
    return content.getvalue()


# Seed 000.


def test_client_of_seed_000_gets_the_callback_servers_answer(
    gateway: Gateway, business: Business
) -> None:
    content = f"hello {uuid.uuid4()}".encode()
    with python_sdk.pointed_at(gateway.url):
        ret, info = qiniu.put_data(business.token(), None, content, fname="hello-qiniu.txt")
    assert ret == {"filename": "hello-qiniu.txt", "uid": "123", "msg": "ok"}
    assert info.status_code == 200
    assert business.kept() == [{"name": "hello-qiniu.txt", "uid": "123"}]


def test_answer_has_the_headers_that_seed_000_shows(gateway: Gateway, business: Business) -> None:
    files = {"file": ("hello-qiniu.txt", uuid.uuid4().bytes)}
    answer = requests.post(gateway.url, {"token": business.token()}, files=files, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["X-Reqid"]
    assert answer.headers["X-Log"]


def test_policy_exactly_as_seed_000_writes_it_is_carried_out(
    gateway: Gateway, business: Business
) -> None:
    """With the brace that is one too many in its callbackBody: text of a template stays."""
    policy = {
        "callbackUrl": f"{business.url}/callback/message",
        "callbackBody": "name=$(fname)}&uid=" + UID,
    }
    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    token = auth.upload_token(gateway.bucket, policy=policy)
    with python_sdk.pointed_at(gateway.url):
        ret, _ = qiniu.put_data(token, None, uuid.uuid4().bytes, fname="hello-qiniu.txt")
    assert ret == {"filename": "hello-qiniu.txt}", "uid": "123", "msg": "ok"}


def test_user_id_that_looks_like_more_fields_stays_one_field(
    gateway: Gateway, business: Business
) -> None:
    uid = "1&name=other=%41+照"
    with python_sdk.pointed_at(gateway.url):
        ret, _ = qiniu.put_data(business.token(uid=uid), None, uuid.uuid4().bytes, fname="a.txt")
    assert ret == {"filename": "a.txt", "uid": uid, "msg": "ok"}


def test_token_is_given_to_those_only_who_are_logged_in(business: Business) -> None:
    answer = requests.get(f"{business.url}/token", timeout=10)
    assert (answer.status_code, answer.json()) == (401, {"error": "log in first"})


def test_photo_is_told_of_in_json(gateway: Gateway, business: Business) -> None:
    token = business.token("/token/photo")
    with python_sdk.pointed_at(gateway.url):
        ret, _ = qiniu.put_data(
            token, None, photo(), fname="me.png", mime_type="image/png", params={"x:album": "7"}
        )
    fields = {"name": "me.png", "uid": "123", "album": "7", "width": 64, "height": 48}
    assert ret == {"photo": fields, "msg": "ok"}


# Seed 001.


def test_page_of_seed_001_uploads_and_shows_the_picture(
    gateway: Gateway, business: Business, tmp_path: Path
) -> None:
    path = tmp_path / "照片 1.png"
    path.write_bytes(photo())
    with browser.page() as page:
        page.goto(f"{business.url}/up")
        page.get_by_label("File").set_input_files(path)
        before = datetime.now(KODO_TIME).replace(microsecond=0)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("status")).to_contain_text("success: ", timeout=60_000)
        after = datetime.now(KODO_TIME)
        key = page.get_by_role("status").inner_text().removeprefix("success: ")
        page.wait_for_function("document.querySelector('#preview img').naturalWidth === 64")
    stamp, name = re.fullmatch(r"(\d{14})(.*)", key).groups()  # type: ignore[union-attr]
    taken = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=KODO_TIME)
    assert name == path.name
    assert before <= taken <= after
    assert gateway.object(key)["Body"].read() == path.read_bytes()
    assert business.kept() == [{"filename": key, "filesize": str(path.stat().st_size)}]


def test_answer_of_seed_001_is_the_callbacks_and_not_the_return_body(
    gateway: Gateway, business: Business
) -> None:
    page = requests.get(f"{business.url}/up", timeout=10).text
    token = re.search(r'name="token" type="hidden" value="([^"]+)"', page)
    assert token is not None
    files = {"file": ("a.txt", b"seed 001")}
    answer = requests.post(gateway.url, {"token": token[1]}, files=files, timeout=60)
    told = answer.json()
    assert re.fullmatch(r"\d{14}a\.txt", told.pop("key"))
    assert told == {"size": "8", "message": "success"}


# Seed 002: the form and the redirect.


def test_plain_form_comes_back_to_the_business_server(
    gateway: Gateway, business: Business, tmp_path: Path
) -> None:
    path = tmp_path / "a <b>.txt"
    path.write_bytes(uuid.uuid4().bytes)
    with browser.page() as page:
        page.goto(f"{business.url}/form")
        page.get_by_label("File").set_input_files(path)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("heading")).to_have_text("Uploaded", timeout=60_000)
        told = json.loads(page.locator("pre").inner_text())
        query = parse_qs(urlsplit(page.url).query)
    assert (told["name"], told["album"]) == (path.name, "7")
    assert json.loads(base64.urlsafe_b64decode(query["upload_ret"][0])) == told
    assert gateway.object(told["key"])["Body"].read() == path.read_bytes()


# What the callback server refuses, and what it does once.


def recorded(gateway: Gateway, business: Business) -> dict[str, Any]:
    """A callback as the gateway sent it, for sending it again."""
    from tests.fakes import loopback
    from tests.fakes.loopback import Received, Reply

    received: list[Received] = []

    def relay(request: Received) -> Reply:
        received.append(request)
        return Reply(200, b"{}")

    origin = urlsplit(business.url)
    with loopback.serve(relay) as recorder:
        policy = {
            "callbackUrl": f"{recorder}/callback/photo",
            "callbackBody": '{"name":$(fname)}',
            "callbackBodyType": "application/json",
        }
        auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
        token = auth.upload_token(gateway.bucket, policy=policy)
        files = {"file": ("a.txt", uuid.uuid4().bytes)}
        requests.post(gateway.url, {"token": token}, files=files, timeout=60).raise_for_status()
    headers = dict(received[0].headers) | {"host": origin.netloc}
    return {"data": received[0].body, "headers": headers}


def send(business: Business, call: dict[str, Any]) -> requests.Response:
    return requests.post(f"{business.url}/callback/photo", **call, timeout=10)


def test_delivery_that_comes_twice_is_worked_on_once(gateway: Gateway, business: Business) -> None:
    call = recorded(gateway, business)
    first, second = send(business, call), send(business, call)
    assert (first.status_code, first.content) == (200, second.content)
    assert business.kept() == [{"name": "a.txt"}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "QBox e2e-access-key:AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-id", "another"),
        ("webhook-timestamp", "1700000000"),
        ("x-upgate-delivery", "another"),
    ],
)
def test_callback_with_a_changed_header_is_refused(
    gateway: Gateway, business: Business, name: str, value: str
) -> None:
    call = recorded(gateway, business)
    call["headers"][name] = value
    assert send(business, call).status_code == 401
    assert business.kept() == []


def test_json_callback_with_a_changed_body_is_refused(gateway: Gateway, business: Business) -> None:
    """Kodo's own signature would not notice: it does not cover JSON."""
    call = recorded(gateway, business)
    call["data"] = call["data"].replace(b"a.txt", b"b.txt")
    assert send(business, call).status_code == 401
    assert business.kept() == []
