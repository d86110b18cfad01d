"""Requests by operationId of docs/openapi.yaml, and what every answer is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import schemathesis
from openapi_schema_validator import OAS31Validator
from requests.auth import AuthBase
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from docs.description import SOURCE, Description, Operation
from tests.e2e import openapi_values
from tests.e2e.openapi_values import UploadTokenAuth

SECONDS = 60.0
DESCRIPTION = Description.load()
DESCRIBED = {item.node["operationId"]: item for item in DESCRIPTION.operations()}
_CONFORMS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

# What AWS's front door refuses before the gateway sees it: too large a body, or head.
FRONT_DOOR = (413, 431)

openapi_values.register_formats()
_DEFAULT_ANSWER = OAS31Validator(
    {
        "$ref": "#/components/schemas/DefaultUploadAnswer",
        "components": DESCRIPTION.document["components"],
    }
)
SCHEMA = schemathesis.openapi.from_path(SOURCE)
OPERATIONS: dict[str, Any] = {
    name: SCHEMA[operation.path][operation.method] for name, operation in DESCRIBED.items()
}


class Unsigned(AuthBase):
    """Adds nothing, and keeps `requests` from looking into a .netrc."""

    def __call__(self, request: Any) -> Any:
        """The request as it is."""
        return request


@dataclass(slots=True)
class Client:
    """Calls operations, and holds every answer against its description."""

    url: str
    answers: dict[str, list[int]] = field(default_factory=dict)
    """The statuses that each operation has answered."""
    collects: bool = False
    """Whether a wrong answer is written down in `complaints` in place of raised."""
    complaints: dict[str, list[str]] = field(default_factory=dict)

    def call(
        self,
        name: str,
        *,
        auth: AuthBase | None = None,
        body: Any = NOT_SET,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **path: object,
    ) -> Any:
        """One request of an operation; its answer, once it has been checked."""
        operation = OPERATIONS[name]
        request_body = DESCRIPTION.follow(DESCRIBED[name].node.get("requestBody", {}))
        has_body = body is not NOT_SET
        case = operation.Case(
            path_parameters=path,
            query=query or {},
            headers=headers,
            body=body,
            media_type=next(iter(request_body["content"])) if has_body else None,
        )
        return self.send(name, case, auth)

    def send(self, name: str, case: Any, auth: AuthBase | None) -> Any:
        """Send a case that is made already."""
        response = case.call(
            self.url, auth=auth or Unsigned(), allow_redirects=False, timeout=SECONDS
        )
        self.answers.setdefault(name, []).append(response.status_code)
        try:
            check(name, case, response)
        except AssertionError as error:
            if not self.collects:
                raise
            self.complaints.setdefault(name, []).append(str(error))
        return response


def check(name: str, case: Any, response: Any) -> None:
    """Hold one answer against the description; raises AssertionError."""
    if "x-reqid" not in response.headers:
        assert response.status_code in FRONT_DOOR, f"{name}: {response.status_code}, no X-Reqid"
        return
    check_status(DESCRIBED[name], response.status_code)
    try:
        case.validate_response(response, checks=_CONFORMS)
    except FailureGroup as failures:  # no Exception, so that a fixture must not raise it
        raise AssertionError(str(failures)) from None
    if DESCRIBED[name].node["responses"].get("200", {}).get("$ref", "").endswith("/Stored"):
        check_default_answer(response)


def check_status(operation: Operation, status: int) -> None:
    """What the built-in check does not look at: `default` would let any number pass.

    599 is described and still never right here: nothing of this gateway is broken.
    """
    listed = {*operation.node["responses"], *map(str, operation.above_599)} - {"599", "default"}
    assert str(status) in listed, f"{operation.label} answered {status}, which is not described"


def check_default_answer(response: Any) -> None:
    """Hold an upload's answer against the default one: no token here asks for another."""
    if response.status_code == 200:
        found = list(_DEFAULT_ANSWER.iter_errors(response.json()))
        assert found == [], response.text


def signed(token: str | None = None) -> UploadTokenAuth:
    """An upload token in the header; without an argument one that allows all of the bucket."""
    return UploadTokenAuth(token or openapi_values.token())
