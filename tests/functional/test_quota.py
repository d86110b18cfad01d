"""Quotas: the real handlers, the ledger's own conditional writes, strict S3 behind them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions
from tests.functional.strict_rig import Rig
from tests.resumable_client import Client, content
from upgate_aws.aws_endpoint import Answer, AwsEndpoint

MIB = 1024 * 1024


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("upload")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the ledger's operations, and carries all of AWS's out one after the other.

    Connections of 50 at once would be left open by those that an endpoint does not keep.
    """
    lock, counted, send = threading.Lock(), Counter[str](), AwsEndpoint.send

    def counting(self: AwsEndpoint, operation: str, *rest: Any, **options: Any) -> Answer:
        with lock:
            if operation.endswith("Item"):
                counted[operation] += 1
            return send(self, operation, *rest, **options)

    monkeypatch.setattr(AwsEndpoint, "send", counting)
    return counted


def token(name: str, end_user: str = "u1", **limits: int) -> str:
    """Under a name of its own for each test: the table is the same for all."""
    return events.token(endUser=end_user, quota={"name": name, **limits})


def upload(app: ModuleType, signed: str, key: str, data: bytes = b"hello") -> Any:
    answer = app.lambda_handler(events.form_of({"token": signed, "key": key}, data), None)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def status(app: ModuleType, signed: str, key: str, data: bytes = b"hello") -> int:
    code: int = upload(app, signed, key, data)[0]
    return code


def item(functions: Functions, name: str) -> dict[str, Any]:
    """The one day of the one user that a test has."""
    [found] = [
        found
        for found in functions.table().scan()["Items"]
        if found["pk"].startswith(f"quota#{name}#")
    ]
    return dict(found)


# One token, many uploads.


def test_of_50_uploads_at_once_as_many_are_taken_as_the_day_allows(
    app: ModuleType, functions: Functions, calls: Counter[str]
) -> None:
    signed = token("crowd", uploadsPerDay=10)
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda n: status(app, signed, f"k{n}"), range(50)))
    assert Counter(statuses) == {200: 10, 429: 40}
    assert len(functions.aws.s3.objects) == 10


def test_bytes_are_held_as_well_by_50_uploads_at_once(
    app: ModuleType, functions: Functions, calls: Counter[str]
) -> None:
    signed = token("crowd-bytes", bytesPerDay=10 * 7 + 6)
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda n: status(app, signed, f"k{n}", b"7 bytes"), range(50)))
    assert Counter(statuses) == {200: 10, 429: 40}
    assert item(functions, "crowd-bytes")["bytes_used"] == 70


def test_upload_with_a_quota_costs_one_write(app: ModuleType, calls: Counter[str]) -> None:
    assert status(app, token("one-write", uploadsPerDay=1), "k") == 200
    assert calls == {"UpdateItem": 1}


def test_upload_without_a_quota_costs_none(app: ModuleType, calls: Counter[str]) -> None:
    assert status(app, events.token(endUser="u1"), "k") == 200
    assert calls == {}


def test_the_last_upload_of_a_day_is_taken_and_the_next_refused(app: ModuleType) -> None:
    signed = token("next", uploadsPerDay=2)
    assert [status(app, signed, key) for key in ("a", "b", "c")] == [200, 200, 429]


def test_a_fresh_token_of_the_same_user_does_not_help(app: ModuleType) -> None:
    quota = {"name": "fresh", "uploadsPerDay": 1}
    tokens = [
        events.token(endUser="u1", quota=quota, deadline=deadline)
        for deadline in (4102444800, 4102444801)
    ]
    assert [status(app, signed, "k") for signed in tokens] == [200, 429]


def test_another_user_has_a_day_of_his_own(app: ModuleType) -> None:
    users = ("u1", "u2")
    tokens = [token("users", user, uploadsPerDay=1) for user in users]
    assert [status(app, signed, user) for signed, user in zip(tokens, users, strict=True)] == [
        200,
        200,
    ]


def test_refusal_says_which_limit_and_when_to_come_back(app: ModuleType) -> None:
    signed = token("says", uploadsPerDay=1)
    upload(app, signed, "a")
    code, body, headers = upload(app, signed, "b")
    assert (code, body) == (429, {"error": "quota exceeded: 1 uploads a day"})
    assert 0 < int(headers["Retry-After"]) <= 24 * 3600
    assert "Retry-After" in headers["Access-Control-Expose-Headers"]


