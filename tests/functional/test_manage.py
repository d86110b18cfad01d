"""Management calls: the real handlers, asked as the official SDKs ask (protocol.md 12)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import events
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import FakeS3, StoredObject, error
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
        (f"/delete/{b64('demo')}", 631),
        ("/stat/***", 400),
        (f"/stat/{entry('k' * (limits.KEY_BYTES + 1))}", 414),
        (f"/stat/{entry('k' * limits.KEY_BYTES)}", 612),
        (f"/stat/{entry('../a')}", 400),
        (f"/delete/{entry('a/../../b')}", 400),
        (f"/stat/{entry('a/../b')}", 612),
        (f"/stat/{entry('a')}/more", 404),
        (f"/copy/{entry('a')}", 404),
        (f"/copy/{entry('a')}/{entry('b')}/force/yes", 404),
        (f"/copy/{entry('a')}/{entry('b')}/force/2", 404),
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


def put(functions: Functions, key: str, **policy: Any) -> None:
    """An object as an upload stores it, by way of the upload function."""
    fields = {"token": events.token(**policy), "key": key, "x-qn-meta-Who": "Ann"}
    uploaded = functions.load("upload").lambda_handler(events.form_of(fields), None)
    assert uploaded["statusCode"] == 200


def test_stat_tells_who_uploaded_and_names_as_they_were_given(functions: Functions) -> None:
    put(functions, "a", endUser="u/1 ü")
    stored = functions.aws.s3.objects["s3-demo", "a"]
    assert "u/1" not in str(stored.headers)  # whoever downloads it sees these
    admin = Admin(functions.load("manage"), functions.aws.s3)
    shown = admin(f"/stat/{entry('a')}")[1]
    assert (shown["endUser"], shown["x-qn-meta"]) == ("u/1 ü", {"Who": "Ann"})
    assert admin("/list", "bucket=demo")[1]["items"] == [{"key": "a", **shown}]
    admin(f"/copy/{entry('a')}/{entry('b')}")
    assert admin(f"/stat/{entry('b')}")[1]["endUser"] == "u/1 ü"


@pytest.mark.parametrize(("size", "kept"), [(limits.END_USER_BYTES, True), (129, False)])
def test_a_long_end_user_is_not_kept(functions: Functions, size: int, *, kept: bool) -> None:
    put(functions, "a", endUser="u" * size)
    shown = Admin(functions.load("manage"), functions.aws.s3)(f"/stat/{entry('a')}")[1]
    assert ("endUser" in shown) == kept


@pytest.mark.parametrize(
    ("query", "parts"), [("needparts=true", [5]), ("", None), ("needparts=false", None)]
)
def test_stat_tells_the_parts_to_who_asks(
    admin: Admin, query: str, parts: list[int] | None
) -> None:
    admin.store("a")
    assert admin(f"/stat/{entry('a')}", query)[1].get("parts") == parts
    line = f"/stat/{entry('a')}?{query}" if query else f"/stat/{entry('a')}"
    assert admin("/batch", body=batch(line))[1][0]["data"].get("parts") == parts


def test_stat_tells_the_parts_of_an_upload_in_parts(admin: Admin) -> None:
    hash_of_parts = "ns56DcSIfBFUENXjdhsJTIvl3Rcu"
    admin.store("a", b"helloworld", x_amz_meta_upgate_parts="5*2")
    headers = admin.s3.objects["s3-demo", "a"].headers
    entries = {**headers, "x-amz-meta-upgate-etag": hash_of_parts}
    admin.s3.objects["s3-demo", "a"] = StoredObject(b"helloworld", entries, MODIFIED)
    assert admin(f"/stat/{entry('a')}", "needparts=true")[1]["parts"] == [5, 5]


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


@pytest.mark.parametrize("force", [("false", "true"), ("0", "1")], ids=["words", "C"])
@pytest.mark.parametrize("call", ["copy", "move"])
def test_an_object_in_the_way_stays_unless_forced(
    admin: Admin, call: str, force: tuple[str, str]
) -> None:
    admin.store("a", b"new")
    admin.store("b", b"old")
    no, yes = force
    assert admin(f"/{call}/{entry('a')}/{entry('b')}/force/{no}")[0] == 614
    assert admin.s3.objects["s3-demo", "b"].body == b"old"
    assert admin(f"/{call}/{entry('a')}/{entry('b')}/force/{yes}") == (200, {})
    assert admin.s3.objects["s3-demo", "b"].body == b"new"


RESULT = f"{'A' * 27}=/F{'0' * 27}"


@pytest.mark.parametrize("key", ["../b", "a/./b", RESULT, f"{RESULT}/000000.ts"])
@pytest.mark.parametrize("call", ["copy", "move"])
def test_nothing_is_put_under_a_key_that_is_none(admin: Admin, call: str, key: str) -> None:
    admin.store("a")
    assert admin(f"/{call}/{entry('a')}/{entry(key)}/force/true")[0] == 400
    assert (admin.has("a"), admin.has(key)) == (True, False)


@pytest.mark.parametrize("key", ["a/../b", RESULT])
def test_what_another_tool_put_under_such_a_key_can_be_put_right(admin: Admin, key: str) -> None:
    admin.store(key)
    assert admin(f"/stat/{entry(key)}")[0] == 200
    assert admin(f"/move/{entry(key)}/{entry('b')}") == (200, {})
    assert (admin.has(key), admin.has("b")) == (False, True)


def test_of_two_copies_at_once_s3_lets_one_win(admin: Admin) -> None:
    admin.store("a", b"new")

    def another_first(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation == "CopyObject":
            admin.store("b", b"old")
        return carry_out()

    admin.s3.intercept = another_first
    assert admin(f"/copy/{entry('a')}/{entry('b')}")[0] == 614
    assert admin.s3.objects["s3-demo", "b"].body == b"old"


# What comes between the look at an object and its change.


def between(admin: Admin, operation: str, act: Callable[[], object], times: int = 1) -> list[int]:
    """Have something happen right before S3 carries out an operation; each time is listed."""
    done: list[int] = []

    def intercept(asked: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if asked == operation and len(done) < times:
            done.append(len(done))
            act()
        return carry_out()

    admin.s3.intercept = intercept
    return done


def remove(admin: Admin, key: str) -> None:
    del admin.s3.objects["s3-demo", key]


@pytest.mark.parametrize("force", ["", "/force/true"])
def test_what_is_uploaded_after_a_move_has_copied_stays(admin: Admin, force: str) -> None:
    admin.store("a", b"old")
    between(admin, "DeleteObject", lambda: admin.store("a", b"new"))
    assert admin(f"/move/{entry('a')}/{entry('b')}{force}") == (200, {})
    assert admin.s3.objects["s3-demo", "a"].body == b"new"
    assert admin.s3.objects["s3-demo", "b"].body == b"old"


@pytest.mark.parametrize("call", ["copy", "move"])
@pytest.mark.parametrize("force", ["", "/force/true"])
def test_what_is_uploaded_before_a_copy_is_what_is_copied(
    admin: Admin, call: str, force: str
) -> None:
    """One 412 has two meanings: it is the source that changed, and no target is in the way."""
    admin.store("a", b"old", x_amz_meta_qn_n="old")
    done = between(admin, "CopyObject", lambda: admin.store("a", b"newer", x_amz_meta_qn_n="new"))
    assert admin(f"/{call}/{entry('a')}/{entry('b')}{force}") == (200, {})
    copied = admin.s3.objects["s3-demo", "b"]
    assert (copied.body, copied.metadata["qn-n"], done) == (b"newer", "new", [0])
    assert admin.has("a") is (call == "copy")


@pytest.mark.parametrize("call", ["copy", "move"])
def test_a_source_that_changes_without_an_end_is_given_up(admin: Admin, call: str) -> None:
    numbers = iter(range(1000))
    admin.store("a", b"old")
    done = between(admin, "CopyObject", lambda: admin.store("a", b"%d" % next(numbers)), times=1000)
    assert admin(f"/{call}/{entry('a')}/{entry('b')}")[0] == 599
    assert (admin.has("a"), admin.has("b"), 1 < len(done) < 100) == (True, False, True)


@pytest.mark.parametrize("call", ["copy", "move"])
def test_a_source_that_is_deleted_meanwhile_is_unknown(admin: Admin, call: str) -> None:
    admin.store("a")
    between(admin, "CopyObject", lambda: remove(admin, "a"))
    assert admin(f"/{call}/{entry('a')}/{entry('b')}")[0] == 612
    assert not admin.has("b")


@pytest.mark.parametrize("pair", [f"mime/{b64('image/png')}", f"x-qn-meta-n/{b64('v')}"])
def test_chgm_changes_what_is_uploaded_meanwhile(admin: Admin, pair: str) -> None:
    admin.store("a", b"old")
    between(admin, "CopyObject", lambda: admin.store("a", b"newer", x_amz_meta_qn_m="new"))
    assert admin(f"/chgm/{entry('a')}/{pair}") == (200, {})
    changed = admin.s3.objects["s3-demo", "a"]
    assert changed.body == b"newer"
    assert changed.metadata["qn-m"] == "new"


def test_chgm_holds_s3_to_what_it_was_decided_on(admin: Admin) -> None:
    """S3 reads the source before it writes the target: both are to be the same still."""
    admin.store("a")
    seen: list[Mapping[str, str]] = []

    def look(operation: str, received: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation == "CopyObject":
            seen.append(received.headers)
        return carry_out()

    admin.s3.intercept = look
    etag = admin.s3.objects["s3-demo", "a"].etag
    assert admin(f"/chgm/{entry('a')}/mime/{b64('image/png')}")[0] == 200
    assert [(h["x-amz-copy-source-if-match"], h["if-match"]) for h in seen] == [(etag, etag)]


def test_chgm_of_what_is_deleted_meanwhile_brings_nothing_back(admin: Admin) -> None:
    admin.store("a")
    between(admin, "CopyObject", lambda: remove(admin, "a"))
    assert admin(f"/chgm/{entry('a')}/mime/{b64('image/png')}")[0] == 612
    assert not admin.has("a")


def test_of_two_deletions_at_once_one_is_told_that_nothing_was_there(admin: Admin) -> None:
    admin.store("a")
    between(admin, "DeleteObject", lambda: remove(admin, "a"))
    assert admin(f"/delete/{entry('a')}")[0] == 612


def test_of_two_moves_of_one_object_one_is_told_that_it_was_gone(admin: Admin) -> None:
    admin.store("a")
    between(admin, "DeleteObject", lambda: remove(admin, "a"))
    assert admin(f"/move/{entry('a')}/{entry('b')}")[0] == 612
    assert admin.has("b")  # somebody may have been answered for it


@pytest.mark.parametrize("call", ["delete", "move"])
def test_a_removal_whose_answer_was_lost_is_done(admin: Admin, call: str) -> None:
    admin.store("a")
    lost: list[int] = []

    def lose(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        reply = carry_out()
        if operation == "DeleteObject" and not lost:
            lost.append(reply.status)
            return error(500, "InternalError")
        return reply

    admin.s3.intercept = lose
    arguments = entry("a") if call == "delete" else f"{entry('a')}/{entry('b')}"
    assert admin(f"/{call}/{arguments}") == (200, {})
    assert (admin.has("a"), lost) == (False, [204])


@pytest.mark.parametrize("operation", ["DeleteObject", "CopyObject"])
def test_a_conflict_with_another_request_is_tried_again(admin: Admin, operation: str) -> None:
    admin.store("a")
    refused: list[int] = []

    def conflict(asked: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if asked == operation and not refused:
            refused.append(409)
            return error(409, "ConditionalRequestConflict", "If-Match")
        return carry_out()

    admin.s3.intercept = conflict
    assert admin(f"/move/{entry('a')}/{entry('b')}") == (200, {})
    assert (admin.has("a"), admin.has("b"), refused) == (False, True, [409])


@pytest.mark.parametrize("is_in_the_way", [True, False])
def test_an_s3_that_names_no_condition_is_asked(admin: Admin, is_in_the_way: bool) -> None:
    admin.store("a", b"old")
    refused: list[int] = []

    def refuse(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation == "CopyObject" and not refused:
            refused.append(412)
            admin.store("b" if is_in_the_way else "a", b"other")
            return error(412, "PreconditionFailed")
        return carry_out()

    admin.s3.intercept = refuse
    assert admin(f"/copy/{entry('a')}/{entry('b')}")[0] == (614 if is_in_the_way else 200)
    assert admin.s3.objects["s3-demo", "b"].body == b"other"


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


@pytest.mark.parametrize(("text", "shown"), [("txt", "txt"), ("", "text/plain")])
def test_chgm_takes_a_type_that_kodo_takes_or_none(admin: Admin, text: str, shown: str) -> None:
    admin.store("a")
    pairs = f"/mime/{b64(text)}/x-qn-meta-a/{b64('v')}"
    assert admin(f"/chgm/{entry('a')}{pairs}") == (200, {})
    assert admin(f"/stat/{entry('a')}")[1]["mimeType"] == shown


def chgm(admin: Admin, **changes: str) -> tuple[int, Any]:
    """A change of the object `a`; a name's underscores are hyphens."""
    pairs = (f"{name.replace('_', '-')}/{b64(value)}" for name, value in changes.items())
    return admin(f"/chgm/{entry('a')}/{'/'.join(pairs)}")


