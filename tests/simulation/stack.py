"""The real functions of an upload with their AWS in one process, on a clock of its own.

Every call to the outside passes `Stack.begin` and `Stack.attempt`, where `plan` may spoil it; S3's
events and the queues' messages reach their functions by `drain`, when nothing else is under way.
What takes time here takes none: 2,000 uploads are a matter of seconds.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.fakes import aws
from tests.fakes.lambda_service import FakeLambda
from tests.fakes.ledger_guard import LedgerGuard
from tests.fakes.loopback import Received
from tests.fakes.sqs import FakeSqs
from tests.functional.conftest import Functions
from tests.simulation.business import Business, SimulatedEgress
from tests.simulation.clock import Clock
from tests.simulation.faults import Call, Fault, KilledError, Plan, no_fault
from tests.simulation.object_store import EventfulS3
from tests.simulation.queues import Queues
from tests.simulation.table import Table
from upgate_aws import clients
from upgate_aws.aws_endpoint import Answer

# Timeout in template.yaml.
_SECONDS = {"upload": 29.0, "callback": 12.0, "redelivery": 25.0, "events": 10.0}
_OF_QUEUE = {"events": "events", "redelivery": "redelivery"}


@dataclass(slots=True)
class Invocation:
    """One run of one function."""

    function: str
    ends_at: float
    is_dead: bool = False
    call: Call | None = None
    fault: Fault | None = None
    attempts: int = 0


class _Context:
    """What a handler may ask of Lambda."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class Stack:
    """Functions, queues, table, bucket and business server; see the module."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.queues = Queues(self.clock)
        self.table = Table()
        self.s3 = EventfulS3(self._created)
        self.business = Business()
        self.plan: Plan = no_fault
        self.between: Callable[[], None] = lambda: None
        """Runs before every call: what happens elsewhere meanwhile."""
        self.event_delays: Callable[[], Sequence[float]] = lambda: (1.0,)
        """When S3 tells of an object, once or more often, in seconds, at most 900."""
        self.calls: list[Call] = []
        self.functions: dict[str, ModuleType] = {}
        self._running: list[Invocation] = []

    # Functions.

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Run a function; raises KilledError where it did not come to its end."""
        invocation = Invocation(function, self.clock.now + _SECONDS[function])
        self._running.append(invocation)
        try:
            return self.functions[function].lambda_handler(event, _Context())
        finally:
            self._running.pop()

    def reset(self) -> None:
        """As new, but for the ledger and the time; `plan` stays, and sees the cold starts."""
        self.s3.reset()
        self.queues.reset()
        self.business.reset()
        self.calls.clear()
        self.functions["upload"].UPLOADER._ports.keys._ring = None
        self.functions["callback"].KEYS._ring = None

    def drain(self, until: float | None = None) -> None:
        """Give the queues' messages to their functions, in the order of time."""
        while (found := self.queues.next()) is not None:
            if until is not None and found[1].visible_at > until:
                return
            self.step(*found)

    def step(self, queue: str, message: Any) -> None:
        """Give one message to its function."""
        self.clock.sleep(message.visible_at - self.clock.now)
        event = self.queues.receive(queue, message)
        if event is None:
            return
        try:
            answer = self.invoke(_OF_QUEUE[queue], event)
        except KilledError:
            return
        self.queues.finish(queue, message, answer)

    def _created(self, bucket: str, name: str, version: str) -> None:
        described = {"key": quote_plus(name), "versionId": version}
        record = {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": described},
        }
        for delay in self.event_delays():
            self.queues.send("events", json.dumps({"Records": [record]}), delay)

    # Calls.

    def begin(self, operation: str) -> None:
        """A function makes a call."""
        self.between()
        invocation = self._alive()
        call = Call(len(self.calls), invocation.function, operation)
        self.calls.append(call)
        invocation.call, invocation.fault, invocation.attempts = call, self.plan(call), 0

    def attempt(self, carry: Callable[[], Answer], patience_seconds: float) -> Answer | None:
        """An attempt of the call that was begun last: its answer, None for silence."""
        invocation = self._alive()
        invocation.attempts += 1
        fault = invocation.fault
        if fault is None or (invocation.attempts > 1 and not fault.is_lasting):
            return carry()
        if fault.is_carried_out:
            carry()
        if fault.is_killed:
            invocation.is_dead = True
            raise KilledError
        if fault.status:
            return Answer(fault.status, {}, b"")
        self.clock.sleep(patience_seconds)
        return None

    def _alive(self) -> Invocation:
        """The function that runs, if it does; a dead one's `finally` can do nothing."""
        invocation = self._running[-1]
        if invocation.is_dead or self.clock.now > invocation.ends_at:
            invocation.is_dead = True
            raise KilledError
        return invocation

    def carry_out(self, service: str, operation: str, request: Received) -> Answer:
        """What AWS does with one request."""
        if service == "s3":
            reply = self.s3(request)
            headers = {name.lower(): value for name, value in reply.headers.items()}
            headers["content-length"] = str(len(reply.body))
            return Answer(reply.status, headers, reply.body)
        if service == "lambda":
            return self._invoke_for(request)
        arguments = json.loads(request.body)
        if service == "dynamodb":
            status, body = self.table.carry_out(operation, arguments)
            return Answer(status, {}, body)
        if service == "sqs":
            return _json(self.queues.carry_out(operation, arguments))
        keys = [{"access_key": aws.ACCESS_KEY, "secret_key": aws.SECRET_KEY}]
        return _json({"SecretString": json.dumps({"keys": keys})})

    def _invoke_for(self, request: Received) -> Answer:
        function = request.path.split("/")[3]
        try:
            return _json(self.invoke(function, json.loads(request.body)))
        except (KilledError, Exception):
            return Answer(200, {"x-amz-function-error": "Unhandled"}, b"{}")


