"""A fault at every S3 call of both resumable flows in turn, and a crash before every AWS call.

What must hold each time: no wrong object at any moment, no answer but 200 and 599, nothing in the
work bucket rewritten, and a client that repeats its request succeeds with the right object, the
business server having accepted exactly one callback.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes import loopback, s3
from tests.fakes.loopback import Received, Reply
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, Answer, Client, b64, content, cut
from upgate_aws import clients
from upgate_aws.aws_endpoint import AwsEndpoint

ALLOWED = {200, 599}
ATTEMPTS = 4
PIECE = 2_700_000  # two make an S3 part


class CrashError(BaseException):
    """The function is gone in mid-air; no handler of ours catches this."""


@dataclass(slots=True)
class Business:
    """Accepts every callback."""

    received: list[Received] = field(default_factory=list)

    def __call__(self, request: Received) -> Reply:
        self.received.append(request)
        return Reply(200, b'{"id":%d}' % len(self.received), {"Content-Type": "application/json"})


class Persistent(Client):
    """Repeats every request as an SDK does, whether it was answered or not."""

    revive: Callable[[], None] | None = None

    def send(self, *arguments: Any, **options: Any) -> Answer:
        for _ in range(ATTEMPTS):
            try:
                answer = super().send(*arguments, **options)
            except CrashError:
                assert self.revive is not None
                self.revive()
                continue
            assert answer.status in ALLOWED, answer
            if answer.status == 200:
                return answer
        raise AssertionError("no attempt succeeded")


type Flow = Callable[[Client], tuple[bytes, Answer]]


def v1_one_block(up: Client) -> tuple[bytes, Answer]:
    first = up.mkblk(6, b"abc").body["ctx"]
    ctx = up.bput(first, 3, b"def").body["ctx"]
    return b"abcdef", up.mkfile(6, [ctx], f"/key/{b64('k')}")


def v1_three_blocks(up: Client) -> tuple[bytes, Answer]:
    data = content(2 * BLOCK + 9)
    return data, up.mkfile(len(data), up.blocks(data), f"/key/{b64('k')}")


def v2_of(data: bytes, numbers: tuple[int, ...]) -> Flow:
    def flow(up: Client) -> tuple[bytes, Answer]:
        upload_id = up.initiate()
        parts = [
            (number, up.part(upload_id, number, piece).body["etag"])
            for number, piece in zip(numbers, cut(data, PIECE), strict=True)
        ]
        return data, up.complete(upload_id, parts)

    return flow


FLOWS: dict[str, Flow] = {
    "v1 one block": v1_one_block,
    "v1 three blocks": v1_three_blocks,
    "v2 one part": v2_of(b"abc", (1,)),
    "v2 glued": v2_of(content(2 * PIECE + 9), (1, 2, 3)),
    "v2 with a gap": v2_of(content(4 * PIECE), (1, 2, 4, 5)),
}

REFUSED = s3.error(500, "InternalError")
SILENCE = Reply(0)

# What becomes of one S3 call, all of botocore's attempts alike: (is it carried out, its answer).
FAULTS: dict[str, tuple[bool, Reply]] = {
    "refused": (False, REFUSED),
    "carried out and refused": (True, REFUSED),
    "lost": (False, SILENCE),
    "carried out and its answer lost": (True, SILENCE),
}


@dataclass(slots=True)
class Faults:
    """Counts S3 calls, an attempt of botocore's own as the same; spoils the one at `index`."""

    index: int
    fault: tuple[bool, Reply]
    right: bytes
    fake: s3.FakeS3
    calls: list[str] = field(default_factory=list)
    hit: str = ""

    def __call__(self, operation: str, request: Received, carry: Callable[[], Reply]) -> Reply:
        call = request.headers["amz-sdk-invocation-id"]
        if call not in self.calls:
            self.calls.append(call)
        if self.calls.index(call) != self.index:
            return self._checked(carry())
        self.hit = operation
        is_carried_out, reply = self.fault
        if is_carried_out:
            self._checked(carry())
        return reply

    def _checked(self, reply: Reply) -> Reply:
        found = self.fake.objects.get(("s3-demo", "k"))
        assert found is None or found.body == self.right
        return reply


@pytest.fixture
def business() -> Iterator[tuple[Business, str]]:
    server = Business()
    with loopback.serve(server) as url:
        yield server, url


@pytest.fixture
def app(functions: Functions, monkeypatch: pytest.MonkeyPatch, later: None) -> ModuleType:
    # botocore waits between its attempts.
    monkeypatch.setattr("botocore.endpoint.time", types.SimpleNamespace(sleep=lambda _: None))
    callback = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    functions.aws.functions.functions["callback"] = callback.lambda_handler
    return functions.load("resumable")


def token(url: str, scope: str) -> str:
    return events.token(scope=scope, callbackUrl=url, callbackBody="k=$(key)&h=$(etag)")


