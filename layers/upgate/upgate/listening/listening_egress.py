"""An egress that knows listeners: requests to their hosts go to a mailbox, all others out.

For development stacks only (`CallbackListen`): it is what `upgate listen` works through.
"""

from __future__ import annotations

import time
import uuid

from upgate import limits
from upgate.errors import StorageFailedError
from upgate.listening.letter import Letter, LetterError, LocalAnswer
from upgate.listening.letter_exchange import Mailbox
from upgate.outbound.egress import Egress
from upgate.outbound.egress_errors import (
    EgressAnswerTooLargeError,
    EgressConnectionError,
    EgressRefusedError,
)
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest, check_headers
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_socket import Clock, Deadline

_JSON = "application/json"


class ListeningEgress:
    """Looks for a listener before each request.

    The rules hold for a listened-to host as for any other, but for its addresses: nothing connects
    to them, so the host of a callback URL need not even exist.
    """

    def __init__(
        self,
        egress: Egress,
        rules: EgressRules,
        mailbox: Mailbox,
        clock: Clock = time.monotonic,
    ) -> None:
        self._egress = egress
        self._rules = rules
        self._mailbox = mailbox
        self._clock = clock

    def send(
        self, request: OutgoingRequest, timeout_seconds: float, answer_limit_bytes: int
    ) -> EgressAnswer:
        """Send one request to whoever is to have it.

        Raises:
            EgressError: as `Egress.send`; also when the ledger does not tell who listens, since
            what was meant for a developer's machine must not reach another server instead.
        """
        deadline = Deadline(timeout_seconds, self._clock)
        deadline.stage = "listener"
        check_headers(request)
        self._rules.check_target(request.target)
        try:
            mailbox = self._mailbox.find(request.target.authority)
            if mailbox is None:
                return self._egress.send(request, deadline.remaining_seconds(), answer_limit_bytes)
            answer = self._mailbox.exchange(mailbox, _letter(request, deadline), deadline)
        except (StorageFailedError, LetterError) as error:
            raise EgressConnectionError("listener: the mailbox failed") from error
        return _checked(answer, answer_limit_bytes)


def _letter(request: OutgoingRequest, deadline: Deadline) -> Letter:
    if len(request.body) > limits.MAILBOX_BODY_BYTES:
        raise EgressRefusedError(f"listener: body above {limits.MAILBOX_BODY_BYTES} bytes")
    return Letter(
        letter_id=uuid.uuid4().hex,
        method=request.method,
        host=request.host or request.target.authority,
        path=request.target.path,
        headers=request.headers,
        body=request.body,
        seconds=deadline.remaining_seconds(),
    )


def _checked(answer: LocalAnswer, limit_bytes: int) -> EgressAnswer:
    if answer.error:
        raise EgressConnectionError(f"listener: {answer.error}")
    if len(answer.body) > limit_bytes:
        raise EgressAnswerTooLargeError(f"answer is larger than {limit_bytes} bytes")
    return EgressAnswer(answer.status, _JSON, answer.body)
