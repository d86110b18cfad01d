"""The distribution in front: what it passes on, what it keeps, and what it may read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.cloudformation import CLOUDFRONT_CERTIFICATE, ChangeSet
from upgate.fops import result_name

CLOUDFRONT = {"Domain": "up.example.com", "CloudFrontCertificateArn": CLOUDFRONT_CERTIFICATE}


def main_resources(mode: str) -> dict[str, Any]:
    return ChangeSet.of(**CLOUDFRONT, CloudFront=mode).resources()


def resources(mode: str) -> dict[str, Any]:
    return ChangeSet.of(**CLOUDFRONT, CloudFront=mode).nested("EdgeStack").resources()


def distribution(mode: str) -> dict[str, Any]:
    found: dict[str, Any] = resources(mode)["Edge"]["Properties"]["DistributionConfig"]
    return found


@pytest.mark.parametrize("mode", ["pass", "results"])
def test_everything_goes_to_the_gateway_with_every_method(mode: str) -> None:
    behavior = distribution(mode)["DefaultCacheBehavior"]
    assert behavior["TargetOriginId"] == "gateway"
    assert set(behavior["AllowedMethods"]) >= {"POST", "PUT", "DELETE", "OPTIONS", "HEAD"}
    assert "CacheBehaviors" not in distribution(mode)


def test_origins_that_the_function_names_are_there() -> None:
    origins = {origin["Id"]: origin for origin in distribution("results")["Origins"]}
    code = resources("results")["EdgeFunction"]["Properties"]["FunctionCode"]
    for name, origin in origins.items():
        assert f"originId: '{name}'" in code
        assert origin["DomainName"].endswith(".amazonaws.com")
    assert origins["results"]["OriginPath"] == "/" + result_name.object_name("").rstrip("/")


def test_gateway_may_answer_last() -> None:
    [gateway] = distribution("pass")["Origins"]
    assert gateway["CustomOriginConfig"]["OriginReadTimeout"] > 30


def test_what_a_function_says_must_not_be_kept_is_not() -> None:
    """Functions say no-store; an error would be kept for ten seconds all the same."""
    policy = resources("pass")["EdgeCachePolicy"]["Properties"]["CachePolicyConfig"]
    assert policy["MinTTL"] == 0
    kept = {item["ErrorCachingMinTTL"] for item in distribution("pass")["CustomErrorResponses"]}
    assert kept == {0}


def test_answer_that_is_kept_is_not_given_to_another_request() -> None:
    policy = resources("pass")["EdgeCachePolicy"]["Properties"]["CachePolicyConfig"]
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert key["HeadersConfig"]["Headers"] == ["Authorization", "Origin"]


def test_distribution_may_read_results_and_nothing_else() -> None:
    statements = main_resources("results")["WorkBucketPolicy"]["Properties"]["PolicyDocument"]
    [allowed] = [item for item in statements["Statement"] if item["Effect"] == "Allow"]
    assert (allowed["Action"], allowed["Principal"]) == (
        "s3:GetObject",
        {"Service": "cloudfront.amazonaws.com"},
    )
    assert allowed["Resource"] == "arn:aws:s3:::upgate-work-123456789012/fop/*"
    assert allowed["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(
        ":distribution/EdgeStack.Outputs.DistributionId"
    )


@pytest.mark.parametrize("given", [{}, CLOUDFRONT | {"CloudFront": "pass"}])
def test_without_results_no_bucket_lets_anybody_in(given: dict[str, str]) -> None:
    change_set = ChangeSet.of(**given)
    found = change_set.resources()
    assert ("EdgeStack" in found) == bool(given)
    assert not given or "EdgeAccess" not in change_set.nested("EdgeStack").resources()
    for bucket in ("UploadBucketPolicy", "WorkBucketPolicy"):
        statements = found[bucket]["Properties"]["PolicyDocument"]["Statement"]
        assert {item["Effect"] for item in statements} == {"Deny"}
