"""Eight clients at once: what one was answered, no other one undoes."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import qiniu
import requests

from tests.e2e import business_server
from tests.e2e.conftest import Gateway
from tests.resumable_client import b64

pytestmark = [
    pytest.mark.e2e,
    # The SDK's own way to sign the time.
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

CROWD = 8
SECONDS = 60.0
MIB = 1024 * 1024
STYLE = "imageView2/2/w/10"


def at_once[T](calls: Sequence[Callable[[], T]]) -> list[T]:
    """Let go of all at the same moment; bounded, so that a crowd that hangs is a failure."""
    start = threading.Barrier(len(calls))

    def go(call: Callable[[], T]) -> T:
        start.wait(SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(go, call) for call in calls]
        return [future.result(SECONDS) for future in futures]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clients and an admin of one gateway, under names of this test's own."""

    gateway: Gateway
    auth: qiniu.Auth
    prefix: str

    def admin(self, path: str) -> requests.Response:
        """One call that the secret key signed."""
        signature = self.auth.token(f"{path}\n")
        headers = {"Authorization": f"QBox {signature}"}
        return requests.post(f"{self.gateway.url}{path}", headers=headers, timeout=SECONDS)

    def change(self, call: str, *names: str) -> int:
        """A management call on objects; its status."""
        entries = "/".join(b64(f"{self.gateway.bucket}:{self.prefix}{name}") for name in names)
        return self.admin(f"/{call}/{entries}").status_code

    def upload(self, name: str, content: bytes, **policy: Any) -> int:
        """A form that may overwrite; its status."""
        key = self.prefix + name
        token = self.auth.upload_token(self.gateway.bucket, key, policy=policy, strict_policy=False)
        return requests.post(
            self.gateway.url,
            data={"token": token, "key": key},
            files={"file": ("f", content)},
            timeout=SECONDS,
        ).status_code

    def content(self, name: str) -> bytes | None:
        """What lies in S3."""
        try:
            found = self.gateway.object(self.prefix + name)
        except self.gateway.aws("s3").exceptions.NoSuchKey:
            return None
        body: bytes = found["Body"].read()
        return body


@pytest.fixture
def crowd(gateway: Gateway) -> Crowd:
    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    return Crowd(gateway, auth, f"crowd/{uuid.uuid4().hex}/")


@pytest.fixture
def settings(crowd: Crowd) -> Iterator[str]:
    """The bucket's settings, as they were afterwards."""
    bucket = crowd.gateway.bucket
    before = crowd.admin(f"/info/{bucket}").json()
    yield bucket
    crowd.admin(f"/private/{bucket}/private/{before['private']}")
    for name in crowd.admin(f"/info/{bucket}").json()["styles"].keys() - before["styles"].keys():
        crowd.admin(f"/unstyle/{bucket}/name/{b64(name)}")


def test_bucket_that_is_closed_beside_new_styles_stays_closed_with_all_of_them(
    crowd: Crowd, settings: str
) -> None:
    def add(number: int) -> list[int]:
        paths = [
            f"/style/{settings}/name/{b64(f'crowd-{number}-{turn}')}/style/{b64(STYLE)}"
            for turn in range(3)
        ]
        return [crowd.admin(path).status_code for path in paths]

    def close() -> list[int]:
        return [crowd.admin(f"/private/{settings}/private/1").status_code]

    calls: list[Callable[[], list[int]]] = [lambda n=n: add(n) for n in range(CROWD - 1)]  # type: ignore[misc]
    answers = at_once([*calls, close])
    assert {status for each in answers for status in each} == {200}
    after = crowd.admin(f"/info/{settings}").json()
    assert after["private"] == 1
    assert sum(name.startswith("crowd-") for name in after["styles"]) == 3 * (CROWD - 1)


