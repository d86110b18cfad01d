"""The one place where a request enters and an answer leaves: headers, errors, the log line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from upgate.answers import reqid, responses
from upgate.answers.responses import Response
from upgate.answers.stages import Stages
from upgate.errors import CallbackFailedError, DamagedSourceError, UpgateError
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import emf, faults, http_event, outcomes
from upgate_aws.config.http_config import HttpConfig
from upgate_aws.http_event import HttpRequest
from upgate_aws.log import logger
from upgate_aws.outcomes import Measure, RequestEnd

# One environment answers one request at a time; eight bytes of the clock tell requests apart and
# these four tell environments apart.
_PROCESS_ID = int.from_bytes(os.urandom(4), "little")

type Carry = Callable[[HttpRequest, UploadContext], Response]


def answer(
    event: Mapping[str, Any], config: HttpConfig, carry: Carry, measure: Measure = outcomes.none
) -> dict[str, Any]:
    """Decode the event, let `carry` answer it, and give every answer what SDKs look for.

    Never raises for anything a client can send. An unknown fault is 599, which the SDKs may send
    again. Each request is one log line, with the metrics that `measure` makes of its end in it.
    """
    context = UploadContext(reqid.make(_PROCESS_ID), time.time(), Stages())
    request = http_event.decode(event)
    authority = urlsplit(config.origin(request.origin)).netloc
    request = replace(request, host=config.host(request.host), authority=authority)
    error: Exception | None = None
    try:
        response = responses.preflight() if request.method == "OPTIONS" else carry(request, context)
    except UpgateError as refusal:
        error = refusal
        response = responses.error_response(refusal, standard_status=config.standard_status)
    except Exception as fault:
        error = fault
        response = responses.error_response(UpgateError())
    end = _end(response, error, context)
    _log(request, response, end, error, measure(end), context)
    headers = responses.common_headers(
        context.reqid, context.stages.header(), config.cors, request.headers.get("origin")
    )
    return http_event.encode(response, headers)


def _end(response: Response, error: Exception | None, context: UploadContext) -> RequestEnd:
    """How it ended by the protocol's numbers, whatever the front door or a browser is told."""
    milliseconds = round(context.stages.elapsed_seconds() * 1000)
    refusal = error or context.record.refusal
    if isinstance(refusal, UpgateError):
        return RequestEnd(refusal.status, refusal.code, milliseconds, context.record)
    if refusal is not None:
        return RequestEnd(UpgateError.status, UpgateError.code, milliseconds, context.record)
    failed = response.status == CallbackFailedError.status
    code = CallbackFailedError.code if failed else outcomes.OK
    return RequestEnd(response.status, code, milliseconds, context.record)


def _log(
    request: HttpRequest,
    response: Response,
    end: RequestEnd,
    error: Exception | None,
    metrics: tuple[emf.Metric, ...],
    context: UploadContext,
) -> None:
    """An allow-list: no path (it holds keys and tokens), no query, no header, no body."""
    fields: dict[str, object] = {
        "reqid": context.reqid,
        "route": request.route,
        "method": request.method,
        "status": response.status,
        "code": end.code,
        "outcome": end.outcome,
        "bucket": context.record.bucket,
        "bytes_in": request.body_bytes,
        "answer_bytes": len(response.body),
        "stages": context.stages.milliseconds(),
        "milliseconds": end.milliseconds,
        **emf.members(metrics, context.now_seconds),
    }
    if error is not None and not isinstance(error, UpgateError):
        logger.error("request", extra=fields | {"fault": faults.describe(error)})
    elif isinstance(error, DamagedSourceError):
        logger.warning("request", extra=fields | {"fault": faults.describe(error)})
    elif error is not None and error.__cause__ is not None and end.outcome == "failed":
        logger.warning("request", extra=fields | {"cause": faults.cause(error.__cause__)})
    else:
        logger.info("request", extra=fields)
