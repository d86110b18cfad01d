"""A business server that remembers what it accepted, and the callback function's way to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from upgate.outbound.egress_errors import EgressTimeoutError
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest
from upgate_aws.aws_endpoint import Answer

if TYPE_CHECKING:
    from tests.simulation.stack import Stack

CALLBACK_URL = "https://app.example.com/uploaded"
CALLBACK_BODY = "key=$(key)&hash=$(etag)"


@dataclass(frozen=True, slots=True)
class Report:
    """One accepted callback."""

    key: str
    etag: str
    delivery_id: str


@dataclass(slots=True)
class Business:
    """Accepts unless `refuses` says no; `told` counts every call that reached it."""

    refuses: Callable[[], bool] = lambda: False
    told: int = 0
    accepted: list[Report] = field(default_factory=list)

    def reset(self) -> None:
        """Accepts, and remembers nothing."""
        self.refuses = lambda: False
        self.told = 0
        self.accepted.clear()

    def answer(self, request: OutgoingRequest) -> Answer:
        """One callback."""
        self.told += 1
        if self.refuses():
            return Answer(503, {}, b"")
        fields = parse_qs(request.body.decode(), strict_parsing=True)
        delivery_id = request.headers["X-Upgate-Delivery"]
        self.accepted.append(Report(fields["key"][0], fields["hash"][0], delivery_id))
        return Answer(200, {}, b'{"id":"%s"}' % delivery_id.encode())

    def ids(self, key: str, etag: str) -> set[str]:
        """The ids under which an object was accepted."""
        return {
            report.delivery_id
            for report in self.accepted
            if (report.key, report.etag) == (key, etag)
        }


class SimulatedEgress:
    """Stands in for `Egress`: a callback is a call like those to AWS."""

    def __init__(self, stack: Stack, business: Business) -> None:
        self._stack = stack
        self._business = business

    def send(
        self, request: OutgoingRequest, timeout_seconds: float, answer_limit_bytes: int
    ) -> EgressAnswer:
        """See `Egress.send`."""
        self._stack.begin("Callback")
        answer = self._stack.attempt(lambda: self._business.answer(request), timeout_seconds)
        if answer is None:
            raise EgressTimeoutError("no answer in time")
        assert len(answer.body) <= answer_limit_bytes
        return EgressAnswer(answer.status, "application/json", answer.body)