def test_chgm_changes_the_metadata_that_it_names_and_keeps_the_rest(admin: Admin) -> None:
    admin.store("a", x_amz_meta_qn_a="1", x_amz_meta_qn_b="2", cache_control="no-cache")
    assert chgm(admin, x_qn_meta_c="七牛", x_qn_meta_B="3") == (200, {})
    shown = admin(f"/stat/{entry('a')}")[1]
    assert shown["x-qn-meta"] == {"a": "1", "B": "3", "c": "七牛"}
    assert (shown["mimeType"], shown["hash"]) == ("text/plain", HASH)
    assert admin.s3.objects["s3-demo", "a"].headers["cache-control"] == "no-cache"


def test_chgm_refuses_metadata_that_is_too_much_with_what_is_there(admin: Admin) -> None:
    admin.store("a", x_amz_meta_qn_a="v" * 1000)
    assert chgm(admin, x_qn_meta_a="v" * 1500) == (200, {})
    assert chgm(admin, x_qn_meta_b="v" * 100)[0] == 400
    assert admin(f"/stat/{entry('a')}")[1]["x-qn-meta"] == {"a": "v" * 1500}


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("cacheControl", "cache-control", "max-age=60"),
        ("contentDisposition", "content-disposition", 'attachment; filename="a"'),
        ("contentEncoding", "content-encoding", "gzip"),
        ("contentLanguage", "content-language", "zh-CN"),
        ("x_qn_meta_!Cache_Control", "cache-control", "no-store"),
        ("x_qn_meta_!Content_Disposition", "content-disposition", "inline"),
        ("x_qn_meta_!Content_Type", "content-type", "image/png"),
    ],
)
def test_chgm_sets_a_header_and_keeps_the_others(
    admin: Admin, name: str, header: str, value: str
) -> None:
    others = {"cache-control": "no-cache", "content-disposition": "x", "content-language": "de"}
    admin.store("a", b"hello", **{name.replace("-", "_"): text for name, text in others.items()})
    assert chgm(admin, **{name: value}) == (200, {})
    headers = admin.s3.objects["s3-demo", "a"].headers
    assert headers[header] == value
    kept = others.keys() - {header}
    assert {name: headers[name] for name in kept} == {name: others[name] for name in kept}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        *((condition, 200) for condition in (f"hash={HASH}", "mime=text/plain", "fsize=5")),
        (f"hash={HASH}&mime=text/plain&fsize=5", 200),
        ("hash=other", 613),
        ("fsize=6", 613),
        ("mime=text/plain&fsize=6", 613),
        ("putTime=1", 613),
        ("size=5", 400),
        ("fsize=5&fsize=5", 400),
        ("fsize", 400),
        ("", 400),
    ],
)
def test_chgm_asks_whether_its_condition_holds(admin: Admin, condition: str, status: int) -> None:
    admin.store("a")
    assert chgm(admin, mime="image/png", cond=condition)[0] == status
    changed = admin(f"/stat/{entry('a')}")[1]["mimeType"] == "image/png"
    assert changed == (status == 200)


