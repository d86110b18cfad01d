"""Host discovery: real handler, real secret, and the official SDK's own reader."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.functional.conftest import Functions

SERVICES = ("io", "up", "uc", "rs", "rsf", "api", "s3")


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("query")


def ask(app: ModuleType, version: int, query: str = "ak=testak&bucket=demo") -> tuple[int, Any]:
    event = events.http("GET", f"/v{version}/query")
    event["rawQueryString"] = query
    answer = app.lambda_handler(event, None)
    assert answer["headers"]["X-Reqid"]
    return answer["statusCode"], json.loads(answer["body"])


def test_v4_names_one_region_with_every_service_here(app: ModuleType) -> None:
    status, body = ask(app, 4)
    (region,) = body["hosts"]
    assert (status, region["ttl"]) == (200, 86400)
    assert all(region[service]["domains"] == ["up.example.com"] for service in SERVICES)


def test_v2_names_the_host_where_js_and_ruby_look(app: ModuleType) -> None:
    status, body = ask(app, 2)
    assert (status, body["up"]["acc"]["main"]) == (200, ["up.example.com"])
    assert body["io"]["src"]["main"] == ["up.example.com"]


def test_domains_are_host_and_port_of_the_public_url(functions: Functions) -> None:
    app = functions.load("query", UPGATE_PUBLIC_URL="http://127.0.0.1:8787")
    assert ask(app, 4)[1]["hosts"][0]["up"]["domains"] == ["127.0.0.1:8787"]


def test_official_python_sdk_reads_the_answer(app: ModuleType) -> None:
    from qiniu.http.region import ServiceName
    from qiniu.http.regions_provider import _get_region_from_query

    region = _get_region_from_query(ask(app, 4)[1]["hosts"][0], preferred_scheme="https")
    assert region.services[ServiceName.UP][0].host == "up.example.com"
    assert region.ttl == 86400


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("ak=other&bucket=demo", 612, "app/accesskey is not found"),
        ("ak=testak&bucket=other", 631, "no such bucket"),
        ("ak=testak", 400, "ak and bucket must be given"),
        ("", 400, "ak and bucket must be given"),
    ],
)
def test_unknown_key_or_bucket_is_refused(
    app: ModuleType, version: int, query: str, status: int, error: str
) -> None:
    assert ask(app, version, query) == (status, {"error": error})


def test_older_key_of_the_ring_is_known(app: ModuleType) -> None:
    assert ask(app, 4, "ak=oldak&bucket=demo")[0] == 200


@pytest.mark.parametrize("name", ["query-v2", "query-v4"])
def test_sample_is_answered(app: ModuleType, name: str) -> None:
    assert app.lambda_handler(events.load(name), None)["statusCode"] == 200
