"""Initiate, part, complete, abort, list: real handler, strict S3 behind it (protocol.md 4)."""

from __future__ import annotations

import hashlib
import io
import json
import random
import time
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes import s3
from tests.fakes.loopback import Reply
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, Answer, Client, b64, content, cut
from upgate import limits
from upgate.contents import qetag
from upgate.tokens.keys import KeyPair

MIB = 1024 * 1024
NO_SUCH_UPLOAD = (612, {"error": "no such uploadId"})


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("resumable")


def client(app: ModuleType, **policy: Any) -> Client:
    return Client(app, events.token(**policy))


def stored(functions: Functions, key: str = "k") -> bytes:
    return functions.aws.s3.objects["s3-demo", key].body


def upload(up: Client, pieces: list[bytes], key: str | None = "k", **fields: Any) -> Answer:
    upload_id = up.initiate(key)
    return up.complete(upload_id, up.parts(upload_id, pieces, key), key, **fields)


# The plain way


def test_initiate_answers_an_id_of_seven_days_and_asks_s3_for_nothing(
    app: ModuleType, functions: Functions
) -> None:
    body = client(app).multipart("POST", "/buckets/demo/objects/aw==/uploads").body
    assert body.keys() == {"uploadId", "expireAt"}
    assert abs(body["expireAt"] - time.time() - 7 * 24 * 3600) < 60
    assert functions.aws.s3.calls == []


def test_part_answers_etag_and_md5(app: ModuleType) -> None:
    up, data = client(app), content(1000)
    answer = up.part(up.initiate(), 1, data)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert answer.short == (200, {"etag": qetag.of(data), "md5": md5})


@pytest.mark.parametrize("size", [1, MIB, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK, 9 * MIB])
def test_file_in_parts_of_4_mib_has_the_plain_etag(
    app: ModuleType, functions: Functions, size: int
) -> None:
    data = content(size)
    answer = upload(client(app), cut(data))
    assert answer.short == (200, {"hash": qetag.of(data), "key": "k"})
    assert stored(functions) == data
    assert functions.aws.s3.uploads == {}
    assert functions.aws.s3.rewritten == []


def test_parts_of_another_size_have_the_composite_etag(
    app: ModuleType, functions: Functions
) -> None:
    answer = upload(client(app), [b"hello" + bytes(MIB), b"world"])
    assert answer.body["hash"].startswith("n")
    parts = upload(client(app), [bytes(MIB), bytes(MIB)], "zeros")
    assert parts.body["hash"] == "nvgQ3GNa4MFNwN4rQO9_vvc2e3WM"  # protocol.md 5
    assert (
        functions.aws.s3.objects["s3-demo", "zeros"].metadata["upgate-etag"] == (parts.body["hash"])
    )


def test_parts_of_4_mib_cost_no_bytes_at_complete(app: ModuleType, functions: Functions) -> None:
    up, fake = client(app), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(content(6 * BLOCK + 9)))
    assert fake.read_back_bytes() == 3 * BLOCK
    fake.calls.clear()
    assert up.complete(upload_id, parts, mimeType="video/mp4").status == 200
    assert fake.read_back_bytes() == 0
    assert fake.count("UploadPartCopy") == 4
    assert fake.count("UploadPart") == 0


@pytest.mark.parametrize("seed", range(12))
def test_unequal_parts_out_of_order_twice_and_with_gaps_are_stored_whole(
    app: ModuleType, functions: Functions, seed: int
) -> None:
    """Sizes from 1 MiB on, random but printed by the seed in the test's name."""
    draw = random.Random(seed)  # noqa: S311
    numbers = sorted(draw.sample(range(1, 25), draw.randint(2, 8)))
    sizes = (MIB, MIB + 1, 2 * MIB, 3 * MIB, BLOCK, BLOCK + 300_000)
    bodies = {number: content(draw.choice(sizes), number) for number in numbers}
    bodies[numbers[-1]] = content(draw.choice((0, 1, 1000, *sizes)), 99)
    up = client(app)
    upload_id = up.initiate()
    order = [*numbers, *draw.sample(numbers, 2)]
    draw.shuffle(order)
    etags: dict[int, str] = {}
    for number in order:
        if number not in etags and draw.random() < 0.3:
            up.part(upload_id, number, content(MIB, 7))  # another version, replaced below
        etags[number] = up.part(upload_id, number, bodies[number]).body["etag"]
    assert up.complete(upload_id, sorted(etags.items())).status == 200
    assert stored(functions) == b"".join(bodies[number] for number in numbers)
    assert functions.aws.s3.rewritten == []