def test_refused_upload_stores_nothing(app: ModuleType, functions: Functions) -> None:
    signed = token("nothing", bytesPerDay=5)
    assert [status(app, signed, "a", b"12345"), status(app, signed, "b", b"1")] == [200, 429]
    assert [key for _, key in functions.aws.s3.objects] == ["a"]


def test_file_beyond_a_whole_day_is_413(app: ModuleType) -> None:
    assert status(app, token("never", bytesPerDay=4), "k") == 413


def test_item_names_no_user_and_ends_by_itself(app: ModuleType, functions: Functions) -> None:
    status(app, token("item", "somebody@example.com", uploadsPerDay=1), "k")
    found = item(functions, "item")
    assert "somebody" not in json.dumps(found, default=str)
    assert (found["uploads_used"], found["bytes_used"]) == (1, 5)
    assert found["expires_at"] > 0


# The same upload again.


def test_repeated_upload_is_counted_once(app: ModuleType, functions: Functions) -> None:
    signed = token("repeated", uploadsPerDay=5)
    assert [status(app, signed, "k"), status(app, signed, "k")] == [200, 200]
    assert item(functions, "repeated")["uploads_used"] == 1


def test_other_content_under_the_same_key_is_another_upload(app: ModuleType) -> None:
    signed = events.token(
        scope="demo:k", endUser="u1", quota={"name": "content", "uploadsPerDay": 1}
    )
    assert [status(app, signed, "k", data) for data in (b"one", b"two")] == [200, 429]


def overwritable(name: str) -> str:
    return events.token(scope="demo:k", endUser="u1", quota={"name": name, "uploadsPerDay": 3})


def test_old_content_over_a_newer_one_is_another_upload(app: ModuleType) -> None:
    signed = overwritable("turns")
    assert [status(app, signed, "k", data) for data in (b"a", b"b", b"a", b"b")] == [200] * 3 + [
        429
    ]


