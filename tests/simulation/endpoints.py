"""The functions' one way out, that of the thin clients, led into the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.loopback import Received
from upgate_aws.aws_endpoint import Answer, AwsEndpoint

if TYPE_CHECKING:
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