def test_part_that_was_replaced_counts_by_the_etag_that_the_client_names(
    app: ModuleType, functions: Functions
) -> None:
    up = client(app)
    upload_id = up.initiate()
    first = up.part(upload_id, 1, b"first").body["etag"]
    second = up.part(upload_id, 1, b"second").body["etag"]
    assert up.complete(upload_id, [(1, second)]).status == 200
    assert stored(functions) == b"second"
    assert first != second


def test_smaller_parts_are_joined_by_fours_and_eights(
    app: ModuleType, functions: Functions
) -> None:
    up, fake = client(app), functions.aws.s3
    two = upload(up, cut(content(16 * MIB), 2 * MIB), "two")
    assert (two.status, stored(functions, "two")) == (200, content(16 * MIB))
    assert (fake.count("UploadPartCopy"), fake.count("UploadPart")) == (2, 0)
    one = upload(up, cut(content(16 * MIB), MIB), "one")
    assert (one.status, stored(functions, "one")) == (200, content(16 * MIB))
    assert (fake.count("UploadPartCopy"), fake.count("UploadPart")) == (4, 0)


def test_listing_of_several_pages_is_read_to_its_end(app: ModuleType, functions: Functions) -> None:
    functions.aws.s3.page_size = 3
    data = content(11 * BLOCK)
    assert upload(client(app), cut(data)).status == 200
    assert stored(functions) == data


# What complete says of the object


def test_everything_that_complete_says_is_kept(app: ModuleType, functions: Functions) -> None:
    template = '{"n":$(fname),"m":$(mimeType),"a":$(x:a)}'
    answer = upload(
        client(app, returnBody=template),
        [b"a"],
        fname="照片.jpg",
        mimeType="image/x-odd",
        metadata={"X-Qn-Meta-M1": "v1", "x-qn-meta-!Content-Type": "t"},
        customVars={"x:a": "1 2", "b": "ignored"},
        cacheControl="max-age=60",
        contentDisposition="inline",
        expires="Wed, 21 Oct 2015 07:28:00 GMT",
        unknown=1,
    )
    assert answer.short == (200, {"n": "照片.jpg", "m": "image/x-odd", "a": "1 2"})
    found = functions.aws.s3.objects["s3-demo", "k"]
    assert found.metadata["qn-m1"] == "v1"
    assert found.metadata["qn-!content-type"] == "t"
    assert (found.headers["content-type"], found.headers["cache-control"]) == (
        "image/x-odd",
        "max-age=60",
    )


def test_a_name_and_a_label_are_no_reason_to_refuse_a_file(app: ModuleType) -> None:
    up = client(app, returnBody='{"n":$(fname),"m":$(mimeType)}')
    answer = upload(up, [b"a"], fname="a\r\nb\ud800.jpg", mimeType="txt")
    assert answer.short == (200, {"n": "ab.jpg", "m": "txt"})


def test_meta_data_as_android_spells_it_is_metadata(app: ModuleType, functions: Functions) -> None:
    assert upload(client(app), [b"a"], metaData={"x-qn-meta-m1": "v1"}).status == 200
    assert functions.aws.s3.objects["s3-demo", "k"].metadata["qn-m1"] == "v1"


def test_null_is_not_given(app: ModuleType) -> None:
    nothing = dict.fromkeys(("fname", "mimeType", "metadata", "metaData", "customVars"))
    assert upload(client(app), [b"a"], **nothing).status == 200


@pytest.mark.parametrize("body", ["text", "bytes"])
def test_complete_is_read_by_its_body_and_not_its_content_type(app: ModuleType, body: str) -> None:
    up = client(app)
    upload_id = up.initiate()
    ((number, etag),) = up.parts(upload_id, [b"a"])
    text = json.dumps({"parts": [{"partNumber": number, "etag": etag}]})
    sent = text if body == "text" else text.encode()
    path = f"{up.uploads('k')}/{upload_id}"
    kind = "text/plain" if body == "text" else "application/octet-stream"
    assert up.multipart("POST", path, sent, content_type=kind).status == 200