def test_old_content_over_a_newer_one_that_is_repeated_is_counted_once(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Once in a while a random one falls into the other upload's place.
    monkeypatch.setattr("upgate.uploads.quota.secrets.token_hex", lambda _: "salt")
    signed = overwritable("turns-repeated")
    assert {status(app, signed, "k", data) for data in (b"a", b"b", b"a", b"a", b"a")} == {200}


def test_after_a_fault_of_s3_the_repetition_is_free(app: ModuleType, functions: Functions) -> None:
    signed = token("fault", uploadsPerDay=1)
    functions.aws.s3.before_put = lambda _: s3_error(403, "AccessDenied")
    assert status(app, signed, "k") == 599
    functions.aws.s3.before_put = None
    assert [status(app, signed, "k"), status(app, signed, "other")] == [200, 429]


def test_upload_that_is_refused_is_given_back(app: ModuleType, functions: Functions) -> None:
    signed = token("given-back", uploadsPerDay=2)
    statuses = [status(app, signed, "k", data) for data in (b"one", b"two")]
    assert (statuses, item(functions, "given-back")["uploads_used"]) == ([200, 614], 1)
    assert status(app, signed, "other") == 200


def test_refused_upload_calls_nobody_and_its_repetition_does_not_wait(
    app: ModuleType, functions: Functions
) -> None:
    signed = events.token(
        endUser="u1",
        quota={"name": "callback", "uploadsPerDay": 1},
        callbackUrl="https://app.example.com/",
        callbackBody="a=1",
    )
    functions.aws.functions.functions["callback"] = lambda *_: {
        "accepted": False,
        "body": "",
        "attempts": [],
    }
    assert status(app, signed, "a") == 579
    called = functions.aws.functions.invocations
    assert [status(app, signed, "b"), status(app, signed, "b")] == [429, 429]
    assert functions.aws.functions.invocations == called


def test_browser_form_is_redirected_with_the_reason(app: ModuleType) -> None:
    signed = events.token(
        endUser="u1",
        quota={"name": "redirect", "uploadsPerDay": 1},
        returnUrl="https://app.example.com/",
    )
    event = events.form_of({"token": signed, "key": "a"})
    assert app.lambda_handler(event, None)["statusCode"] == 301
    answer = app.lambda_handler(events.form_of({"token": signed, "key": "b"}), None)
    assert "code=429&error=quota%20exceeded" in answer["headers"]["Location"]


# Resumable uploads.


def test_v2_is_charged_when_it_is_complete(functions: Functions) -> None:
    up = Client(functions.load("resumable"), token("v2", bytesPerDay=2 * MIB))
    upload_id = up.initiate()
    parts = up.parts(upload_id, [content(MIB), b"end"])
    assert up.complete(upload_id, parts).status == 200
    assert item(functions, "v2")["bytes_used"] == MIB + 3


def test_v2_that_does_not_fit_is_refused_and_makes_no_object(functions: Functions) -> None:
    up = Client(functions.load("resumable"), token("v2-full", bytesPerDay=2 * MIB))
    ids = [up.initiate(key) for key in ("a", "b")]
    pieces = [content(MIB), content(MIB // 2)]
    answers = [
        up.complete(upload_id, up.parts(upload_id, pieces, key), key)
        for upload_id, key in zip(ids, ("a", "b"), strict=True)
    ]
    assert [answer.status for answer in answers] == [200, 429]
    assert ("s3-demo", "b") not in functions.aws.s3.objects


def test_v2_repeated_complete_is_counted_once(functions: Functions) -> None:
    up = Client(functions.load("resumable"), token("v2-twice", uploadsPerDay=1))
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"all"])
    assert [up.complete(upload_id, parts).status for _ in range(2)] == [200, 200]


def test_v2_begins_nothing_on_a_day_that_is_used_up(functions: Functions) -> None:
    up = Client(functions.load("resumable"), token("v2-early", uploadsPerDay=1))
    upload_id = up.initiate()
    up.complete(upload_id, up.parts(upload_id, [b"all"]))
    answer = up.multipart("POST", up.uploads("other"))
    assert answer.short == (429, {"error": "quota exceeded: 1 uploads a day"})


def test_v1_is_charged_at_mkfile_and_begins_no_block_afterwards(functions: Functions) -> None:
    up = Client(functions.load("resumable"), token("v1", uploadsPerDay=1))
    assert up.mkfile(5, up.blocks(b"hello")).status == 200
    assert up.mkblk(5, b"hello").status == 429


# Strict uploads: what is not accepted never becomes an object.


@pytest.mark.parametrize(
    ("answers", "statuses"),
    [
        ([200], [200, 429]),
        ([401, 200], [579, 200]),  # refused: gone, and given back
        ([503, 200], [579, 429]),  # nobody knows yet: it may still become visible
    ],
)
def test_strict_upload_is_counted_unless_it_was_refused(
    rig: Rig, answers: list[int], statuses: list[int]
) -> None:
    rig.business.answers = answers
    quota = {"name": f"strict-{answers[0]}", "uploadsPerDay": 1}
    uploads = [rig.form(endUser="u1", quota=quota) for _ in statuses]
    assert [upload.send()[0] for upload in uploads] == statuses


def test_strict_upload_that_is_repeated_is_counted_once(rig: Rig) -> None:
    upload = rig.form(endUser="u1", quota={"name": "strict-again", "uploadsPerDay": 1})
    assert [upload.send()[0], upload.send()[0]] == [200, 200]


# The token endpoint.


def test_token_is_refused_on_a_day_that_is_used_up(functions: Functions) -> None:
    preset = {"bucket": "demo", "quota": {"uploadsPerDay": 1}}
    functions.table().put_item(
        Item={"pk": "preset#avatar", "sk": "preset", "document": json.dumps(preset)}
    )
    ask = functions.load("token").lambda_handler
    signed = json.loads(ask(events.load("token-preset"), None)["body"])["token"]
    assert status(functions.load("upload"), signed, "k") == 200
    answer = functions.load("token").lambda_handler(events.load("token-preset"), None)
    assert answer["statusCode"] == 429
    assert json.loads(answer["body"]) == {"error": "quota exceeded: 1 uploads a day"}
    assert int(answer["headers"]["Retry-After"]) > 0