def test_upload_that_was_answered_is_where_it_was_put_or_where_it_was_moved(crowd: Crowd) -> None:
    for turn in range(3):
        names = [f"{turn}-{number}" for number in range(CROWD // 2)]
        assert {crowd.upload(name, b"old") for name in names} == {200}
        moves = [lambda n=n: crowd.change("move", n, f"{n}-moved") for n in names]
        uploads = [lambda n=n: crowd.upload(n, f"new {n}".encode()) for n in names]
        assert set(at_once([*moves, *uploads])) == {200}
        for name in names:
            new = f"new {name}".encode()
            assert new in (crowd.content(name), crowd.content(f"{name}-moved"))


def test_type_that_is_changed_beside_an_upload_brings_no_old_content_back(crowd: Crowd) -> None:
    names = [f"chgm-{number}" for number in range(CROWD // 2)]
    assert {crowd.upload(name, b"old") for name in names} == {200}

    def change(name: str) -> int:
        entry = b64(f"{crowd.gateway.bucket}:{crowd.prefix}{name}")
        return crowd.admin(f"/chgm/{entry}/mime/{b64('image/png')}").status_code

    changes = [lambda n=n: change(n) for n in names]
    uploads = [lambda n=n: crowd.upload(n, b"new") for n in names]
    assert set(at_once([*changes, *uploads])) == {200}
    assert {crowd.content(name) for name in names} == {b"new"}


@pytest.mark.parametrize(("call", "others"), [("move", 612), ("delete", 612), ("copy", 614)])
def test_of_eight_that_take_one_name_one_has_it(crowd: Crowd, call: str, others: int) -> None:
    # As many functions at work as are needed: a start of eight can outlast a call's own time.
    at_once([lambda: crowd.change("stat", "nothing")] * CROWD)
    names = ["one", *(f"from-{number}" for number in range(CROWD))]
    for name in names:
        assert crowd.upload(name, name.encode()) == 200
    if call == "delete":
        calls = [lambda: crowd.change("delete", "one")] * CROWD
    elif call == "move":
        calls = [lambda n=n: crowd.change("move", "one", f"to-{n}") for n in range(CROWD)]  # type: ignore[misc]
    else:
        calls = [lambda n=n: crowd.change("copy", n, "target") for n in names[1:]]  # type: ignore[misc]
    statuses = at_once(calls)
    assert Counter(statuses) == {200: 1, others: CROWD - 1}
    if call == "copy":
        winner = names[1 + statuses.index(200)]
        assert crowd.content("target") == winner.encode()
    else:
        assert crowd.content("one") is None


class Multipart:
    """One v2 upload whose parts are there: `lists` are eight ways to complete it."""

    def __init__(self, crowd: Crowd, policy: dict[str, Any]) -> None:
        key = crowd.prefix + "multipart"
        gateway = crowd.gateway
        token = crowd.auth.upload_token(gateway.bucket, key, policy=policy, strict_policy=False)
        self.headers = {"Authorization": f"UpToken {token}"}
        self.url = f"{gateway.url}/buckets/{gateway.bucket}/objects/{b64(key)}/uploads"
        self.url += f"/{self.send('POST', '').json()['uploadId']}"
        self.pieces = [bytes(MIB), *(str(number).encode() for number in range(1, CROWD))]
        # At once too, so that there are as many functions at work as are needed for what follows.
        puts = [lambda n=n, p=p: self.send("PUT", f"/{n}", p) for n, p in enumerate(self.pieces, 1)]
        etags = [answer.json()["etag"] for answer in at_once(puts)]
        parts = [{"partNumber": number, "etag": etag} for number, etag in enumerate(etags, 1)]
        self.lists = [[parts[0]], *([parts[0], part] for part in parts[1:])]

    def send(self, method: str, path: str, body: bytes = b"") -> requests.Response:
        return requests.request(
            method, self.url + path, data=body, headers=self.headers, timeout=SECONDS
        )

    def complete(self, number: int) -> tuple[int, bytes]:
        answer = self.send("POST", "", json.dumps({"parts": self.lists[number]}).encode())
        return answer.status_code, answer.content

    def content(self, number: int) -> bytes:
        """What the object is if this list was taken."""
        return self.pieces[0] + (self.pieces[number] if number else b"")


@pytest.mark.parametrize("extra", [{}, {"commit": "strict"}])
def test_of_eight_lists_of_parts_one_becomes_the_object_and_one_callback(
    crowd: Crowd, extra: dict[str, Any]
) -> None:
    gateway = crowd.gateway
    with business_server.running(gateway.access_key, gateway.secret_key) as business:
        policy = {"callbackUrl": business.url, "callbackBody": "name=$(key)", **extra}
        upload = Multipart(crowd, policy)
        answers = at_once([lambda n=n: upload.complete(n) for n in range(CROWD)])  # type: ignore[misc]
        statuses = [status for status, _ in answers]
        assert Counter(statuses) == {200: 1, 612: CROWD - 1}
        winner = statuses.index(200)
        assert crowd.content("multipart") == upload.content(winner)
        assert upload.complete(winner) == answers[winner]
        assert len(business.calls) == 1


def test_an_abort_and_a_complete_are_never_both_answered_with_success(crowd: Crowd) -> None:
    def abort(upload: Multipart) -> tuple[int, bytes]:
        return upload.send("DELETE", "").status_code, b""

    for _ in range(3):
        upload = Multipart(crowd, {})
        calls = [lambda u=upload: u.complete(3)] * (CROWD // 2)
        aborts = [lambda u=upload: abort(u)] * (CROWD // 2)
        answers = at_once([*calls, *aborts])
        completed = {status for status, _ in answers[: CROWD // 2]}
        aborted = {status for status, _ in answers[CROWD // 2 :]}
        assert (completed, aborted) in (({200}, {612}), ({612}, {200}))
        assert upload.complete(3)[0] == completed.pop()