@pytest.mark.parametrize(
    "key", ["", "~", "/a//b/", "你好?&=\r\n", 'a\\b\\c"hello', "uploads", "?>>??", "a" * 750]
)
def test_any_key_names_the_object(app: ModuleType, functions: Functions, key: str) -> None:
    answer = upload(client(app), [b"a"], key)
    assert (answer.status, answer.body["key"]) == (200, key)


def test_no_key_is_named_by_its_etag(app: ModuleType) -> None:
    answer = upload(client(app), [b"hello"], None)
    assert answer.body == {
        "hash": "Fqr0xh3cxeii2r7eDztILNmuqUNN",
        "key": "Fqr0xh3cxeii2r7eDztILNmuqUNN",
    }


@pytest.mark.parametrize("encoded", ["YWI_Pz4-", "YWI/Pz4+", "YWI_Pz4-".rstrip("=")])
def test_key_may_be_in_either_alphabet(app: ModuleType, encoded: str) -> None:
    up = client(app)
    path = f"/buckets/demo/objects/{encoded}/uploads"
    upload_id = up.multipart("POST", path).body["uploadId"]
    etag = up.multipart("PUT", f"{path}/{upload_id}/1", b"a").body["etag"]
    body = json.dumps({"parts": [{"partNumber": 1, "etag": etag}]}).encode()
    assert up.multipart("POST", f"{path}/{upload_id}", body).body["key"] == "ab??>>"


# Content-MD5


def test_content_md5_in_hex_is_compared(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    upload_id = up.initiate()
    md5 = hashlib.md5(b"abc", usedforsecurity=False).hexdigest()
    assert up.part(upload_id, 1, b"abc", content_md5=md5.upper()).status == 200
    assert up.part(upload_id, 2, b"abc", content_md5=md5).status == 200
    functions.aws.s3.objects.clear()
    assert up.part(upload_id, 3, b"abd", content_md5=md5).short == (
        406,
        {"error": "md5 check error"},
    )
    assert up.part(upload_id, 3, b"abc", content_md5="kAFQmDzST7DWlj99KOF/cg==").status == 400
    assert functions.aws.s3.objects == {}


# Listing


def test_parts_are_listed_in_pages(app: ModuleType) -> None:
    up = client(app)
    upload_id = up.initiate()
    for number in (5, 1, 3):
        up.part(upload_id, number, b"x" * number)
    path = f"{up.uploads('k')}/{upload_id}"
    first = up.multipart("GET", path, query="max-parts=2").body
    assert (first["uploadId"], first["partNumberMarker"]) == (upload_id, 3)
    assert [(part["partNumber"], part["size"]) for part in first["parts"]] == [(1, 1), (3, 3)]
    assert first["parts"][0]["etag"] == qetag.of(b"x")
    assert abs(first["parts"][0]["putTime"] - time.time()) < 60
    for marker in ("part-number-marker", "part-number_marker"):
        rest = up.multipart("GET", path, query=f"max-parts=2&{marker}=3").body
        assert [part["partNumber"] for part in rest["parts"]] == [5]
        assert rest["partNumberMarker"] == 0
    assert len(up.multipart("GET", path).body["parts"]) == 3


def test_of_a_part_sent_twice_the_later_is_listed(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    upload_id = up.initiate()
    for data in (b"1", b"22", b"333"):
        up.part(upload_id, 1, data)
    objects = functions.aws.s3.objects
    for name, found in objects.items():
        age = timedelta(hours=0 if found.body == b"22" else 1)
        objects[name] = s3.StoredObject(found.body, {}, datetime.now(UTC) - age)
    (part,) = up.multipart("GET", f"{up.uploads('k')}/{upload_id}").body["parts"]
    assert part["size"] == 2


@pytest.mark.parametrize(
    "query",
    ["max-parts=0", f"max-parts={limits.LISTED_PARTS + 1}", "max-parts=a", "part-number-marker=-1"],
)
def test_page_that_cannot_be_is_400(app: ModuleType, query: str) -> None:
    up = client(app)
    path = f"{up.uploads('k')}/{up.initiate()}"
    assert up.multipart("GET", path, query=query).status == 400
    assert (
        up.multipart(
            "GET", path, query=f"max-parts={limits.LISTED_PARTS}&part-number-marker={limits.PARTS}"
        ).status
        == 200
    )


# Closing


def test_aborted_upload_is_unknown_to_every_call(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"a"])
    path = f"{up.uploads('k')}/{upload_id}"
    assert up.multipart("DELETE", path).short == (200, {})
    assert up.multipart("DELETE", path).short == (200, {})
    assert up.part(upload_id, 1, b"a").short == NO_SUCH_UPLOAD
    assert up.multipart("GET", path).short == NO_SUCH_UPLOAD
    assert up.complete(upload_id, parts).short == NO_SUCH_UPLOAD
    assert ("s3-demo", "k") not in functions.aws.s3.objects


def test_completed_upload_takes_nothing_more(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [bytes(MIB), b"a"])
    path = f"{up.uploads('k')}/{upload_id}"
    answer = up.complete(upload_id, parts)
    assert up.part(upload_id, 1, b"a").short == NO_SUCH_UPLOAD
    assert up.multipart("GET", path).short == NO_SUCH_UPLOAD
    assert up.multipart("DELETE", path).short == NO_SUCH_UPLOAD
    assert up.complete(upload_id, parts[:1]).short == NO_SUCH_UPLOAD
    assert up.complete(upload_id, parts).short == answer.short
    assert len(stored(functions)) == MIB + 1


def test_repeated_complete_does_not_undo_a_later_upload(
    app: ModuleType, functions: Functions
) -> None:
    up = client(app, scope="demo:k")
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"first"])
    answer = up.complete(upload_id, parts)
    upload(up, [b"second"])
    assert up.complete(upload_id, parts).short == answer.short
    assert stored(functions) == b"second"