def _json(document: Any) -> Answer:
    return Answer(200, {}, json.dumps(document).encode())


@contextmanager
def _silence() -> Iterator[None]:
    """What functions log of a fault is no news here.

    By `logging.disable`: loggers remember what they were asked, and it makes them forget.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def running(waits: str = "5,30,120") -> Iterator[Stack]:
    """A stack whose functions are loaded; their AWS is this process until the block ends.

    `waits` are those of the redelivery ladder.
    """
    from tests.simulation import endpoints

    stack = Stack()
    # Nobody connects to these: they keep the clients from asking where AWS is.
    services = ("S3", "LAMBDA", "DYNAMODB", "SECRETS_MANAGER", "SQS")
    environment = {f"AWS_ENDPOINT_URL_{name}": "http://127.0.0.1:1" for name in services} | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": aws.REGION,
        "UPGATE_EVENT_QUEUE": "events",
        "UPGATE_OPS_QUEUE": "ops",
        "UPGATE_REDELIVERY_QUEUE": "redelivery",
        "UPGATE_REDELIVERY_DEAD_LETTERS": "dead",
        "UPGATE_LEDGER_TABLE": aws.TABLE,
        "UPGATE_REDELIVERY_WAITS": waits,
    }
    fakes = aws.FakeAws(
        stack.s3,
        FakeLambda(),
        stack.table,
        FakeSqs(),  # nobody's: the simulation has queues on its own clock
        *("", "", ""),
        environment,
        *("ops", "redelivery", "dead"),
    )
    with pytest.MonkeyPatch.context() as patch:
        guard = LedgerGuard()
        make_ledger: Any = clients.dynamodb.__wrapped__  # a client of its own for each function
        loader = Functions(fakes, patch, guard, make_ledger)
        endpoints.install(stack, patch)
        stack.clock.install_in_clients(patch)
        for name in _SECONDS:
            stack.functions[name] = loader.load(name)
        importlib.import_module("botocore.endpoint")
        stack.clock.install(patch)
        egress = SimulatedEgress(stack, stack.business)
        patch.setattr(stack.functions["callback"], "SENDER", egress)
        with _silence():
            yield stack
        assert guard.denied == [], "the template's policies deny this on AWS"