@pytest.mark.parametrize(
    "pairs",
    [
        *("", f"/mime/{b64('no*type')}", "/mime", "/mime/*", f"/size/{b64('1')}"),
        *(f"/cacheControl/{b64('a' + chr(10))}", f"/expires/{b64('soon')}"),
    ],
)
def test_chgm_of_something_else_is_refused(admin: Admin, pairs: str) -> None:
    admin.store("a")
    assert admin(f"/chgm/{entry('a')}{pairs}")[0] == 400


# Calls that there are not.


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/chtype/{entry('a')}/type/1", "chtype"),
        (f"/deleteAfterDays/{entry('a')}/3", "deleteAfterDays"),
        ("/sisyphus/fetch", "sisyphus/fetch"),
        ("/rules/add", "rules/add"),
        ("/v2/tune/refresh", "v2/tune/refresh"),
        ("/somethingNew/x", "somethingNew"),
        ("/v9/new/x", "v9/new"),
    ],
)
def test_a_call_that_there_is_not_is_named(functions: Functions, path: str, name: str) -> None:
    other = Admin(functions.load("upload"), functions.aws.s3)  # what $default leads to
    assert other(path) == (404, {"error": f"not supported by this gateway: {name}"})


@pytest.mark.parametrize("path", ["/bucketTagging", "/v2/list", "/sisyphus/fetch"])
def test_a_call_by_get_that_there_is_not_is_named_too(functions: Functions, path: str) -> None:
    other = Admin(functions.load("download"), functions.aws.s3)
    shown = other(path, "bucket=demo", method="GET")
    assert shown == (404, {"error": f"not supported by this gateway: {path[1:]}"})
    other.store(path[1:])  # unsigned it is a key like any other
    answer = other.app.lambda_handler(events.http("GET", path), None)
    assert answer["statusCode"] == 302


