"""Which authorizer a route has: conditions decided as CloudFormation decides them."""

from __future__ import annotations

from typing import Any

import pytest

from upgate_cli.local import token_auth
from upgate_cli.local.conditions import Choices
from upgate_cli.local.security import IamScheme, JwtScheme, scheme_of

TEMPLATE = {
    "Parameters": {"Issuer": {"Default": ""}, "Number": {"Default": 1}, "Needed": {}},
    "Conditions": {
        "HasIssuer": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Issuer"}, ""]}]},
        "IsOne": {"Fn::Equals": [{"Ref": "Number"}, "1"]},
        "Both": {"Fn::And": [{"Condition": "HasIssuer"}, {"Condition": "IsOne"}]},
        "Either": {"Fn::Or": [{"Condition": "HasIssuer"}, {"Condition": "IsOne"}]},
        "Strange": {"Fn::Sub": "x"},
    },
}
JWT = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "jwtConfiguration": {"issuer": "https://i.example", "audience": ["app"]},
    },
}
IAM = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
LAMBDA = {"type": "apiKey", "x-amazon-apigateway-authorizer": {"type": "request"}}
SCHEMES = {"Jwt": JWT, "Iam": IAM, "Lambda": LAMBDA}


@pytest.mark.parametrize(
    ("parameters", "held"),
    [
        ({}, {"IsOne", "Either"}),
        ({"Issuer": "i"}, {"HasIssuer", "IsOne", "Both", "Either"}),
        ({"Number": "2"}, set()),
        ({"Issuer": "i", "Number": "2"}, {"HasIssuer", "Either"}),
    ],
)
def test_conditions_follow_the_parameters(parameters: dict[str, str], held: set[str]) -> None:
    choices = Choices(TEMPLATE, parameters)
    names = ("HasIssuer", "IsOne", "Both", "Either")
    assert {name for name in names if choices.holds(name)} == held


def test_unknown_condition_function_is_an_error() -> None:
    with pytest.raises(ValueError, match="Fn::Sub"):
        Choices(TEMPLATE, {}).holds("Strange")


def test_choices_are_settled_at_any_depth_and_nothing_else_is() -> None:
    value = {"a": [{"Fn::If": ["IsOne", {"Ref": "Issuer"}, "no"]}, {"Fn::Sub": "${x}"}]}
    settled = Choices(TEMPLATE, {"Issuer": "i"}).settle(value)
    assert settled == {"a": ["i", {"Fn::Sub": "${x}"}]}


def test_reference_to_what_is_no_parameter_stays() -> None:
    assert Choices(TEMPLATE, {}).settle({"Ref": "Table"}) == {"Ref": "Table"}


@pytest.mark.parametrize(
    ("operation", "scheme"),
    [
        ({}, None),
        ({"security": []}, None),
        ({"security": [{"Iam": []}]}, IamScheme()),
        ({"security": [{"Jwt": []}]}, JwtScheme("https://i.example", frozenset({"app"}))),
        (
            {"security": [{"Jwt": ["upload"]}]},
            JwtScheme("https://i.example", frozenset({"app"}), frozenset({"upload"})),
        ),
    ],
)
def test_scheme_of_an_operation_is_read(operation: dict[str, Any], scheme: object) -> None:
    assert scheme_of(operation, SCHEMES) == scheme


def test_authorizer_of_another_kind_is_an_error_and_not_an_open_route() -> None:
    with pytest.raises(ValueError, match="Lambda"):
        scheme_of({"security": [{"Lambda": []}]}, SCHEMES)


@pytest.mark.parametrize(
    "url",
    ["https://issuer.example/pool", "http://127.0.0.1:9000", "http://localhost", "http://[::1]:1"],
)
def test_issuer_is_https_or_on_this_machine(url: str) -> None:
    assert token_auth.is_issuer(url)


@pytest.mark.parametrize(
    "url",
    ["", "issuer.example", "http://issuer.example", "ftp://127.0.0.1", "https://", "https://a b"],
)
def test_issuer_elsewhere_in_plain_text_is_none(url: str) -> None:
    assert not token_auth.is_issuer(url)
