"""Routes as SAM writes them into the OpenAPI body, and the order of choice (aws.md 2)."""

from __future__ import annotations

import pytest

from upgate_cli.local.routes import Route, RouteTable, routes_of
from upgate_cli.local.stack import Stack

TABLE = RouteTable(
    Route(key, key)
    for key in (
        "$default",
        "POST /",
        "ANY /token",
        "POST /token",
        "POST /putb64/{proxy+}",
        "PUT /buckets/{bucket}/objects/{key}/uploads/{id}/{part}",
        "ANY /buckets/{proxy+}",
        "GET /{key}",
    )
)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("POST", "/", "POST /"),
        ("POST", "//", "POST /"),
        ("PUT", "/", "$default"),
        ("POST", "/token", "POST /token"),
        ("OPTIONS", "/token", "ANY /token"),
        ("POST", "/token/", "POST /token"),
        ("POST", "/token//", "$default"),
        ("POST", "/putb64/-1/key/a/b", "POST /putb64/{proxy+}"),
        ("POST", "/putb64/", "$default"),
        (
            "PUT",
            "/buckets/b/objects/k/uploads/i/1",
            "PUT /buckets/{bucket}/objects/{key}/uploads/{id}/{part}",
        ),
        ("PUT", "/buckets/b/objects//uploads/i/1", "ANY /buckets/{proxy+}"),
        ("GET", "/a.b", "GET /{key}"),
        ("GET", "/a/b", "$default"),
    ],
)
def test_most_specific_route_is_taken(method: str, path: str, key: str) -> None:
    match = TABLE.match(method, path)
    assert match is not None
    assert match.route.key == key


def test_full_match_is_taken_before_a_greedy_one_with_more_literals() -> None:
    table = RouteTable([Route("GET /a/{proxy+}", "greedy"), Route("GET /{x}/{y}", "full")])
    match = table.match("GET", "/a/b")
    assert match is not None
    assert match.route.function == "full"


def test_double_slash_is_kept_in_the_greedy_variable() -> None:
    match = TABLE.match("POST", "/buckets/b/objects//uploads")
    assert match is not None
    assert match.path_parameters == {"proxy": "b/objects//uploads"}


def test_point_in_a_route_is_a_point() -> None:
    assert RouteTable([Route("GET /a.b", "f")]).match("GET", "/axb") is None


def test_without_a_default_route_an_unknown_path_has_no_match() -> None:
    assert RouteTable([Route("POST /", "f")]).match("GET", "/") is None


def test_routes_are_read_from_the_transformed_template() -> None:
    def operation(function: str) -> dict[str, object]:
        uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/functions/${%s.Arn}/invocations"
        return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri % function}}}

    body = {
        "paths": {
            "/": {"post": operation("UploadFunction")},
            "$default": {"x-amazon-apigateway-any-method": operation("UploadFunction")},
            "/token": {"post": operation("TokenFunction")},
        }
    }
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        }
    }
    stack = Stack({"UploadFunction": "up-1", "TokenFunction": "to-1"}, template)
    table = RouteTable(routes_of(stack))
    found = [
        table.match(*request) for request in (("POST", "/"), ("POST", "/token"), ("PUT", "/x"))
    ]
    assert [match and (match.route.key, match.route.function) for match in found] == [
        ("POST /", "up-1"),
        ("POST /token", "to-1"),
        ("$default", "up-1"),
    ]
