"""SQS on the simulation's clock: delays, visibility, receive counts, redrive to dead letters.

Messages come at least once, in no order that anybody may rely on (aws.md 4).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.clock import Clock


@dataclass(slots=True)
class Message:
    """One message; `visible_at` is in seconds of the clock."""

    message_id: str
    body: str
    visible_at: float
    receives: int = 0


@dataclass(slots=True)
class Queue:
    """One queue, with its settings out of template.yaml."""

    visibility_seconds: float
    most_receives: int
    dead_letters: str
    messages: dict[str, Message] = field(default_factory=dict)


class Queues:
    """All queues by URL, which here is their name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count()
        self.reset()

    def reset(self) -> None:
        """Empty."""
        self.queues = {
            "events": Queue(60, 20, "ops-dead"),
            "redelivery": Queue(150, 20, "dead"),
            "ops-dead": Queue(30, 0, ""),
            "dead": Queue(30, 0, ""),
        }

    def send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        """Take a message."""
        assert 0 <= delay_seconds <= 900
        message_id = f"m{next(self._ids)}"
        visible_at = self._clock.now + delay_seconds
        self.queues[queue].messages[message_id] = Message(message_id, body, visible_at)

    def carry_out(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What functions ask of SQS."""
        if operation == "SendMessage":
            self.send(request["QueueUrl"], request["MessageBody"], request.get("DelaySeconds", 0))
        elif operation == "ChangeMessageVisibility":
            messages = self.queues[request["QueueUrl"]].messages
            if (found := messages.get(request["ReceiptHandle"])) is not None:
                found.visible_at = self._clock.now + request["VisibilityTimeout"]
        else:
            raise AssertionError(operation)
        return {}

    def next(self) -> tuple[str, Message] | None:
        """The message that a function gets first, whenever that is."""
        waiting = [
            (message.visible_at, name, message)
            for name in ("events", "redelivery")
            for message in self.queues[name].messages.values()
        ]
        if not waiting:
            return None
        _, name, message = min(waiting, key=lambda found: found[0])
        return name, message

    def receive(self, name: str, message: Message) -> dict[str, Any] | None:
        """The event for the queue's function; None where it was a dead letter by now."""
        queue = self.queues[name]
        message.receives += 1
        if message.receives > queue.most_receives:
            del queue.messages[message.message_id]
            self.send(queue.dead_letters, message.body)
            return None
        message.visible_at = self._clock.now + queue.visibility_seconds
        record = {
            "messageId": message.message_id,
            "receiptHandle": message.message_id,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
        }
        return {"Records": [record]}

    def finish(self, name: str, message: Message, answer: Any) -> None:
        """Delete a message unless its function died or said that it failed."""
        if answer == {"batchItemFailures": []}:
            self.queues[name].messages.pop(message.message_id, None)

    def dead_letters(self) -> list[dict[str, Any]]:
        """What was given up, in both queues."""
        return [
            json.loads(message.body)
            for name in ("ops-dead", "dead")
            for message in self.queues[name].messages.values()
        ]
