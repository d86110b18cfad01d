"""The glue function, and an assembly that is shared out to it (DESIGN, "Resumable uploads")."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes import s3
from tests.fakes.s3_multipart import MultipartUpload
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, Client, b64, content, cut
from upgate.resumable import assembly_plan


@pytest.fixture
def app(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    # So little that three blocks are too much for one invocation.
    monkeypatch.setattr(assembly_plan, "JOINED_BYTES_PER_INVOCATION", 2 * BLOCK)
    monkeypatch.setattr(assembly_plan, "COPIES_PER_INVOCATION", 1)
    functions.aws.functions.functions["glue"] = functions.load("glue").lambda_handler
    return functions.load("resumable")


def test_large_mkfile_is_shared_out_and_stored_whole(app: ModuleType, functions: Functions) -> None:
    up, data = Client(app, events.token()), content(7 * BLOCK + 5)
    answer = up.mkfile(len(data), up.blocks(data), f"/key/{b64('k')}")
    assert answer.status == 200
    assert functions.aws.s3.objects["s3-demo", "k"].body == data
    assert functions.aws.functions.invocations == 4


def test_large_complete_is_shared_out_and_stored_whole(
    app: ModuleType, functions: Functions
) -> None:
    up, data = Client(app, events.token()), content(6 * BLOCK)
    upload_id = up.initiate()
    parts = up.parts(upload_id, cut(data))
    assert up.complete(upload_id, parts).status == 200
    assert functions.aws.s3.objects["s3-demo", "k"].body == data
    assert functions.aws.functions.invocations == 3


def test_share_that_fails_leaves_nothing_and_a_repetition_succeeds(
    app: ModuleType, functions: Functions
) -> None:
    up, data = Client(app, events.token()), content(5 * BLOCK)
    ctxs = up.blocks(data)
    glue = functions.aws.functions.functions["glue"]
    functions.aws.functions.functions["glue"] = lambda *_: 1 / 0
    assert up.mkfile(len(data), ctxs).status == 599
    assert functions.aws.s3.uploads == {}
    functions.aws.functions.functions["glue"] = glue
    assert up.mkfile(len(data), ctxs).status == 200


def test_glue_function_that_is_missing_is_599(app: ModuleType, functions: Functions) -> None:
    up, data = Client(app, events.token()), content(5 * BLOCK)
    ctxs = up.blocks(data)
    functions.aws.functions.functions.clear()
    assert up.mkfile(len(data), ctxs).status == 599


def test_sample_sends_what_it_names(functions: Functions) -> None:
    fake = functions.aws.s3
    app = functions.load("glue")
    event = events.load("glue-share")
    pieces = dict.fromkeys(("v1/aa/3000000-a", "v1/bb/3000000-b"), b"a" * 3000000)
    for name, body in (pieces | {"v2/cc/glued/00001/2-d": b"glued"}).items():
        fake.objects["s3-work", name] = s3.StoredObject(body, {})
    fake.uploads["upload-0"] = MultipartUpload(("s3-demo", "k"), {})
    answer: dict[str, Any] = app.lambda_handler(event, None)
    assert {part["number"] for part in answer["parts"]} == {1, 2}
    assert fake.uploads["upload-0"].parts.bodies == {1: b"a" * 6_000_000, 2: b"glued"}
