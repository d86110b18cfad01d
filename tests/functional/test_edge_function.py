"""The CloudFront function, under node, which has the language features of its runtime and more."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests.fakes.cloudformation import CLOUDFRONT_CERTIFICATE, ChangeSet
from upgate import limits
from upgate.answers.responses import CorsSettings, common_headers, error_response
from upgate.errors import FileTooLargeError
from upgate.objects import legal_key

CLOUDFRONT = {"Domain": "up.example.com", "CloudFrontCertificateArn": CLOUDFRONT_CERTIFICATE}
RESULT = "/MPq4XRPbq0nGpqxrxtcdIpVTC0k=/FtG4XRPbq0nGpqxrxtcdIpVTC0kX"
# `import` needs a module, and the module CloudFront: what the function asks of it is written down.
RUNNER = """
const [source, events] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const body = source.replace("import cf from 'cloudfront';", '') + '\\nreturn handler;';
const answers = events.map((event) => {
  const groups = [];
  const cf = {createRequestOriginGroup: (group) => { groups.push(group); }};
  return {answer: new Function('cf', body)(cf)(event), groups};
});
process.stdout.write(JSON.stringify(answers));
"""


def run(
    method: str = "GET",
    uri: str = "/",
    *,
    query: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    **given: str,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the function makes of a request, and the origin groups that it chose."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: tests/system_packages.sh")
    parameters = CLOUDFRONT | {"CloudFront": "results"} | given
    edge = ChangeSet.of(**parameters).nested("EdgeStack")
    function = edge.resources()["EdgeFunction"]["Properties"]
    event = {
        "context": {"requestId": "4TyzHTaYWb1GX1vTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
        "request": {
            "method": method,
            "uri": uri,
            "querystring": query or {},
            "headers": {name: {"value": value} for name, value in (headers or {}).items()},
        },
    }
    done = subprocess.run(
        [node, "-e", RUNNER],
        input=json.dumps([function["FunctionCode"], [event]]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    [result] = json.loads(done.stdout)
    answer, groups = result["answer"], result["groups"]
    assert ("statusCode" in answer) or answer == event["request"]
    return answer, groups


def of_length(length: int) -> dict[str, str]:
    return {"content-length": str(length)}


def test_body_at_the_limit_goes_on() -> None:
    answer, _ = run("POST", headers=of_length(limits.REQUEST_BODY_BYTES))
    assert "statusCode" not in answer


def test_body_above_the_limit_is_refused_as_the_functions_refuse_it() -> None:
    answer, groups = run("POST", headers=of_length(limits.REQUEST_BODY_BYTES + 1))
    own = error_response(FileTooLargeError())
    assert (answer["statusCode"], groups) == (own.status, [])
    assert answer["body"] == {"encoding": "text", "data": own.body.decode()}


@pytest.mark.parametrize("origins", ["*", "https://a.example,https://b.example"])
@pytest.mark.parametrize("origin", [None, "https://b.example", "https://c.example"])
def test_refusal_has_the_headers_that_browsers_and_sdks_look_for(
    origins: str, origin: str | None
) -> None:
    headers = of_length(10_000_000) | ({"origin": origin} if origin else {})
    answer, _ = run("POST", headers=headers, CorsOrigins=origins)
    found = {name: item["value"] for name, item in answer["headers"].items()}
    own = common_headers("r", "l", CorsSettings(tuple(origins.split(","))), origin)
    of_preflight = ("Allow-Methods", "Allow-Headers", "Max-Age")
    expected = {
        name.lower(): value for name, value in own.items() if not name.endswith(of_preflight)
    }
    assert found["x-reqid"]
    assert found["content-type"] == "application/json"
    unlike = {"x-reqid", "x-log", "content-type"}
    assert {k: v for k, v in found.items() if k not in unlike} == {
        k: v for k, v in expected.items() if k not in unlike
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("uri", [RESULT, f"{RESULT}/000001.ts", f"{RESULT}/a b/c"])
def test_result_is_looked_for_in_s3_first(method: str, uri: str) -> None:
    _, [group] = run(method, uri)
    assert group["originIds"] == [{"originId": "results"}, {"originId": "gateway"}]
    assert {403, 404} <= set(group["failoverCriteria"]["statusCodes"])


@pytest.mark.parametrize(
    "uri",
    [
        RESULT,
        f"{RESULT}/000001.ts",
        f"{RESULT}/",
        RESULT.replace("=", ""),
        RESULT.replace("=", "%3D"),
        f"/x{RESULT}",
        f"/x{RESULT[1:]}",
        RESULT[:29] + "/",
        RESULT[:29] + "/" + "a" * 64,
        RESULT[:29] + "/" + "a" * 65,
        RESULT[:29] + "/a+b",
        "/",
        "/photo.jpg",
    ],
)
def test_function_and_gateway_agree_on_what_a_result_is_called(uri: str) -> None:
    _, groups = run("GET", uri)
    assert bool(groups) == legal_key.is_of_result(uri[1:])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_upload_is_never_sent_to_s3(method: str) -> None:
    assert run(method, RESULT)[1] == []


def test_result_with_a_query_is_the_gateways() -> None:
    """S3 obeys `response-content-type`, and a command makes another result."""
    query = {"response-content-type": {"value": "text/html"}}
    assert run("GET", RESULT, query=query)[1] == []


def test_results_are_the_gateways_where_all_is_passed_on() -> None:
    assert run("GET", RESULT, CloudFront="pass")[1] == []


def test_function_is_as_small_as_cloudfront_wants_it() -> None:
    """AWS: "Quotas on CloudFront Functions", 10 KB."""
    edge = ChangeSet.of(**CLOUDFRONT, CloudFront="pass").nested("EdgeStack")
    function = edge.resources()["EdgeFunction"]
    assert len(function["Properties"]["FunctionCode"]) < 10_240
