"""Our way to AWS services: what it sends, what it tries again, and when it gives up."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate_aws.aws_endpoint import AwsEndpoint, Patience
from upgate_aws.sigv4 import Credentials, Scope
from upgate_aws.thin_clients import json_error_code, s3_error_code

ERROR = b"<Error><Code>%s</Code></Error>"


class Service:
    """Gives its replies in turn, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.received: list[Received] = []

    def __call__(self, request: Received) -> Reply:
        self.received.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


type Connect = Callable[..., AwsEndpoint]


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def connect(slept: list[float]) -> Iterator[Connect]:
    made: list[AwsEndpoint] = []

    def make(url: str, attempts: int = 3, read_seconds: float = 2.0) -> AwsEndpoint:
        endpoint = AwsEndpoint(
            url,
            Scope("s3", "eu-central-1"),
            lambda: Credentials("AK", "secret"),
            Patience(1, read_seconds, attempts),
            s3_error_code,
            sleep=slept.append,
        )
        made.append(endpoint)
        return endpoint

    yield make
    for endpoint in made:
        endpoint.close()


def test_answer_is_returned_and_the_connection_kept(connect: Connect) -> None:
    service = Service(Reply(200, b"body", {"X-A": "1"}))
    with loopback.serve(service) as url:
        endpoint = connect(url)
        first = endpoint.send("Op", "PUT", "/k", {"x-b": "2"}, b"sent")
        endpoint.send("Op", "PUT", "/k", {}, b"")
    assert (first.status, first.body, first.headers["x-a"]) == (200, b"body", "1")
    assert service.received[0].body == b"sent"
    assert service.received[0].headers["authorization"].startswith("AWS4-HMAC-SHA256")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_passing_failure_is_tried_again(connect: Connect, slept: list[float], status: int) -> None:
    service = Service(Reply(status), Reply(200))
    with loopback.serve(service) as url:
        connect(url).send("Op", "PUT", "/k", {}, b"")
    assert len(service.received) == 2
    assert len(slept) == 1
    assert 0 <= slept[0] <= 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412])
def test_refusal_is_not_tried_again(connect: Connect, status: int) -> None:
    service = Service(Reply(status, ERROR % b"Refused"))
    with loopback.serve(service) as url, pytest.raises(ClientError) as caught:
        connect(url).send("Op", "PUT", "/k", {}, b"")
    assert len(service.received) == 1
    assert caught.value.response["Error"]["Code"] == "Refused"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_throttling_by_code_is_tried_again(connect: Connect) -> None:
    service = Service(Reply(400, ERROR % b"RequestTimeout"), Reply(200))
    with loopback.serve(service) as url:
        connect(url).send("Op", "PUT", "/k", {}, b"")
    assert len(service.received) == 2


def test_failure_that_does_not_pass_ends_after_three_attempts(connect: Connect) -> None:
    service = Service(Reply(503, ERROR % b"SlowDown"))
    with loopback.serve(service) as url, pytest.raises(ClientError):
        connect(url).send("Op", "PUT", "/k", {}, b"")
    assert len(service.received) == 3


def test_single_attempt_is_never_repeated(connect: Connect) -> None:
    service = Service(Reply(500))
    with loopback.serve(service) as url, pytest.raises(ClientError):
        connect(url, attempts=1).send("Op", "POST", "/k", {}, b"")
    assert len(service.received) == 1


def test_nobody_there_is_a_connection_error(connect: Connect, slept: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(EndpointConnectionError):
        connect(url).send("Op", "PUT", "/k", {}, b"")
    assert len(slept) == 2


def test_service_that_hangs_is_given_up(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(EndpointConnectionError):
            connect(url, attempts=1, read_seconds=0.1).send("Op", "PUT", "/k", {}, b"")


def test_kept_connection_that_died_costs_no_attempt(connect: Connect, slept: list[float]) -> None:
    service = Service(Reply(200, headers={"X-Served": "1"}))
    with loopback.serve(service) as url:
        endpoint = connect(url)
        endpoint.send("Op", "PUT", "/k", {}, b"")
        (kept,) = endpoint._connections.values()
        kept.sock.shutdown(socket.SHUT_RDWR)
        endpoint.send("Op", "PUT", "/k", {}, b"")
    assert len(service.received) == 2
    assert slept == []


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (
            {},
            b'{"__type":"com.amazonaws.dynamodb#ConditionalCheckFailedException"}',
            "ConditionalCheckFailedException",
        ),
        (
            {"x-amzn-errortype": "ResourceNotFoundException:http://x/"},
            b"",
            "ResourceNotFoundException",
        ),
        ({}, b"<html>", "500"),
        ({}, b"[]", "500"),
    ],
)
def test_code_of_a_json_error_is_found(headers: dict[str, str], body: bytes, code: str) -> None:
    from upgate_aws.aws_endpoint import Answer

    assert json_error_code(Answer(500, headers, body)) == code