def test_repeated_complete_moves_nothing_again(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(content(3 * BLOCK)))
    answer = up.complete(upload_id, parts)
    up.token = events.token(deadline=int(time.time()) + 60)
    assert up.complete(upload_id, parts).short == answer.short
    assert functions.aws.s3.count("CompleteMultipartUpload") == 1


def test_complete_whose_mark_was_lost_is_known_by_its_object(
    app: ModuleType, functions: Functions
) -> None:
    up, fake = client(app, scope="demo:k"), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(content(3 * BLOCK)))
    answer = up.complete(upload_id, parts)
    (mark,) = (name for name in fake.objects if name[1].endswith("/made"))
    del fake.objects[mark]
    assert up.complete(upload_id, parts).short == answer.short
    assert fake.count("CompleteMultipartUpload") == 1
    assert mark in fake.objects


@pytest.mark.parametrize("lost", [Reply(0), s3.error(404, "NoSuchUpload")])
def test_answer_of_s3_that_was_lost_is_no_failure(
    app: ModuleType, functions: Functions, lost: Reply
) -> None:
    up, fake = client(app, scope="demo:k"), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(content(3 * BLOCK)))

    def lose(operation: str, request: Any, carry: Any) -> Any:
        if operation == "CompleteMultipartUpload":
            carry()
            return lost
        return carry()

    fake.intercept = lose
    assert up.complete(upload_id, parts).status == 200


# Several at once


def beside(functions: Functions, act: Any) -> list[Any]:
    """Have something happen right before a complete makes its object; what came of it."""
    seen: list[Any] = []

    def intercept(operation: str, request: Any, carry: Any) -> Any:
        if operation == "PutObject" and request.path.startswith("/s3-demo/") and not seen:
            seen.append(None)
            seen[0] = act()
        return carry()

    functions.aws.s3.intercept = intercept
    return seen


