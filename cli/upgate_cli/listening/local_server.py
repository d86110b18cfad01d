"""A developer's own server: a letter replayed to it, byte for byte."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace

import click

from upgate import limits
from upgate.listening.letter import Letter, LocalAnswer
from upgate.outbound.egress_errors import EgressError
from upgate.outbound.egress_exchange import OutgoingRequest, check_headers, exchange
from upgate.outbound.egress_socket import Deadline
from upgate.outbound.egress_url import Target, parse_target


def parse_to(url: str) -> Target:
    """Read `--to`; raises click.UsageError."""
    try:
        target = parse_target(url)
    except EgressError as error:
        raise click.BadParameter(str(error), param_hint="--to") from error
    if target.scheme != "http" or target.path != "/":
        raise click.BadParameter(
            "it is http://HOST:PORT: the path is the callback's own", param_hint="--to"
        )
    return target


def replay(to: Target, letter: Letter) -> LocalAnswer:
    """Send the request as the stack would have; whatever goes wrong is in the answer.

    Method, path, headers and body are the letter's, the Host header too: signatures cover them.
    It goes to an address that the user named, so the rules of egress do not apply.
    """
    request = OutgoingRequest(
        letter.method, replace(to, path=letter.path), letter.headers, letter.body, letter.host
    )
    deadline = Deadline(letter.seconds, time.monotonic)
    deadline.stage = f"dial {to.authority}"
    try:
        check_headers(request)
        with socket.create_connection((to.host, to.port), deadline.remaining_seconds()) as plain:
            answer = exchange(plain, request, deadline, limits.MAILBOX_ANSWER_BYTES)
    except EgressError as error:
        return _failed(str(error))
    except TimeoutError:
        return _failed(f"{deadline.stage}: i/o timeout")
    except OSError as error:
        # create_connection() repeats the address in its own text; a look-up has no real errno.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "no such host"
        return _failed(f"{deadline.stage}: {reason.lower()}")
    if not 100 <= answer.status <= 999:
        return _failed(f"status {answer.status}")
    return LocalAnswer(status=answer.status, body=answer.body)


def _failed(reason: str) -> LocalAnswer:
    return LocalAnswer(status=0, error=reason[: limits.DELIVERY_ERROR_CHARACTERS])
