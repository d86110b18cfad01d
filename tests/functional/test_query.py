"""Host discovery: real handler, real secret, and the official SDK's own reader."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.functional.conftest import Functions

SERVICES = ("io", "io_src", "up", "uc", "rs", "rsf", "api", "s3")


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("query")


def ask(
    app: ModuleType, version: int, query: str = "ak=testak&bucket=demo", method: str = "GET"
) -> tuple[int, Any]:
    event = events.http(method, f"/v{version}/query")
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


def test_v4_by_post_is_what_the_c_sdk_asks(app: ModuleType) -> None:
    assert ask(app, 4, method="POST") == ask(app, 4)


def test_v4_has_no_list_of_accelerating_hosts(app: ModuleType) -> None:
    """An empty one is a region without hosts to Android and C."""
    assert ask(app, 4)[1]["hosts"][0]["up"].keys() == {"domains"}


def test_v3_has_the_shape_that_java_reads(app: ModuleType) -> None:
    status, body = ask(app, 3)
    (region,) = body["hosts"]
    here = {"main": ["up.example.com"]}
    assert (status, region["up"]) == (200, {"src": here, "acc": here})
    assert (region["io"], region["io_src"]) == ({"src": here}, {"src": here})
    assert all(region[service] == {"acc": here} for service in ("rs", "rsf", "api", "uc"))
    assert (region["region"], region["ttl"]) == ("z0", 86400)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_v1_has_whole_origins_where_the_oldest_sdks_look(app: ModuleType, scheme: str) -> None:
    status, body = ask(app, 1)
    hosts = body[scheme]
    assert (status, body["ttl"], hosts["io"]) == (200, 86400, ["https://up.example.com"])
    assert hosts["up"][0] == hosts["up"][1] == "https://up.example.com"  # Node 6 takes the second
    assert hosts["up"][2].split(" ")[2].split("//")[1] == "up.example.com"  # as Java's AutoZone
    assert hosts["rs"] == hosts["rsf"] == ["https://up.example.com"]  # Python 7.10 wants them


def test_domains_are_host_and_port_of_the_public_url(functions: Functions) -> None:
    app = functions.load("query", UPGATE_PUBLIC_URL="http://127.0.0.1:8787")
    assert ask(app, 4)[1]["hosts"][0]["up"]["domains"] == ["127.0.0.1:8787"]


def test_official_python_sdk_reads_the_answer(app: ModuleType) -> None:
    from qiniu.http.region import ServiceName
    from qiniu.http.regions_provider import _get_region_from_query

    region = _get_region_from_query(ask(app, 4)[1]["hosts"][0], preferred_scheme="https")
    assert region.services[ServiceName.UP][0].host == "up.example.com"
    assert region.ttl == 86400


@pytest.mark.parametrize("version", [1, 2, 3, 4])
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


@pytest.mark.parametrize(
    ("path", "route", "body"),
    [
        ("/log/3", "POST /log/{proxy+}", b"200,1,up.example.com"),
        ("/log/4", "POST /log/{proxy+}", b"\x1f\x8b packed"),
        ("/v1/sdk/config", "POST /v1/sdk/config", b""),
        ("/v1/sdk/config/user", "POST /v1/sdk/config/user", b""),
    ],
)
def test_what_sdks_send_beside_uploads_is_taken(
    app: ModuleType, path: str, route: str, body: bytes
) -> None:
    """An SDK that is refused here sends again, and thinks ill of the host."""
    event = events.http("POST", path, body, route=route)
    answer = app.lambda_handler(event, None)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    expected = {"ttl": 86400} if path.startswith("/v1/") else {}
    assert json.loads(answer["body"]) == expected