@pytest.mark.parametrize("scope", ["demo", "demo:k"])
def test_complete_with_other_parts_beside_one_under_way_is_612(
    app: ModuleType, functions: Functions, scope: str
) -> None:
    up = client(app, scope=scope)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [bytes(MIB), b"a"])
    seen = beside(functions, lambda: up.complete(upload_id, parts[:1]).short)
    answer = up.complete(upload_id, parts)
    assert (answer.status, seen) == (200, [NO_SUCH_UPLOAD])
    assert up.complete(upload_id, parts).short == answer.short
    assert up.complete(upload_id, parts[1:]).short == NO_SUCH_UPLOAD
    assert len(stored(functions)) == MIB + 1


def test_abort_beside_a_complete_is_612_and_the_complete_can_be_repeated(
    app: ModuleType, functions: Functions
) -> None:
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"a"])
    path = f"{up.uploads('k')}/{upload_id}"
    seen = beside(functions, lambda: up.multipart("DELETE", path).short)
    answer = up.complete(upload_id, parts)
    assert (answer.status, seen) == (200, [NO_SUCH_UPLOAD])
    assert up.complete(upload_id, parts).short == answer.short


def test_complete_beside_an_abort_that_was_first_is_612(
    app: ModuleType, functions: Functions
) -> None:
    """The abort comes after the listing that saw the upload open."""
    up, fake = client(app), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"a"])
    path = f"{up.uploads('k')}/{upload_id}"
    seen: list[Any] = []

    def abort_first(operation: str, request: Any, carry: Any) -> Any:
        reply = carry()
        if operation == "ListObjectsV2" and not seen:
            seen.append(None)
            seen[0] = up.multipart("DELETE", path).short
        return reply

    fake.intercept = abort_first
    assert up.complete(upload_id, parts).short == NO_SUCH_UPLOAD
    assert (seen, ("s3-demo", "k") in fake.objects) == ([(200, {})], False)


def test_complete_that_failed_is_that_uploads_only_one(
    app: ModuleType, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    up, fake = client(app), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, [bytes(MIB), b"a"])

    def fail(operation: str, request: Any, carry: Any) -> Any:
        is_object = operation == "PutObject" and request.path.startswith("/s3-demo/")
        return s3.error(503, "SlowDown") if is_object else carry()

    fake.intercept = fail
    assert up.complete(upload_id, parts).status == 599
    fake.intercept = None
    assert up.complete(upload_id, parts[:1]).short == NO_SUCH_UPLOAD
    assert up.multipart("DELETE", f"{up.uploads('k')}/{upload_id}").short == NO_SUCH_UPLOAD
    assert up.complete(upload_id, parts).status == 200


def test_claim_that_s3_refuses_for_a_moment_is_tried_again(
    app: ModuleType, functions: Functions
) -> None:
    """Of several conditional writes at once S3 may refuse all but one with 409."""
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"a"])
    left = [s3.error(409, "ConditionalRequestConflict", "If-None-Match")] * 2

    def conflict(operation: str, request: Any, carry: Any) -> Any:
        is_claim = operation == "PutObject" and request.path.endswith("/closed")
        return left.pop() if is_claim and left else carry()

    functions.aws.s3.intercept = conflict
    assert up.complete(upload_id, parts).status == 200
    assert left == []


def test_first_complete_looks_for_nothing_that_it_cannot_have_made(
    app: ModuleType, functions: Functions
) -> None:
    up, fake = client(app, scope="demo:k"), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"a"])
    fake.calls.clear()
    up.complete(upload_id, parts)
    assert [call.operation for call in fake.calls] == [
        *("ListObjectsV2", "GetObject", "PutObject", "GetObject", "PutObject", "PutObject")
    ]


@pytest.mark.parametrize(
    ("policy", "is_in_scope"),
    [
        ({"scope": "demo:other"}, False),
        ({"scope": "demo:users/b/", "isPrefixalScope": 1}, False),
        ({"keylimit": ["other"]}, False),
        ({"scope": "demo:users/a/k"}, True),
        ({"scope": "demo:users/a/", "isPrefixalScope": 1}, True),
        ({"saveKey": "x", "forceSaveKey": True}, True),
    ],
)
def test_token_for_other_keys_is_no_token_for_this_upload(
    app: ModuleType, policy: dict[str, Any], is_in_scope: bool
) -> None:
    key = "users/a/k"
    upload_id = client(app).initiate(key)
    up = client(app, **policy)
    path = f"{up.uploads(key)}/{upload_id}"
    expected = 200 if is_in_scope else 403
    assert up.part(upload_id, 1, b"a", key).status == expected
    assert up.multipart("GET", path).status == expected
    assert up.multipart("DELETE", path).status == expected
    assert client(app).part(upload_id, 1, b"a", key).status == (612 if is_in_scope else 200)


