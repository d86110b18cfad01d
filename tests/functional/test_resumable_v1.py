"""mkblk, bput and mkfile: real handler, strict S3 behind it (protocol.md 3)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zlib
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from tests import events
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, Client, b64, content, cut
from upgate import limits
from upgate.contents import qetag
from upgate.tokens.keys import KeyPair

KEY = f"/key/{b64('k')}"


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("resumable")


def client(app: ModuleType, **policy: Any) -> Client:
    return Client(app, events.token(**policy))


def stored(functions: Functions, key: str = "k") -> bytes:
    return functions.aws.s3.objects["s3-demo", key].body


# The plain way


def test_first_chunk_answers_all_that_sdks_read(app: ModuleType) -> None:
    chunk = content(1000)
    answer = client(app).mkblk(BLOCK, chunk)
    assert answer.status == 200
    body = answer.body
    sha1 = hashlib.sha1(chunk, usedforsecurity=False).digest()
    assert body["checksum"] == base64.urlsafe_b64encode(sha1).decode()
    assert (body["crc32"], body["offset"]) == (zlib.crc32(chunk), 1000)
    assert body["host"] == "https://up.example.com"
    assert abs(body["expired_at"] - time.time() - 7 * 24 * 3600) < 60
    assert body["ctx"].replace("-", "").replace("_", "").isalnum()


def test_public_url_is_the_host_of_the_answer(functions: Functions) -> None:
    app = functions.load("resumable", UPGATE_PUBLIC_URL="http://127.0.0.1:8787/")
    assert client(app).mkblk(BLOCK, b"a").body["host"] == "http://127.0.0.1:8787"


def test_next_chunk_answers_its_own_crc32_and_the_blocks_checksum(app: ModuleType) -> None:
    up, data = client(app), content(3000)
    first = up.mkblk(BLOCK, data[:1000]).body
    body = up.bput(first["ctx"], 1000, data[1000:]).body
    assert (body["offset"], body["crc32"]) == (3000, zlib.crc32(data[1000:]))
    sha1 = hashlib.sha1(data, usedforsecurity=False).digest()
    assert body["checksum"] == base64.urlsafe_b64encode(sha1).decode()


@pytest.mark.parametrize(
    "size",
    [1, 1024, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 7],
)
def test_file_of_any_size_is_stored_whole(app: ModuleType, functions: Functions, size: int) -> None:
    up, data = client(app), content(size)
    answer = up.mkfile(size, up.blocks(data), KEY)
    assert answer.short == (200, {"hash": qetag.of(data), "key": "k"})
    assert stored(functions) == data
    assert functions.aws.s3.uploads == {}
    assert functions.aws.s3.rewritten == []


def test_empty_file_of_no_blocks_is_stored(app: ModuleType, functions: Functions) -> None:
    answer = client(app).mkfile(0, [], KEY)
    assert answer.short == (200, {"hash": "Fto5o-5ea0sNMlW_75VgGJCv2AcJ", "key": "k"})
    assert stored(functions) == b""


def test_blocks_in_chunks_are_stored_whole(app: ModuleType, functions: Functions) -> None:
    up, data = client(app), content(BLOCK + 300_000)
    ctxs = []
    for block in cut(data):
        chunks = cut(block, 256 * 1024)
        body = up.mkblk(len(block), chunks[0]).body
        for chunk in chunks[1:]:
            body = up.bput(body["ctx"], body["offset"], chunk).body
        ctxs.append(body["ctx"])
    assert up.mkfile(len(data), ctxs, KEY).status == 200
    assert stored(functions) == data


def test_chunk_sent_again_from_an_old_ctx_is_as_good(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    first = up.mkblk(6, b"abc").body["ctx"]
    lost = up.bput(first, 3, b"def").body
    again = up.bput(first, 3, b"def").body
    assert lost["checksum"] == again["checksum"]
    assert up.mkfile(6, [again["ctx"]], KEY).status == 200
    assert stored(functions) == b"abcdef"


def test_every_pair_counts_in_any_order(app: ModuleType, functions: Functions) -> None:
    template = '{"k":$(key),"n":$(fname),"m":$(mimeType),"a":$(x:a),"e":$(ext)}'
    up = client(app, returnBody=template)
    pairs = (
        f"/mimeType/{b64('image/x-odd')}/x%3Aa/{b64('1 2')}/x-qn-meta-M1/{b64('v1')}"
        f"/key/{b64('a/b')}/fname/{b64('照片.jpg')}"
    )
    answer = up.mkfile(1, up.blocks(b"a"), pairs)
    assert answer.status == 200
    named = {"k": "a/b", "n": "照片.jpg", "m": "image/x-odd", "a": "1 2"}
    assert {name: answer.body[name] for name in named} == named
    found = functions.aws.s3.objects["s3-demo", "a/b"]
    assert found.headers["content-type"] == "image/x-odd"
    assert found.metadata["qn-m1"] == "v1"


def test_a_name_and_a_label_are_no_reason_to_refuse_a_file(app: ModuleType) -> None:
    up = client(app, returnBody='{"n":$(fname),"m":$(mimeType)}')
    pairs = f"/mimeType/{b64('txt')}/fname/{b64('a' + chr(13) + 'b.jpg')}{KEY}"
    answer = up.mkfile(1, up.blocks(b"a"), pairs)
    assert answer.short == (200, {"n": "ab.jpg", "m": "txt"})


@pytest.mark.parametrize(
    ("pairs", "key"), [("", "FoZ7pDOhH2HJyLAc1FxCXpPs2ksC"), ("/key/", ""), (KEY, "k")]
)
def test_no_key_and_the_empty_key_are_different(app: ModuleType, pairs: str, key: str) -> None:
    up = client(app)
    answer = up.mkfile(1, up.blocks(b"A"), pairs)
    assert answer.status == 200
    assert answer.body["key"] == (key if pairs else answer.body["hash"])


def test_checksum_of_the_file_comes_from_the_blocks(app: ModuleType, functions: Functions) -> None:
    up, data = client(app), content(2 * BLOCK + 5)
    ctxs = up.blocks(data)
    before = functions.aws.s3.count("GetObject")
    wrong = up.mkfile(len(data), ctxs, f"{KEY}/crc32/{zlib.crc32(data) ^ 1}")
    assert (wrong.status, functions.aws.s3.count("GetObject")) == (406, before)
    assert up.mkfile(len(data), ctxs, f"{KEY}/crc32/{zlib.crc32(data)}").status == 200


def test_picture_is_described_by_range_reads(app: ModuleType, functions: Functions) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48)).save(picture, "BMP")
    data = picture.getvalue() + content(3 * BLOCK)
    up = client(app, returnBody='{"w":$(imageInfo.width),"m":$(mimeType)}')
    ctxs = up.blocks(data)
    seen: list[str] = []

    def watch(operation: str, request: Any, carry: Any) -> Any:
        if operation == "GetObject" and "range" in request.headers:
            seen.append(request.headers["range"])
        return carry()

    functions.aws.s3.intercept = watch
    answer = up.mkfile(len(data), ctxs)
    assert answer.short == (200, {"w": 64, "m": "image/bmp"})
    assert seen
    assert all(span.startswith("bytes=0-") for span in seen)


# The same rules as a form's


@pytest.mark.parametrize(
    ("policy", "status", "text"),
    [
        ({"scope": "demo:other"}, 403, "key doesn't match with scope"),
        ({"fsizeLimit": 8 * 1024}, 413, "fsizeLimit is 8192"),
        ({"fsizeMin": 8 * 1024 * 1024}, 403, "smaller than FsizeMin"),
        ({"mimeLimit": "image/*"}, 403, "forbidden to upload"),
        ({"keylimit": ["other"]}, 403, "keylimit"),
    ],
)
def test_policy_holds_for_mkfile(
    app: ModuleType, functions: Functions, policy: dict[str, Any], status: int, text: str
) -> None:
    up, data = client(app, **policy), content(9000)
    answer = up.mkfile(len(data), up.blocks(data), KEY)
    assert answer.status == status
    assert text in answer.body["error"]
    assert ("s3-demo", "k") not in functions.aws.s3.objects


@pytest.mark.parametrize("key", ["a/../b", f"{'A' * 27}=/F{'0' * 27}"])
def test_key_that_is_none_is_400_and_stores_nothing(
    app: ModuleType, functions: Functions, key: str
) -> None:
    up = client(app)
    answer = up.mkfile(1, up.blocks(b"a"), f"/key/{b64(key)}")
    assert (answer.status, answer.body["error"][:4]) == (400, "key ")
    assert ("s3-demo", key) not in functions.aws.s3.objects


def test_other_content_under_the_key_is_614_and_the_same_is_success(
    app: ModuleType, functions: Functions
) -> None:
    up, first, second = client(app), content(2 * BLOCK), content(2 * BLOCK, seed=1)
    assert up.mkfile(len(first), up.blocks(first), KEY).status == 200
    assert up.mkfile(len(second), up.blocks(second), KEY).short == (614, {"error": "file exists"})
    assert up.mkfile(len(first), up.blocks(first), KEY).status == 200
    assert stored(functions) == first


def test_scope_with_key_overwrites(app: ModuleType, functions: Functions) -> None:
    up, first, second = client(app, scope="demo:k"), content(9000), content(9000, seed=1)
    for data in (first, second):
        assert up.mkfile(len(data), up.blocks(data), KEY).status == 200
    assert stored(functions) == second


def test_repeated_mkfile_does_not_undo_a_later_upload(
    app: ModuleType, functions: Functions
) -> None:
    up, first, second = client(app, scope="demo:k"), content(9000), content(9000, seed=1)
    ctxs = up.blocks(first)
    answer = up.mkfile(len(first), ctxs, KEY)
    up.mkfile(len(second), up.blocks(second), KEY)
    assert up.mkfile(len(first), ctxs, KEY).short == answer.short
    assert stored(functions) == second


def test_repeated_mkfile_with_a_refreshed_token_gives_the_same_answer(
    app: ModuleType, functions: Functions
) -> None:
    up, data = client(app, saveKey="$(year)$(hour)$(min)$(sec)"), content(3 * BLOCK)
    ctxs = up.blocks(data)
    answer = up.mkfile(len(data), ctxs)
    up.token = events.token(saveKey="$(year)$(hour)$(min)$(sec)", deadline=int(time.time()) + 9)
    before = functions.aws.s3.count("CompleteMultipartUpload")
    assert up.mkfile(len(data), ctxs).short == answer.short
    assert functions.aws.s3.count("CompleteMultipartUpload") == before == 1


# What is refused


@pytest.mark.parametrize(
    ("size", "chunk", "text"),
    [
        (0, b"a", "too many data to read, block capacity is 0 bytes, 0 byte(s) used"),
        (BLOCK + 1, b"a", "a block has 0 to 4194304 bytes"),
        ("4194304/1", b"a", "a block has 0 to 4194304 bytes"),
        ("-1", b"a", "not a decimal number"),
        (3, b"", "the chunk is empty"),
        (3, b"abcd", "too many data to read, block capacity is 3 bytes, 0 byte(s) used"),
    ],
)
def test_block_that_cannot_be_is_400(
    app: ModuleType, functions: Functions, size: int | str, chunk: bytes, text: str
) -> None:
    answer = client(app).mkblk(size, chunk)
    assert answer.status == 400
    assert text in answer.body["error"]
    assert functions.aws.s3.objects == {}


def test_an_empty_file_may_have_one_empty_block(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    block = up.mkblk(0, b"").body
    assert (block["offset"], block["crc32"]) == (0, 0)
    answer = up.mkfile(0, [block["ctx"]], KEY)
    assert (answer.status, answer.body["hash"]) == (200, "Fto5o-5ea0sNMlW_75VgGJCv2AcJ")
    assert functions.aws.s3.objects["s3-demo", "k"].body == b""


def test_an_empty_block_at_the_end_adds_nothing(app: ModuleType) -> None:
    up = client(app)
    whole, end = content(BLOCK), up.mkblk(0, b"").body["ctx"]
    answer = up.mkfile(BLOCK, [up.mkblk(BLOCK, whole).body["ctx"], end], KEY)
    assert (answer.status, answer.body["hash"]) == (200, qetag.of(whole))


def test_block_of_just_its_size_is_taken(app: ModuleType) -> None:
    assert client(app).mkblk(3, b"abc").status == 200


def test_chunk_beyond_the_block_is_400_in_kodos_words(app: ModuleType) -> None:
    up = client(app)
    ctx = up.mkblk(5, b"abc").body["ctx"]
    text = "too many data to read, block capacity is 5 bytes, 3 byte(s) used"
    assert up.bput(ctx, 3, b"def").short == (400, {"error": text})
    assert up.bput(ctx, 3, b"de").status == 200


@pytest.mark.parametrize("offset", [0, 2, 4])
def test_chunk_at_a_wrong_offset_is_701(app: ModuleType, offset: int) -> None:
    up = client(app)
    ctx = up.mkblk(9, b"abc").body["ctx"]
    assert up.bput(ctx, offset, b"def").short == (701, {"error": "invalid ctx"})


def test_body_above_what_a_request_carries_is_413(app: ModuleType) -> None:
    assert client(app).mkblk(BLOCK, bytes(4_700_001)).status == 413


def tampered(ctx: str) -> str:
    return ctx[:40] + ("A" if ctx[40] != "A" else "B") + ctx[41:]


@pytest.mark.parametrize("change", [tampered, lambda ctx: ctx[:-4], lambda _: "x", lambda _: "~"])
def test_tampered_ctx_is_701_everywhere(app: ModuleType, change: Any) -> None:
    up = client(app)
    ctx = change(up.mkblk(3, b"abc").body["ctx"])
    assert up.bput(ctx, 3, b"d").short == (701, {"error": "invalid ctx"})
    assert up.mkfile(3, [ctx], KEY).short == (701, {"error": "block 0: invalid context"})


@pytest.mark.parametrize(
    "token",
    [
        events.token(scope="demo:k"),
        events.token(scope="second"),
        events.token(pair=KeyPair("oldak", "oldsk")),
    ],
)
def test_somebody_elses_ctx_is_701(functions: Functions, token: str) -> None:
    app = functions.load("resumable", UPGATE_BUCKETS='{"demo": "s3-demo", "second": "s3-second"}')
    ctx = client(app).mkblk(3, b"abc").body["ctx"]
    foreign = Client(app, token)
    assert foreign.mkfile(3, [ctx], KEY).short == (701, {"error": "block 0: invalid context"})
    assert foreign.bput(ctx, 3, b"d").short == (701, {"error": "invalid ctx"})


def test_refreshed_token_of_the_same_scope_goes_on(app: ModuleType) -> None:
    ctx = client(app).mkblk(3, b"abc").body["ctx"]
    assert client(app, deadline=int(time.time()) + 60).mkfile(3, [ctx], KEY).status == 200


def test_expired_ctx_is_701_and_a_second_earlier_it_is_not(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = client(app)
    body = up.mkblk(3, b"abc").body
    monkeypatch.setattr("time.time", lambda: body["expired_at"])
    assert up.mkfile(3, [body["ctx"]], KEY).status == 701
    monkeypatch.setattr("time.time", lambda: body["expired_at"] - 1)
    assert up.mkfile(3, [body["ctx"]], KEY).status == 200


def test_block_whose_bytes_are_gone_is_701(app: ModuleType, functions: Functions) -> None:
    up = client(app)
    ctx = up.mkblk(6, b"abc").body["ctx"]
    full = up.mkblk(3, b"abc").body["ctx"]
    functions.aws.s3.objects.clear()
    assert up.bput(ctx, 3, b"def").short == (701, {"error": "invalid ctx"})
    assert up.mkfile(3, [full], KEY).status == 701


def test_damaged_bytes_in_the_work_bucket_never_become_an_object(
    app: ModuleType, functions: Functions
) -> None:
    from tests.fakes.s3 import StoredObject

    up = client(app)
    ctx = up.mkblk(3, b"abc").body["ctx"]
    (name,) = functions.aws.s3.objects
    functions.aws.s3.objects[name] = StoredObject(b"abd", {})
    assert up.mkfile(3, [ctx], KEY).status == 599
    assert up.bput(up.mkblk(4, b"abc").body["ctx"], 3, b"d").status == 200
    assert ("s3-demo", "k") not in functions.aws.s3.objects


def lists(ctxs: list[str]) -> dict[str, tuple[list[str], int, str]]:
    a, b, c = ctxs
    return {
        "missing": ([a, c], 400, "unexpected file size"),
        "last missing": ([a, b], 400, "unexpected file size"),
        "reordered": ([a, c, b], 400, "block 1: unexpected block size 7"),
        "duplicated": ([a, a, c], 701, "block 1: invalid context"),
        "gap": ([a, "", c], 701, "block 1: invalid context"),
        "not one": ([a, b, "你好"], 701, "block 2: invalid context"),
        "none": ([], 701, "block 0: invalid context"),
    }


@pytest.mark.parametrize("case", list(lists(["a", "b", "c"])))
def test_list_that_is_not_the_files_is_refused_in_kodos_words(
    app: ModuleType, functions: Functions, case: str
) -> None:
    up, data = client(app), content(2 * BLOCK + 7)
    ctxs, status, text = lists(up.blocks(data))[case]
    assert up.mkfile(len(data), ctxs, KEY).short == (status, {"error": text})
    assert ("s3-demo", "k") not in functions.aws.s3.objects


@pytest.mark.parametrize("size", [2, 4])
def test_size_that_is_not_the_sum_of_the_blocks_is_400(app: ModuleType, size: int) -> None:
    up = client(app)
    answer = up.mkfile(size, up.blocks(b"abc"), KEY)
    assert answer.short == (400, {"error": "unexpected file size"})


def test_block_that_is_not_whole_is_400_in_kodos_words(app: ModuleType) -> None:
    up = client(app)
    whole = up.mkblk(BLOCK, content(BLOCK)).body["ctx"]
    part = up.mkblk(7, b"abc").body["ctx"]
    text = "block 1: expect 7 bytes but only 3 bytes uploaded"
    assert up.mkfile(BLOCK + 7, [whole, part], KEY).short == (400, {"error": text})


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ("UpToken testak:AAAA:e30=", 401, "bad token"),
        ("", 401, "token not specified"),
        (f"UpToken {events.token(deadline=1)}", 401, "expired"),
        (f"UpToken {events.token(scope='nowhere')}", 631, "no such bucket"),
    ],
)
def test_token_is_checked_by_every_call(
    app: ModuleType, functions: Functions, header: str, status: int, text: str
) -> None:
    for route, path in (("mkblk", "/mkblk/3"), ("bput", "/bput/x/3"), ("mkfile", "/mkfile/3")):
        event = events.http(
            "POST", path, b"abc", {"Authorization": header}, f"POST /{route}/{{proxy+}}"
        )
        answer = app.lambda_handler(event, None)
        assert answer["statusCode"] == status
        assert text in json.loads(answer["body"])["error"]
        assert answer["headers"]["X-Reqid"]
    assert functions.aws.s3.calls == []


def test_no_ctx_token_or_key_is_logged(app: ModuleType, log: io.StringIO) -> None:
    up = client(app)
    ctx = up.mkblk(3, b"abc").body["ctx"]
    up.mkfile(3, [ctx], f"/key/{b64('private-name')}")
    assert log.getvalue().count('"request"') == 2
    for word in (ctx, up.token[:40], "private-name", b64("private-name")):
        assert word not in log.getvalue()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("resumable-mkblk", 200),
        ("resumable-bput", 701),
        ("resumable-mkfile", 701),
        ("resumable-initiate", 200),
        ("resumable-part", 612),
    ],
)
def test_sample_is_answered(app: ModuleType, name: str, status: int) -> None:
    assert app.lambda_handler(events.load(name), None)["statusCode"] == status


def test_file_has_as_many_blocks_as_the_limit_and_no_more(app: ModuleType) -> None:
    """At the limit the blocks are looked at; beyond it not one of them is."""
    up = client(app)
    most = ["x"] * limits.MKFILE_BLOCKS
    assert up.mkfile(1, most, KEY).short == (701, {"error": "block 0: invalid context"})
    assert up.mkfile(1, [*most, "x"], KEY).status == 413
