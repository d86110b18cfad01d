"""Management calls: the real handlers, asked as the official SDKs ask (protocol.md 12)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import events
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import FakeS3, StoredObject
from tests.functional.conftest import Functions
from tests.resumable_client import b64
from upgate import limits
from upgate.objects import storage

HASH = "Fqr0xh3cxeii2r7eDztILNmuqUNN"
MODIFIED = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Admin:
    """A business server with the key pair."""

    app: ModuleType
    s3: FakeS3

    def __call__(
        self, path: str, query: str = "", body: bytes = b"", method: str = "POST"
    ) -> tuple[int, Any]:
        """Status and JSON of one signed call."""
        return self.send(path, query, body, method, self.signature(path, query, body))

    def send(
        self, path: str, query: str, body: bytes, method: str, headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        event = events.http(method, path, body, headers)
        event["rawQueryString"] = query
        answer = self.app.lambda_handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def signature(self, path: str, query: str, body: bytes) -> dict[str, str]:
        signed = f"{path}?{query}" if query else path
        signature = events.PAIR.sign(f"{signed}\n".encode() + body)
        return {
            "Authorization": f"QBox {events.PAIR.access_key}:{signature}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def store(self, key: str, body: bytes = b"hello", **headers: str) -> None:
        """An object as the gateway would have stored it."""
        metadata = {"content-type": "text/plain", "x-amz-meta-upgate-etag": HASH}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        name = storage.object_name(key)
        self.s3.objects["s3-demo", name] = StoredObject(body, metadata | names, MODIFIED)

    def has(self, key: str) -> bool:
        """Whether an object is there."""
        return ("s3-demo", key) in self.s3.objects


@pytest.fixture
def admin(functions: Functions) -> Admin:
    return Admin(functions.load("manage"), functions.aws.s3)


def entry(key: str, bucket: str = "demo") -> str:
    return b64(f"{bucket}:{key}")


# Who may ask.


@pytest.mark.parametrize("path", ["/stat/", "/delete/"])
def test_an_unsigned_call_is_refused_and_changes_nothing(admin: Admin, path: str) -> None:
    admin.store("a")
    status, _ = admin.send(path + entry("a"), "", b"", "POST", {})
    assert (status, admin.has("a")) == (401, True)


def test_a_call_signed_for_another_object_is_refused(admin: Admin) -> None:
    admin.store("a")
    headers = admin.signature(f"/delete/{entry('b')}", "", b"")
    status, _ = admin.send(f"/delete/{entry('a')}", "", b"", "POST", headers)
    assert (status, admin.has("a")) == (401, True)


# stat.


def test_stat_tells_what_kodo_tells(admin: Admin) -> None:
    admin.store("dir/a b.txt", x_amz_meta_qn_name="qiniu", x_amz_storage_class="STANDARD_IA")
    assert admin(f"/stat/{entry('dir/a b.txt')}") == (
        200,
        {
            "fsize": 5,
            "hash": HASH,
            "mimeType": "text/plain",
            "putTime": int(MODIFIED.timestamp()) * 10_000_000,
            "type": 1,
            "x-qn-meta": {"name": "qiniu"},
        },
    )


def test_stat_of_the_empty_key_finds_it(admin: Admin) -> None:
    admin.store("")
    assert admin(f"/stat/{entry('')}")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/stat/{entry('none')}", 612),
        (f"/stat/{entry('a', 'other')}", 631),
        (f"/stat/{b64('demo')}", 400),
        ("/stat/***", 400),
        (f"/stat/{entry('k' * (limits.KEY_BYTES + 1))}", 414),
        (f"/stat/{entry('k' * limits.KEY_BYTES)}", 612),
        (f"/stat/{entry('a')}/more", 404),
        (f"/copy/{entry('a')}", 404),
        (f"/copy/{entry('a')}/{entry('b')}/force/yes", 404),
    ],
)
def test_a_call_that_means_nothing_says_why(admin: Admin, path: str, status: int) -> None:
    admin.store("a")
    assert admin(path)[0] == status


def test_stat_by_get_is_answered_where_downloads_are(functions: Functions) -> None:
    admin = Admin(functions.load("download"), functions.aws.s3)
    admin.store("a")
    assert admin(f"/stat/{entry('a')}", method="GET")[1]["hash"] == HASH


def test_a_key_that_looks_like_a_call_is_downloaded_without_a_signature(
    functions: Functions,
) -> None:
    admin = Admin(functions.load("download"), functions.aws.s3)
    admin.store(f"stat/{entry('a')}")
    answer = admin.app.lambda_handler(events.http("GET", f"/stat/{entry('a')}"), None)
    assert answer["statusCode"] == 302


# delete, copy, move, chgm.


def test_a_deleted_object_is_gone_and_a_second_time_unknown(admin: Admin) -> None:
    admin.store("a")
    assert admin(f"/delete/{entry('a')}") == (200, {})
    assert (admin.has("a"), admin(f"/delete/{entry('a')}")[0]) == (False, 612)


def test_a_copy_has_all_but_the_upload_it_came_from(admin: Admin) -> None:
    admin.store("a", x_amz_meta_upgate_upload="u1", x_amz_meta_qn_n="v", cache_control="no-cache")
    assert admin(f"/copy/{entry('a')}/{entry('b')}") == (200, {})
    copied = admin.s3.objects["s3-demo", "b"]
    assert copied.body == b"hello"
    assert copied.metadata == {"upgate-etag": HASH, "qn-n": "v"}
    assert copied.headers["cache-control"] == "no-cache"
    assert admin.has("a")


@pytest.mark.parametrize("call", ["copy", "move"])
def test_an_object_in_the_way_stays_unless_forced(admin: Admin, call: str) -> None:
    admin.store("a", b"new")
    admin.store("b", b"old")
    assert admin(f"/{call}/{entry('a')}/{entry('b')}/force/false")[0] == 614
    assert admin.s3.objects["s3-demo", "b"].body == b"old"
    assert admin(f"/{call}/{entry('a')}/{entry('b')}/force/true") == (200, {})
    assert admin.s3.objects["s3-demo", "b"].body == b"new"


def test_of_two_copies_at_once_s3_lets_one_win(admin: Admin) -> None:
    admin.store("a", b"new")

    def another_first(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation == "CopyObject":
            admin.store("b", b"old")
        return carry_out()

    admin.s3.intercept = another_first
    assert admin(f"/copy/{entry('a')}/{entry('b')}")[0] == 614
    assert admin.s3.objects["s3-demo", "b"].body == b"old"


def test_a_moved_object_is_at_its_new_place_only(admin: Admin) -> None:
    admin.store("a")
    assert admin(f"/move/{entry('a')}/{entry('b')}")[0] == 200
    assert (admin.has("a"), admin.has("b")) == (False, True)


def test_an_object_moved_onto_itself_is_not_lost(admin: Admin) -> None:
    admin.store("a")
    assert admin(f"/move/{entry('a')}/{entry('a')}/force/true")[0] == 200
    assert admin.has("a")


def test_chgm_changes_the_type_and_keeps_the_rest(admin: Admin) -> None:
    admin.store("a", x_amz_meta_qn_n="v")
    assert admin(f"/chgm/{entry('a')}/mime/{b64('image/png')}") == (200, {})
    shown = admin(f"/stat/{entry('a')}")[1]
    assert (shown["mimeType"], shown["hash"], shown["x-qn-meta"]) == ("image/png", HASH, {"n": "v"})


def test_chgm_replaces_metadata_in_any_script(admin: Admin) -> None:
    admin.store("a", x_amz_meta_qn_old="v")
    assert admin(f"/chgm/{entry('a')}/x-qn-meta-name/{b64('七牛')}")[0] == 200
    shown = admin(f"/stat/{entry('a')}")[1]
    assert (shown["x-qn-meta"], shown["mimeType"]) == ({"name": "七牛"}, "text/plain")


@pytest.mark.parametrize(
    "pairs", ["", f"/mime/{b64('no type')}", "/mime", "/mime/*", f"/size/{b64('1')}"]
)
def test_chgm_of_something_else_is_refused(admin: Admin, pairs: str) -> None:
    admin.store("a")
    assert admin(f"/chgm/{entry('a')}{pairs}")[0] == 400


# list.


def test_a_list_comes_in_pages_that_miss_and_repeat_nothing(admin: Admin) -> None:
    keys = [f"p/{number:02}" for number in range(7)]
    for key in [*keys, "q"]:
        admin.store(key)
    seen, marker = [], ""
    while True:
        query = urlencode({"bucket": "demo", "prefix": "p/", "limit": 3, "marker": marker})
        _, shown = admin("/list", query)
        seen += [item["key"] for item in shown["items"]]
        marker = shown["marker"]
        if not marker:
            break
    assert seen == keys


def test_a_listed_item_says_what_stat_says(admin: Admin) -> None:
    admin.store("a", x_amz_meta_qn_n="v")
    (item,) = admin("/list", "bucket=demo")[1]["items"]
    assert item == {"key": "a", **admin(f"/stat/{entry('a')}")[1]}


def test_a_delimiter_makes_folders(admin: Admin) -> None:
    for key in ("a", "d/1", "d/2", "e/1"):
        admin.store(key)
    shown = admin("/list", "bucket=demo&delimiter=/")[1]
    assert [item["key"] for item in shown["items"]] == ["a"]
    assert shown["commonPrefixes"] == ["d/", "e/"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("bucket=demo", 200),
        ("bucket=other", 631),
        ("", 631),
        (f"bucket=demo&limit={limits.LISTED_OBJECTS}", 200),
        (f"bucket=demo&limit={limits.LISTED_OBJECTS + 1}", 400),
        ("bucket=demo&limit=0", 400),
        ("bucket=demo&limit=x", 400),
        ("bucket=demo&marker=***", 400),
        (f"bucket=demo&prefix={'p' * (limits.KEY_BYTES + 1)}", 400),
    ],
)
def test_a_list_is_asked_for_within_limits(admin: Admin, query: str, status: int) -> None:
    assert admin("/list", query)[0] == status


# batch.


def batch(*lines: str) -> bytes:
    return urlencode({"op": lines}, doseq=True).encode()


def test_a_batch_answers_each_line_and_says_that_some_failed(admin: Admin) -> None:
    admin.store("a")
    lines = (f"/stat/{entry('a')}", f"/delete/{entry('none')}", "/nonsense")
    status, answers = admin("/batch", body=batch(*lines))
    assert (status, [answer["code"] for answer in answers]) == (298, [200, 612, 404])
    assert answers[0]["data"]["hash"] == HASH
    assert "error" in answers[1]["data"]


def test_a_batch_that_is_done_is_200(admin: Admin) -> None:
    admin.store("a")
    assert admin("/batch", body=batch(f"/delete/{entry('a')}")) == (200, [{"code": 200}])


def test_a_batch_holds_a_thousand_calls_and_no_more(admin: Admin) -> None:
    line = "/nonsense"
    assert len(admin("/batch", body=batch(*[line] * limits.BATCH_CALLS))[1]) == limits.BATCH_CALLS
    assert admin("/batch", body=batch(*[line] * (limits.BATCH_CALLS + 1)))[0] == 400


@pytest.mark.parametrize("body", [b"", b"op=", b"\xff"])
def test_a_batch_of_nothing_is_refused(admin: Admin, body: bytes) -> None:
    assert admin("/batch", body=body)[0] == 400