# The same rules as a form's


def test_other_content_is_614_and_the_same_is_success(
    app: ModuleType, functions: Functions
) -> None:
    up, data = client(app), content(3 * BLOCK)
    assert upload(up, cut(data)).status == 200
    assert upload(up, cut(content(3 * BLOCK, 1))).short == (614, {"error": "file exists"})
    assert upload(up, cut(data)).status == 200
    assert stored(functions) == data


def test_of_two_at_once_the_second_is_614(app: ModuleType, functions: Functions) -> None:
    up, fake = client(app), functions.aws.s3
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(content(3 * BLOCK)))

    def other_first(operation: str, request: Any, carry: Any) -> Any:
        if operation == "CompleteMultipartUpload":
            fake.objects["s3-demo", "k"] = s3.StoredObject(b"other", {})
        return carry()

    fake.intercept = other_first
    assert up.complete(upload_id, parts).short == (614, {"error": "file exists"})
    assert (stored(functions), fake.uploads) == (b"other", {})


@pytest.mark.parametrize(("conflicts", "status"), [(1, 200), (2, 599)])
def test_conflict_begins_the_upload_anew_once(
    app: ModuleType, functions: Functions, conflicts: int, status: int
) -> None:
    up, fake, data = client(app), functions.aws.s3, content(3 * BLOCK)
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(data))
    left = [s3.error(409, "ConditionalRequestConflict")] * conflicts

    def conflict(operation: str, request: Any, carry: Any) -> Any:
        return left.pop() if operation == "CompleteMultipartUpload" and left else carry()

    fake.intercept = conflict
    assert up.complete(upload_id, parts).status == status
    assert fake.uploads == {}
    assert (("s3-demo", "k") in fake.objects) == (status == 200)


@pytest.mark.parametrize("key", ["a/../b", f"{'A' * 27}=/F{'0' * 27}/000000.ts"])
def test_key_that_is_none_is_400_before_any_byte_is_sent(app: ModuleType, key: str) -> None:
    up = client(app)
    answer = up.multipart("POST", up.uploads(key))
    assert (answer.status, answer.body["error"][:4]) == (400, "key ")


@pytest.mark.parametrize(
    ("policy", "key", "text"),
    [
        ({"scope": "demo:a"}, "b", "key doesn't match with scope"),
        ({"scope": "demo:a"}, None, "key doesn't match with scope"),
        ({"scope": "demo:a/", "isPrefixalScope": 1}, "b", "key doesn't match with scope"),
        ({"keylimit": ["a"]}, "b", "keylimit"),
    ],
)
def test_key_outside_the_policy_is_403_before_any_byte_is_sent(
    app: ModuleType, policy: dict[str, Any], key: str | None, text: str
) -> None:
    up = client(app, **policy)
    answer = up.multipart("POST", up.uploads(key))
    assert answer.status == 403
    assert text in answer.body["error"]


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"scope": "demo:a"}, "a"),
        ({"scope": "demo:a", "saveKey": "a"}, None),
        ({"scope": "demo:a/", "isPrefixalScope": 1}, "a/1"),
        ({"saveKey": "b", "forceSaveKey": True, "keylimit": ["b"]}, "a"),
    ],
)
def test_key_that_may_yet_be_right_is_let_in(
    app: ModuleType, policy: dict[str, Any], key: str | None
) -> None:
    assert upload(client(app, **policy), [b"a"], key).status == 200


# What is refused


