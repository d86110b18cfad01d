"""Requests by operationId of docs/openapi.yaml, and what every answer is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import schemathesis
from requests.auth import AuthBase
from schemathesis.specs.openapi import checks

from docs.description import SOURCE, Description, Operation
from tests.e2e import openapi_values
from tests.e2e.openapi_values import UploadTokenAuth

SECONDS = 60.0
DESCRIBED = {item.node["operationId"]: item for item in Description.load().operations()}
_CONFORMS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

openapi_values.register_formats()
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

    def call(
        self,
        name: str,
        *,
        auth: AuthBase | None = None,
        body: Any = schemathesis.core.NOT_SET,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **path: object,
    ) -> Any:
        """One request of an operation; its answer, once it has been checked."""
        operation = OPERATIONS[name]
        request_body = Description.load().follow(DESCRIBED[name].node.get("requestBody", {}))
        has_body = body is not schemathesis.core.NOT_SET
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
        check(DESCRIBED[name], response.status_code, response.headers)
        case.validate_response(response, checks=_CONFORMS)
        return response


def check(operation: Operation, status: int, headers: Any) -> None:
    """What the built-in checks do not look at: `default` would let any number pass.

    599 is described and still never right here: nothing of this gateway is broken.
    """
    listed = {*operation.node["responses"], *map(str, operation.above_599)} - {"599", "default"}
    assert str(status) in listed, f"{operation.label} answered {status}, which is not described"
    for name in ("x-reqid", "x-log"):
        assert name in headers, f"{operation.label}: {status} without {name}"


def signed(token: str | None = None) -> UploadTokenAuth:
    """An upload token in the header; without an argument one that allows all of the bucket."""
    return UploadTokenAuth(token or openapi_values.token())
