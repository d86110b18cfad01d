"""What the gateway refuses by itself, and what it makes of functions that fail."""

from __future__ import annotations

import asyncio
import json

import pytest

from upgate_cli.local import gateway
from upgate_cli.local.event import Answer, Request
from upgate_cli.local.gateway import FunctionError, Gateway
from upgate_cli.local.routes import Route, RouteTable

ROUTES = RouteTable([Route("POST /", "upload")])


class FakeFunction:
    """Returns what it is told to, or raises it; remembers what it got."""

    def __init__(self, result: bytes | Exception = b'{"statusCode":200}', wait: float = 0) -> None:
        self.result = result
        self.wait = wait
        self.calls: list[tuple[str, bytes]] = []

    async def __call__(self, function: str, payload: bytes, /) -> bytes:
        self.calls.append((function, payload))
        await asyncio.sleep(self.wait)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def ask(
    function: FakeFunction, *, body: bytes = b"", path: str = "/", seconds: float = 5
) -> Answer:
    request = Request("POST", path, (), body, "127.0.0.1")
    return asyncio.run(Gateway(ROUTES, function, seconds=seconds).answer(request))


def message(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["message"]


def test_request_goes_to_the_function_of_its_route() -> None:
    function = FakeFunction(b'{"statusCode":579,"body":"{}"}')
    assert ask(function).status == 579
    assert [name for name, _ in function.calls] == ["upload"]


def test_path_without_a_route_is_the_gateways_404() -> None:
    assert message(ask(FakeFunction(), path="/other")) == (404, "Not Found")


def test_event_of_exactly_the_limit_is_passed_on() -> None:
    overhead = len(_payload(b"")) + len(',"body":""') + len('"content-length":"4715838",')
    largest = (gateway.EVENT_BYTES - overhead) // 4 * 3
    function = FakeFunction()
    assert ask(function, body=bytes(largest)).status == 200
    assert gateway.EVENT_BYTES - 4 <= len(function.calls[0][1]) <= gateway.EVENT_BYTES


def test_event_above_the_limit_is_refused_before_the_function_runs() -> None:
    function = FakeFunction()
    answer = ask(function, body=bytes(gateway.EVENT_BYTES // 4 * 3))
    assert message(answer) == (413, "Request Entity Too Large")
    assert function.calls == []


@pytest.mark.parametrize(
    "result", [FunctionError("x"), b"not json", b" " * (gateway.RESULT_BYTES + 1)]
)
def test_failed_function_is_a_bare_500(result: bytes | Exception) -> None:
    assert message(ask(FakeFunction(result))) == (500, "Internal Server Error")


def test_function_that_takes_too_long_is_a_503() -> None:
    assert message(ask(FakeFunction(wait=5), seconds=0.01)) == (503, "Service Unavailable")


@pytest.mark.parametrize("result", [b'{"statusCode":200}', FunctionError("x")])
def test_answers_carry_the_gateways_request_id(result: bytes | Exception) -> None:
    assert "apigw-requestid" in dict(ask(FakeFunction(result)).headers)


def test_own_answers_have_no_reqid() -> None:
    names = {name.lower() for name, _ in gateway.refusal(413, "x").headers}
    assert "x-reqid" not in names


@pytest.mark.parametrize(("values", "refused"), [(10_200, False), (10_201, True)])
def test_head_is_refused_above_its_limit(values: int, refused: bool) -> None:
    assert gateway.is_head_too_long(40, values) is refused


def _payload(body: bytes) -> bytes:
    function = FakeFunction()
    ask(function, body=body)
    return function.calls[0][1]