def test_no_parts_are_400_in_kodos_words(app: ModuleType) -> None:
    up = client(app)
    upload_id = up.initiate()
    assert up.complete(upload_id, []).short == (400, {"error": "parts param can't be empty"})
    path = f"{up.uploads('k')}/{upload_id}"
    assert up.multipart("POST", path, b"{}").short == (400, {"error": "parts param can't be empty"})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"parts":1}', "not a list"),
        (b'{"parts":[1]}', "a part is not a JSON object"),
        (b'{"parts":[{"partNumber":"1","etag":"e"}]}', "partNumber"),
        (b'{"parts":[{"partNumber":true,"etag":"e"}]}', "partNumber"),
        (b'{"parts":[{"partNumber":10001,"etag":"e"}]}', "partNumber"),
        (b'{"parts":[{"partNumber":1}]}', "etag"),
        (
            b'{"parts":[{"partNumber":2,"etag":"e"},{"partNumber":1,"etag":"e"}]}',
            "ascending",
        ),
        (
            b'{"parts":[{"partNumber":1,"etag":"e"},{"partNumber":1,"etag":"e"}]}',
            "ascending",
        ),
        (b'{"parts":[{"partNumber":1,"etag":"e"}]}', "part 1: no part with this etag was sent"),
        (b'{"parts":[{"partNumber":1,"etag":"e"}],"fname":1}', "fname must be a string"),
        (b'{"parts":[{"partNumber":1,"etag":"e"}],"metadata":[]}', "metadata"),
        (b'{"parts":[{"partNumber":1,"etag":"e"}],"customVars":{"x:a":1}}', "customVars"),
        (b'{"parts":[{"partNumber":1,"etag":"\\ud800"}]}', "no part"),
        (b'{"parts":[{"partNumber":1,"etag":"e"}],"customVars":{"x:a":"\\ud800"}}', "x:a"),
    ],
)
def test_complete_that_cannot_be_is_400(app: ModuleType, body: bytes, text: str) -> None:
    up = client(app)
    answer = up.multipart("POST", f"{up.uploads('k')}/{up.initiate()}", body)
    assert answer.status == 400
    assert text in answer.body["error"]


def test_small_part_before_another_is_400_and_at_the_end_it_is_not(app: ModuleType) -> None:
    up = client(app)
    upload_id = up.initiate()
    parts = up.parts(upload_id, [bytes(MIB - 1), bytes(MIB)])
    answer = up.complete(upload_id, parts)
    assert answer.status == 400
    assert answer.body["error"].startswith("part 1: 1048575 bytes")
    parts = up.parts(upload_id, [bytes(MIB), bytes(MIB - 1)])
    assert up.complete(upload_id, parts).status == 200


@pytest.mark.parametrize("number", ["0", "10001", "a", "1.5", "-1", "1/2"])
def test_part_number_that_cannot_be_is_refused(app: ModuleType, number: str) -> None:
    up = client(app)
    assert up.part(up.initiate(), number, b"a").status in (400, 404, 405)


def test_highest_part_number_is_taken(app: ModuleType) -> None:
    up = client(app)
    assert up.part(up.initiate(), 10_000, b"a").status == 200


def test_part_above_what_a_request_carries_is_413(app: ModuleType) -> None:
    up = client(app)
    assert up.part(up.initiate(), 1, bytes(4_700_001)).status == 413


def changed(upload_id: str) -> str:
    return upload_id[:10] + ("A" if upload_id[10] != "A" else "B") + upload_id[11:]


@pytest.mark.parametrize("change", [changed, lambda text: text[:-3], lambda _: "x"])
def test_tampered_upload_id_is_612_everywhere(app: ModuleType, change: Any) -> None:
    up = client(app)
    upload_id = change(up.initiate())
    path = f"{up.uploads('k')}/{upload_id}"
    assert up.part(upload_id, 1, b"a").short == NO_SUCH_UPLOAD
    assert up.complete(upload_id, [(1, "e")]).short == NO_SUCH_UPLOAD
    assert up.multipart("GET", path).short == NO_SUCH_UPLOAD
    assert up.multipart("DELETE", path).short == NO_SUCH_UPLOAD


def test_somebody_elses_upload_id_is_612(app: ModuleType) -> None:
    up = client(app)
    upload_id = up.initiate("k")
    assert up.part(upload_id, 1, b"a", "other").short == NO_SUCH_UPLOAD
    assert up.part(upload_id, 1, b"a", None).short == NO_SUCH_UPLOAD
    assert up.part(upload_id, 1, b"a", "").short == NO_SUCH_UPLOAD
    foreign = Client(app, events.token(pair=KeyPair("oldak", "oldsk")))
    assert foreign.part(upload_id, 1, b"a").short == NO_SUCH_UPLOAD
    assert up.part(upload_id, 1, b"a").status == 200


