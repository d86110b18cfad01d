"""The real handlers, loaded as Lambda loads them, against the fakes."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from tests import log_lines
from tests.fakes import aws
from tests.fakes.ledger_guard import LedgerGuard
from tests.functional import strict_rig
from tests.functional.strict_rig import Rig
from upgate_aws import boundary, clients, queue_batch
from upgate_aws.log import logger
from upgate_aws.thin_clients import ThinDynamoDb

ROOT = Path(__file__).parents[2]

BASE_ENVIRONMENT = {
    "UPGATE_BUCKETS": '{"demo": "s3-demo"}',
    "UPGATE_WORK_BUCKET": "s3-work",
    "UPGATE_LEDGER_TABLE": aws.TABLE,
    "UPGATE_KEYS_SECRET": aws.SECRET,
    "UPGATE_CALLBACK_FUNCTION": "callback",
    "UPGATE_GLUE_FUNCTION": "glue",
    "UPGATE_AVINFO_FUNCTION": "avinfo",
    "UPGATE_RESULT_DAYS": "365",
    "UPGATE_REDELIVERY_WAITS": "5,30,120",
    "POWERTOOLS_SERVICE_NAME": "upgate",
}


@dataclass(frozen=True, slots=True)
class Functions:
    """Loads `functions/<name>/app.py` anew, under a given environment."""

    aws: aws.FakeAws
    patch: pytest.MonkeyPatch
    ledger_guard: LedgerGuard
    make_ledger: Callable[[], ThinDynamoDb]
    in_use: ExitStack = field(default_factory=ExitStack)
    """Closes the clients of all that was loaded."""

    def load(self, name: str, **environment: str) -> ModuleType:
        """The module, its clients made for this environment."""
        for variable, value in (BASE_ENVIRONMENT | self.aws.environment | environment).items():
            self.patch.setenv(variable, value)
        self._set_clients_aside()
        # Bound while the module is loaded: that is when it takes the client.
        is_listening = environment.get("UPGATE_CALLBACK_LISTEN") == "true"
        role = f"{name}-listening" if is_listening else name
        self.patch.setattr(clients, "dynamodb", cache(partial(self._guarded_ledger, role)))
        path = ROOT / "functions" / name / "app.py"
        spec = importlib.util.spec_from_file_location(f"functions.{name}.app", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    def _set_clients_aside(self) -> None:
        """Leave those of the functions before open, which may be given another event."""
        while clients._endpoints:
            self.in_use.callback(clients._endpoints.pop().close)
        if clients.s3.cache_info().currsize:
            self.in_use.callback(clients.s3().close)
            clients.s3.cache_clear()
        clients.forget()

    def _guarded_ledger(self, role: str) -> Any:
        return self.ledger_guard.watch(role, self.make_ledger())

    def write_preset(self, name: str, document: dict[str, Any] | str) -> None:
        """As `upgate presets put` writes it, without its checks."""
        text = document if isinstance(document, str) else json.dumps(document)
        self.table().put_item(Item={"pk": f"preset#{name}", "sk": "preset", "document": text})

    def table(self) -> Any:
        """The ledger, to look into."""
        return boto3.resource(
            "dynamodb",
            endpoint_url=self.aws.dynamodb_url,
            region_name=aws.REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ).Table(aws.TABLE)


@pytest.fixture(scope="session")
def _aws() -> Iterator[aws.FakeAws]:
    with aws.running() as fakes:
        yield fakes


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that the handlers log, as CloudWatch would see it.

    After every test: each request and each message of a queue that a function has lived to answer
    has left one line, and no line has what it may not have.
    """
    stream, answer, work = io.StringIO(), boundary.answer, queue_batch.work
    requests: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []

    def counted(event: dict[str, Any], *rest: Any) -> dict[str, Any]:
        answered = answer(event, *rest)
        if logging.root.manager.disable < logging.INFO:
            requests.append(event)
        return answered

    def counted_work(event: dict[str, Any], *rest: Any) -> dict[str, Any]:
        answered = work(event, *rest)
        if logging.root.manager.disable < logging.INFO:
            messages.extend(event["Records"])
        return answered

    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    monkeypatch.setattr(boundary, "answer", counted)
    monkeypatch.setattr(queue_batch, "work", counted_work)
    yield stream
    lines = log_lines.read(stream.getvalue())
    assert sum(line["message"] == "request" for line in lines) == len(requests)
    assert sum(line["message"] == "message" for line in lines) == len(messages)
    for line in lines:
        log_lines.check(line)
    authorizations = (event.get("headers", {}).get("authorization") for event in requests)
    secrets = (aws.SECRET_KEY, aws.OLD_SECRET_KEY, *filter(None, authorizations))
    log_lines.check_secrets(stream.getvalue(), *secrets)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that repeats an upload long after the function that carried it out has died."""
    monkeypatch.setattr("upgate.limits.DELIVERY_CLAIM_SECONDS", 0.0)


@pytest.fixture
def rig(functions: Functions) -> Iterator[Rig]:
    """For strict uploads."""
    with strict_rig.running(functions) as made:
        yield made


@pytest.fixture
def functions(_aws: aws.FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    # A message is there at once, and not in the middle of another test; when it would have been
    # due is in its `due_at`.
    monkeypatch.setattr("upgate.limits.QUEUE_DELAY_SECONDS", 0)
    _aws.reset()
    guard = LedgerGuard()
    make_ledger: Any = clients.dynamodb.__wrapped__  # a client of its own for each function
    made = Functions(_aws, monkeypatch, guard, make_ledger)
    with made.in_use:
        yield made
        clients.forget()
    assert guard.denied == [], "the template's policies deny this on AWS"