def test_an_unsigned_path_that_nobody_knows_is_just_not_found(functions: Functions) -> None:
    other = Admin(functions.load("upload"), functions.aws.s3)
    assert other.send("/somethingNew/x", "", b"", "POST", {}) == (404, {"error": "not found"})


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
        if "marker" not in shown:
            break
        marker = shown["marker"]
    assert seen == keys


def test_the_last_page_has_no_marker(admin: Admin) -> None:
    """C's SDK looks whether the name is there, and would page for ever."""
    admin.store("a")
    assert admin("/list", "bucket=demo")[1].keys() == {"items"}


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
        ("bucket=demo&marker=***", 640),
        ("bucket=demo&marker=", 200),
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


def test_lines_of_a_batch_that_change_one_object_do_so_in_their_order(admin: Admin) -> None:
    admin.store("a")
    lines = (
        f"/chgm/{entry('a')}/mime/{b64('image/png')}",
        f"/chgm/{entry('a')}/x-qn-meta-n/{b64('v')}",
        f"/move/{entry('a')}/{entry('b')}",
        f"/move/{entry('b')}/{entry('c')}",
    )

    def slowly(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        reply = carry_out()
        time.sleep(0.02 if operation == "HeadObject" else 0)
        return reply

    admin.s3.intercept = slowly
    assert admin("/batch", body=batch(*lines)) == (200, [{"code": 200}] * 4)
    shown = admin(f"/stat/{entry('c')}")[1]
    assert (shown["mimeType"], shown["x-qn-meta"]) == ("image/png", {"n": "v"})
    assert (admin.has("a"), admin.has("b")) == (False, False)


def test_a_batch_that_is_done_is_200(admin: Admin) -> None:
    admin.store("a")
    assert admin("/batch", body=batch(f"/delete/{entry('a')}")) == (200, [{"code": 200}])


def test_a_batch_holds_a_thousand_calls_and_no_more(admin: Admin) -> None:
    line = "/nonsense"
    assert len(admin("/batch", body=batch(*[line] * limits.BATCH_CALLS))[1]) == limits.BATCH_CALLS
    assert admin("/batch", body=batch(*[line] * (limits.BATCH_CALLS + 1)))[0] == 400


def test_a_batch_may_stand_in_the_query(admin: Admin) -> None:
    admin.store("a")
    query = batch(f"/stat/{entry('a')}").decode()
    assert admin("/batch", query)[1][0]["data"]["fsize"] == 5
    both = admin("/batch", query, batch(f"/stat/{entry('none')}"))[1]
    assert [answer["code"] for answer in both] == [200, 612]


def test_a_batch_names_the_calls_that_there_are_not(admin: Admin) -> None:
    line = f"/chtype/{entry('a')}/type/1"
    shown = admin("/batch", body=batch(line))[1]
    error = "not supported by this gateway: chtype"
    assert shown == [{"code": 404, "data": {"error": error}}]


@pytest.mark.parametrize("body", [b"", b"op=", b"\xff"])
def test_a_batch_of_nothing_is_refused(admin: Admin, body: bytes) -> None:
    assert admin("/batch", body=body)[0] == 400


# A download.


def test_a_download_says_the_metadata_that_a_header_can_hold(functions: Functions) -> None:
    put(functions, "a")
    other = Admin(functions.load("download"), functions.aws.s3)
    answer = other.app.lambda_handler(events.http("GET", "/a"), None)
    assert (answer["statusCode"], answer["headers"]["X-Qn-Meta-Who"]) == (302, "Ann")
    assert not any("upgate" in name.lower() for name in answer["headers"])


def test_a_download_leaves_out_metadata_that_no_header_can_hold(functions: Functions) -> None:
    other = Admin(functions.load("download"), functions.aws.s3)
    other.store("a", x_amz_meta_qn_name="UTF-8''%E4%B8%83%0D%0AX-Evil%3A%201", x_amz_meta_qn_b="1")
    headers = other.app.lambda_handler(events.http("GET", "/a"), None)["headers"]
    assert [name for name in headers if name.startswith("X-Qn-Meta-")] == ["X-Qn-Meta-b"]


def test_a_bare_number_in_a_query_is_no_command(functions: Functions) -> None:
    """What pages add to a URL so that no cache answers."""
    other = Admin(functions.load("download"), functions.aws.s3)
    other.store("a")
    for query in ("1700000000", "1700000000&e=1"):
        event = events.http("GET", "/a")
        event["rawQueryString"] = query
        assert other.app.lambda_handler(event, None)["statusCode"] == 302