def test_expired_upload_id_is_612_and_a_second_earlier_it_is_not(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = client(app)
    body = up.multipart("POST", up.uploads("k")).body
    monkeypatch.setattr("time.time", lambda: body["expireAt"])
    assert up.part(body["uploadId"], 1, b"a").short == NO_SUCH_UPLOAD
    monkeypatch.setattr("time.time", lambda: body["expireAt"] - 1)
    assert up.part(body["uploadId"], 1, b"a").status == 200


def test_bucket_of_the_path_has_to_be_the_tokens(functions: Functions) -> None:
    app = functions.load("resumable", UPGATE_BUCKETS='{"demo": "s3-demo", "second": "s3-second"}')
    up = client(app)
    assert up.multipart("POST", "/buckets/second/objects/aw==/uploads").status == 403
    unknown = up.multipart("POST", "/buckets/third/objects/aw==/uploads")
    assert unknown.short == (631, {"error": "no such bucket"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/buckets/demo/objects/aw==/uploads", 405),
        ("GET", "/buckets/demo/objects/aw==/uploads", 405),
        ("PUT", "/buckets/demo/objects/aw==/uploads/x", 405),
        ("DELETE", "/buckets/demo/objects/aw==/uploads/x/1", 405),
        ("POST", "/buckets/demo/objects/aw==", 404),
        ("POST", "/buckets/demo", 404),
        ("POST", "/buckets/demo/objects/aw==/uploads/x/1/2", 404),
        ("POST", "/buckets/demo/objects/%%%/uploads", 400),
        ("POST", "/buckets/demo/objects/gICA/uploads", 400),
    ],
)
def test_other_paths_and_methods_are_refused(
    app: ModuleType, method: str, path: str, status: int
) -> None:
    answer = client(app).multipart(method, path)
    assert answer.status == status
    assert answer.headers["X-Reqid"]


def test_preflight_of_a_browser_is_answered(app: ModuleType) -> None:
    answer = client(app).multipart("OPTIONS", "/buckets/demo/objects/aw==/uploads")
    assert answer.status == 204
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("token", "status", "text"),
    [
        ("testak:AAAA:e30=", 401, "bad token"),
        (events.token(deadline=1), 401, "expired"),
    ],
)
def test_token_is_checked_by_every_call(
    app: ModuleType, functions: Functions, token: str, status: int, text: str
) -> None:
    up = Client(app, token)
    path = f"/buckets/demo/objects/{b64('k')}/uploads"
    for method, suffix in (("POST", ""), ("PUT", "/x/1"), ("POST", "/x"), ("DELETE", "/x")):
        answer = up.multipart(method, path + suffix, b"a")
        assert answer.status == status
        assert text in answer.body["error"]
    assert functions.aws.s3.calls == []


def test_part_is_taken_although_its_neighbour_cannot_be_read(
    app: ModuleType, functions: Functions
) -> None:
    up, fake, data = client(app), functions.aws.s3, content(2 * BLOCK)
    upload_id = up.initiate()

    def broken(operation: str, request: Any, carry: Any) -> Any:
        is_part = operation == "GetObject" and "/part/" in request.path
        return s3.error(403, "AccessDenied") if is_part else carry()

    fake.intercept = broken
    parts = up.parts(upload_id, cut(data))
    fake.intercept = None
    assert up.complete(upload_id, parts).status == 200
    assert stored(functions) == data


def test_no_upload_id_token_or_key_is_logged(app: ModuleType, log: io.StringIO) -> None:
    up = client(app)
    upload_id = up.initiate("private-name")
    parts = up.parts(upload_id, [b"private-content"], "private-name")
    up.complete(upload_id, parts, "private-name", fname="private-file")
    assert log.getvalue().count('"request"') == 3
    for word in (upload_id, up.token[:40], "private-", b64("private-name")):
        assert word not in log.getvalue()
