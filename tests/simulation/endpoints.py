"""The functions' ways out, led into the simulation: the thin clients' one, and botocore's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.compat import HTTPHeaders

from tests.fakes.loopback import Received
from upgate_aws.aws_endpoint import Answer, AwsEndpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.simulation.stack import Stack


def install(stack: Stack, patch: pytest.MonkeyPatch) -> None:
    """Every thin client asks the stack instead of the network."""
    real_send = AwsEndpoint.send

    def send(endpoint: AwsEndpoint, operation: str, *arguments: Any, **options: Any) -> Answer:
        stack.begin(operation)
        return real_send(endpoint, operation, *arguments, **options)

    def attempt(
        endpoint: AwsEndpoint,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        _: str,
    ) -> Answer | None:
        service = endpoint._scope.service
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        request = Received(method, f"{path}?{query}" if query else path, headers, body)
        return stack.attempt(
            lambda: stack.carry_out(service, operation, request), endpoint._patience.read_seconds
        )

    patch.setattr(AwsEndpoint, "send", send)
    patch.setattr(AwsEndpoint, "_attempt", attempt)


class _Raw:
    """The part of urllib3's answer that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self._body]

    def read(self, *_: object) -> bytes:
        return self._body


def _headers(answer: Answer) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in answer.headers.items():
        headers[name] = value
    return headers


def watch_botocore(stack: Stack, client: S3Client) -> None:
    """botocore's S3, by the hook that may answer in the network's place."""
    begun: list[str] = []

    def before_send(request: Any, event_name: str, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from botocore.exceptions import ReadTimeoutError

        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        call = headers["amz-sdk-invocation-id"]
        if begun[-1:] != [call]:
            begun[:] = [call]
            stack.begin(event_name.rpartition(".")[2])
        parts = urlsplit(request.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        received = Received(request.method, path, headers, request.body or b"")
        answer = stack.attempt(lambda: stack.carry_out("s3", "", received), 10)
        if answer is None:
            raise ReadTimeoutError(endpoint_url=request.url, error=TimeoutError())
        body = b"" if request.method == "HEAD" else answer.body
        return AWSResponse(request.url, answer.status, _headers(answer), _Raw(body))

    client.meta.events.register_first("before-send.s3", before_send)