def check(functions: Functions, business: Business, right: bytes, answer: Answer) -> None:
    assert functions.aws.s3.objects["s3-demo", "k"].body == right
    assert functions.aws.s3.rewritten == []
    assert (len(business.received), answer.body) == (1, {"id": 1})


@pytest.mark.parametrize(
    ("fault", "scope"), list(zip(FAULTS, ("demo", "demo:k", "demo:k", "demo"), strict=True))
)
@pytest.mark.parametrize("name", list(FLOWS))
def test_fault_at_any_s3_call_leaves_the_right_object_and_one_callback(
    app: ModuleType,
    functions: Functions,
    business: tuple[Business, str],
    name: str,
    fault: str,
    scope: str,
) -> None:
    server, url = business
    fake = functions.aws.s3
    right, _ = FLOWS[name](Client(app, events.token()))
    hits: list[str] = []
    for index in range(100):
        fake.reset()
        server.received.clear()
        fake.intercept = faults = Faults(index, FAULTS[fault], right, fake)
        _, answer = FLOWS[name](Persistent(app, token(url, scope)))
        fake.intercept = None
        check(functions, server, right, answer)
        if not faults.hit:
            break
        hits.append(faults.hit)
    assert len(hits) >= 7
    assert {"PutObject", "GetObject"} <= set(hits)
    # The first complete of a v2 upload that may overwrite has nothing to look for.
    assert "HeadObject" in hits or (name.startswith("v2") and scope != "demo")


@dataclass(slots=True)
class Crash:
    """Before the AWS call at `index` the function dies, and stays so until it is revived."""

    index: int
    business: Business
    calls: int = 0
    is_dead: bool = False
    hit: str = ""
    is_told: bool = False
    """Whether the business server knew of the upload by then."""

    def __call__(self, event_name: str, **_: Any) -> None:
        if self.calls == self.index:
            self.is_dead, self.hit = True, event_name
            self.is_told = bool(self.business.received)
        self.calls += 1
        if self.is_dead:
            raise CrashError

    def revive(self) -> None:
        """The next request meets another environment."""
        self.is_dead = False


@contextmanager
def crashing(crash: Crash) -> Iterator[None]:
    """S3 by botocore's hook, everything else by the thin clients' one way out."""
    send = AwsEndpoint.send

    def watched(self: AwsEndpoint, operation: str, *arguments: Any, **options: Any) -> Any:
        if operation != "GetSecretValue":
            crash(operation)
        return send(self, operation, *arguments, **options)

    s3_events = clients.s3().meta.events
    s3_events.register_first("before-send", crash)
    AwsEndpoint.send = watched  # type: ignore[method-assign]
    try:
        yield
    finally:
        s3_events.unregister("before-send", crash)
        AwsEndpoint.send = send  # type: ignore[method-assign]


@pytest.mark.parametrize("name", list(FLOWS))
def test_crash_before_any_call_leaves_the_right_object_and_one_callback(
    app: ModuleType, functions: Functions, business: tuple[Business, str], name: str
) -> None:
    server, url = business
    hits: list[str] = []
    for index in range(100):
        functions.aws.s3.reset()
        server.received.clear()
        crash = Crash(index, server)
        up = Persistent(app, token(url, "demo:k"))
        up.revive = crash.revive
        with crashing(crash):
            right, answer = FLOWS[name](up)
        if crash.is_told:
            assert crash.hit.endswith("UpdateItem")
            # The one gap that no order of calls can close: accepted, and not yet written down.
            # The business server is told twice, and can tell by the delivery's id.
            ids = {request.headers["x-upgate-delivery"] for request in server.received}
            assert (len(server.received), len(ids)) == (2, 1)
        else:
            check(functions, server, right, answer)
        assert functions.aws.s3.objects["s3-demo", "k"].body == right
        if not crash.hit:
            break
        hits.append(crash.hit.rpartition(".")[2])
    assert {"PutObject", "Invoke", "UpdateItem"} <= set(hits)


@pytest.mark.parametrize("name", list(FLOWS))
def test_lost_answer_is_given_again_and_nobody_is_called_again(
    app: ModuleType, functions: Functions, business: tuple[Business, str], name: str
) -> None:
    server, url = business
    up = Persistent(app, token(url, "demo:k"))
    last: list[tuple[Any, Any]] = []
    send = up.send

    def remember(*arguments: Any, **options: Any) -> Answer:
        last[:] = [(arguments, options)]
        return send(*arguments, **options)

    up.send = remember  # type: ignore[method-assign]
    right, answer = FLOWS[name](up)
    functions.aws.s3.objects["s3-demo", "k"] = s3.StoredObject(b"somebody's later upload", {})
    ((arguments, options),) = last
    assert send(*arguments, **options).short == answer.short
    assert len(server.received) == 1
    assert functions.aws.s3.objects["s3-demo", "k"].body != right
