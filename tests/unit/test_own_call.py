from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from upgate import encoding
from upgate.callbacks.own_call import DOCTOR_PREFIX, is_own_call
from upgate.tokens.put_policy import FORM_BODY, JSON_BODY

ROOT = Path(__file__).resolve().parents[2]
BUCKETS = ("photos", "films")
OURS = encoding.encode(b"photos:a/b.jpg")
THEIRS = encoding.encode(b"other:a/b.jpg")
HOST = "https://app.example.com"
# Asked by anybody, so a signature buys nothing there.
UNSIGNED = re.compile(r"/v[1-4]/query|/status/get/prefop|/log/.*|/v1/sdk/config.*")


def is_own(path: str, body: str = "key=a", content_type: str = FORM_BODY) -> bool:
    return is_own_call(HOST + path, content_type, body, BUCKETS)


@pytest.mark.parametrize(
    ("ours", "neighbour"),
    [
        (f"/delete/{OURS}", f"/delete/{THEIRS}"),
        (f"/stat/{OURS}", f"/stat/{THEIRS}"),
        (f"/chgm/{OURS}/mime/dGV4dA==", f"/chgm/{THEIRS}/mime/dGV4dA=="),
        (f"/copy/{OURS}/{THEIRS}", f"/copy/{THEIRS}/{OURS}"),
        (f"/move/{OURS}/{OURS}/force/true", "/move/123"),
        (f"/delete/{OURS.rstrip('=')}", "/delete/123"),
        (f"/%64elete/{OURS}", f"/deleted/{OURS}"),
        (f"//delete/{OURS}/", f"/app/delete/{OURS}"),
        (f"/delete%2F{OURS}", "/delete"),
        (f"/delete/{encoding.encode(b'photos')}", f"/delete/{encoding.encode(b'photo')}"),
        ("/list?bucket=photos", "/list?bucket=other"),
        ("/list?limit=1&bucket=films", "/list?key=1"),
        ("/batch?op=/delete/x", "/batch?order=1"),
        ("/separator/photos/sep/LQ==", "/separator/hook"),
        ("/private/photos/private/0", "/private/hook"),
        ("/private?bucket=photos&private=0", "/private?id=1"),
        ("/accessMode/films/mode/0", "/accessmode/films/mode/0"),
        ("/info/photos", "/info/42"),
        ("/style/photos/name/YQ==/style/YQ==", "/styles/photos"),
        ("/unstyle/photos/name/YQ==", "/unstyle"),
        ("/v2/bucketInfo?bucket=photos", "/v2/hook"),
        ("/buckets", "/bucket"),
        ("/v6/domain/list?tbl=photos", "/v6/domain"),
    ],
)
def test_a_call_of_ours_is_told_from_a_business_server_s_own(ours: str, neighbour: str) -> None:
    assert is_own(ours)
    assert not is_own(neighbour)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/batch", "op=%2Fdelete%2Fx&key=a"),
        ("/pfop/", "bucket=photos&key=a&fops=avinfo"),
        ("/pfop", "bucket=photos&key=a&fops=avinfo"),
        ("/private", "bucket=photos&private=0"),
    ],
)
def test_a_form_counts_where_the_signature_covers_it(path: str, body: str) -> None:
    assert is_own(path, body)
    assert not is_own(path, body, JSON_BODY)
    assert not is_own(path, "key=a&order=1")


def test_the_doctor_may_have_the_stack_answer_for_itself() -> None:
    entry = encoding.encode(f"photos:{DOCTOR_PREFIX}x".encode())
    assert not is_own(f"/stat/{entry}")
    assert is_own(f"/delete/{entry}")


def routes() -> list[str]:
    """Paths of every function that takes a key pair's signature."""
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    paths = {
        event["Properties"]["Path"]
        for name in ("ManageFunction", "QueryFunction")
        for event in template["Resources"][name]["Properties"]["Events"].values()
    }
    return sorted(path for path in paths if not UNSIGNED.fullmatch(path))


@pytest.mark.parametrize("route", routes())
def test_every_route_that_a_key_pair_opens_is_known(route: str) -> None:
    """A new one has to be written into own_call.py, or its signature can be had by a callback."""
    body = "op=a&bucket=photos"
    samples = [route.replace("{proxy+}", argument) for argument in (OURS, "photos", "")]
    assert any(is_own(f"{path}?bucket=photos", body) for path in samples)
