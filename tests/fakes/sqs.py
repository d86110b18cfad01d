"""SQS for what the gateway asks of it; a message comes in no order, and again if it stays."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.loopback import Received, Reply

BODY_BYTES = 1024 * 1024
DELAY_SECONDS = 900
VISIBILITY_SECONDS = 43_200
MOST_RECEIVED = 10
_DEFAULT_VISIBILITY_SECONDS = 30
_NUMBERS = itertools.count(1)

type Answer = dict[str, Any]


class _RefusedError(Exception):
    """Named as SQS names it."""


@dataclass(slots=True)
class _Message:
    message_id: str
    body: str
    visible_at: float
    receipt: str = ""


class FakeSqs:
    """Queues by URL, served by `loopback.serve`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._queues: dict[str, list[_Message]] = {}
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Empty all queues."""
        with self._lock:
            for queue in self._queues.values():
                queue.clear()

    def __call__(self, request: Received) -> Reply:
        """One request of AWS's JSON protocol."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        arguments = json.loads(request.body)
        try:
            carry_out = self._OPERATIONS.get(operation)
            if carry_out is None:
                raise _RefusedError("UnsupportedByTheFake")
            with self._lock:
                answer = carry_out(
                    self, arguments | {"origin": f"http://{request.headers['host']}"}
                )
        except _RefusedError as error:
            document = {"__type": f"com.amazonaws.sqs#{error}", "message": "refused"}
            return Reply(400, json.dumps(document).encode())
        return Reply(200, json.dumps(answer).encode())

    def _create(self, request: Mapping[str, Any]) -> Answer:
        url = f"{request['origin']}/123456789012/{request['QueueName']}"
        self._queues.setdefault(url, [])
        return {"QueueUrl": url}

    def _send(self, request: Mapping[str, Any]) -> Answer:
        queue, body = self._queue(request), request["MessageBody"]
        delay = _within(request.get("DelaySeconds", 0), DELAY_SECONDS)
        if not 0 < len(body.encode()) <= BODY_BYTES:
            raise _RefusedError("InvalidParameterValue")
        message = _Message(f"m{next(_NUMBERS)}", body, self._clock() + delay)
        queue.append(message)
        return {"MessageId": message.message_id, "MD5OfMessageBody": _md5(body)}

    def _receive(self, request: Mapping[str, Any]) -> Answer:
        most, now = request.get("MaxNumberOfMessages", 1), self._clock()
        if not 1 <= most <= MOST_RECEIVED:
            raise _RefusedError("InvalidParameterValue")
        found = [message for message in self._queue(request) if message.visible_at <= now][:most]
        for message in found:
            message.visible_at = now + _DEFAULT_VISIBILITY_SECONDS
            message.receipt = f"{message.message_id}-{next(_NUMBERS)}"
        described = [
            {
                "MessageId": message.message_id,
                "ReceiptHandle": message.receipt,
                "Body": message.body,
                "MD5OfBody": _md5(message.body),
            }
            for message in found
        ]
        return {"Messages": described} if described else {}

    def _delete(self, request: Mapping[str, Any]) -> Answer:
        queue = self._queue(request)
        queue.remove(_find(queue, request["ReceiptHandle"]))
        return {}

    def _change_visibility(self, request: Mapping[str, Any]) -> Answer:
        queue = self._queue(request)
        seconds = _within(request["VisibilityTimeout"], VISIBILITY_SECONDS)
        _find(queue, request["ReceiptHandle"]).visible_at = self._clock() + seconds
        return {}

    def _queue(self, request: Mapping[str, Any]) -> list[_Message]:
        if request["QueueUrl"] not in self._queues:
            raise _RefusedError("QueueDoesNotExist")
        return self._queues[request["QueueUrl"]]

    _OPERATIONS: Mapping[str, Callable[..., Answer]] = {
        "CreateQueue": _create,
        "SendMessage": _send,
        "ReceiveMessage": _receive,
        "DeleteMessage": _delete,
        "ChangeMessageVisibility": _change_visibility,
    }


def _find(queue: list[_Message], receipt: str) -> _Message:
    found = next((message for message in queue if message.receipt == receipt), None)
    if found is None:
        raise _RefusedError("ReceiptHandleIsInvalid")
    return found


def _within(seconds: int, most: int) -> int:
    if not 0 <= seconds <= most:
        raise _RefusedError("InvalidParameterValue")
    return seconds


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
