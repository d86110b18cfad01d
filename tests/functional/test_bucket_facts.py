"""What qshell, kodo-browser and the SDKs' managers ask about buckets: the real handlers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import events
from tests.functional.conftest import Functions

HERE = "up.example.com"


class Asker:
    """A business server with the key pair, and both functions that answer it."""

    def __init__(self, functions: Functions) -> None:
        self.query = functions.load("query")
        self._download = functions.load("download")

    def __call__(
        self, path: str, query: str = "", method: str = "POST", *, signed: bool = True
    ) -> tuple[int, Any]:
        target = f"{path}?{query}" if query else path
        signature = events.PAIR.sign(f"{target}\n".encode())
        headers = {"Authorization": f"QBox {events.PAIR.access_key}:{signature}"}
        event = events.http(method, path, b"", headers if signed else {})
        event["rawQueryString"] = query
        if method == "GET":
            event["routeKey"] = "GET /{proxy+}"
        app = self._download if method == "GET" else self.query
        answer = app.lambda_handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def ask(functions: Functions) -> Asker:
    return Asker(functions)


METHODS = pytest.mark.parametrize("method", ["GET", "POST"])


@METHODS
def test_the_bucket_is_listed_as_each_client_reads_it(ask: Asker, method: str) -> None:
    assert ask("/buckets", method=method) == (200, ["demo"])
    _, page = ask("/buckets", "apiVersion=v4&limit=50", method)
    assert (page["is_truncated"], page["next_marker"]) == (False, "")
    assert [item["name"] for item in page["buckets"]] == ["demo"]
    for version in (2, 3):
        _, items = ask(f"/v{version}/buckets", "shared=rd", method)
        assert [(item["tbl"], item["region"]) for item in items] == [("demo", "z0")]


@METHODS
def test_no_bucket_is_of_another_region(ask: Asker, method: str) -> None:
    assert ask("/v3/buckets", "region=z1", method) == (200, [])
    assert len(ask("/v3/buckets", "region=z0", method)[1]) == 1


@METHODS
def test_domains_are_the_stacks_own(ask: Asker, method: str) -> None:
    assert ask("/v2/domains", "tbl=demo", method) == (200, [HERE])
    assert ask("/v6/domain/list", "tbl=demo", method) == (200, [HERE])
    _, [domain] = ask("/v3/domains", "tbl=demo", method)
    assert (domain["domain"], domain["tbl"], domain["freeze_types"]) == (HERE, "demo", [])


@METHODS
def test_the_region_names_every_service(ask: Asker, method: str) -> None:
    _, body = ask("/regions", method=method)
    (region,) = body["regions"]
    assert region["id"] == "z0"
    for service in ("up", "io", "io_src", "rs", "rsf", "api", "uc", "s3"):
        assert region[service]["domains"] == [HERE]


@METHODS
def test_bucket_info_says_what_was_set(ask: Asker, method: str) -> None:
    _, before = ask("/v2/bucketInfo", "bucket=demo", method)
    assert (before["private"], before["protected"], before["styles"]) == (0, 0, {})
    ask("/private", "bucket=demo&private=1")
    _, after = ask("/v2/bucketInfo", "bucket=demo", method)
    assert (after["private"], after["region"]) == (1, "z0")
    assert ask("/v2/bucketInfos", "", method) == (200, [{"name": "demo", "info": after}])
    assert ask("/buckets", "apiVersion=v4", method)[1]["buckets"][0]["private"] is True


@METHODS
@pytest.mark.parametrize(
    "path", ["/v2/bucketInfo?bucket=", "/v2/domains?tbl=", "/v3/domains?tbl=", "/v2/domains?x="]
)
def test_another_bucket_is_no_bucket(ask: Asker, path: str, method: str) -> None:
    path, _, query = path.partition("?")
    assert ask(path, f"{query}other", method) == (631, {"error": "no such bucket"})


@pytest.mark.parametrize("path", ["/regions", "/buckets", "/v2/bucketInfo", "/v3/domains"])
def test_a_stranger_is_told_nothing(ask: Asker, path: str) -> None:
    """By GET it is a key like any other; where none is stored, the path has other methods."""
    assert ask(path, "bucket=demo&tbl=demo", signed=False)[0] == 401
    assert ask(path, "bucket=demo&tbl=demo", "GET", signed=False)[0] == 405


# /private by its fields, as every SDK's manager sends it.


def private_by_form(ask: Asker, body: bytes) -> tuple[int, Any]:
    signature = events.PAIR.sign(b"/private\n" + body)
    headers = {
        "Authorization": f"QBox {events.PAIR.access_key}:{signature}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = ask.query.lambda_handler(events.http("POST", "/private", body, headers), None)
    return answer["statusCode"], json.loads(answer["body"])


def test_private_is_set_by_a_query_or_a_form(ask: Asker) -> None:
    assert ask("/private", "bucket=demo&private=1")[1]["private"] == 1
    assert private_by_form(ask, b"bucket=demo&private=0")[1]["private"] == 0
    assert ask("/private/demo/private/1")[1]["private"] == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("bucket=demo&private=2", 400),
        ("bucket=demo&private=", 400),
        ("bucket=demo", 400),
        ("bucket=other&private=1", 631),
        ("private=1", 631),
        ("", 631),
    ],
)
def test_private_without_its_fields_sets_nothing(ask: Asker, query: str, status: int) -> None:
    assert ask("/private", query)[0] == status
    assert ask("/v2/bucketInfo", "bucket=demo")[1]["private"] == 0
