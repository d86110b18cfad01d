"""The one place where a request enters and an answer leaves: headers, errors, the log line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from upgate.answers import reqid, responses
from upgate.answers.responses import Response
from upgate.answers.stages import Stages
from upgate.errors import UpgateError
from upgate.uploads.upload_ports import UploadContext
from upgate_aws import http_event
from upgate_aws.config import HttpConfig
from upgate_aws.http_event import HttpRequest
from upgate_aws.log import logger

# One environment answers one request at a time; eight bytes of the clock tell requests apart and
# these four tell environments apart.
_PROCESS_ID = int.from_bytes(os.urandom(4), "little")


type Carry = Callable[[HttpRequest, UploadContext], Response]


def answer(event: Mapping[str, Any], config: HttpConfig, carry: Carry) -> dict[str, Any]:
    """Decode the event, let `carry` answer it, and give every answer what SDKs look for.

    Never raises for anything a client can send. An unknown fault is 599, which the SDKs may send
    again, and its traceback is in the log under the request id.
    """
    context = UploadContext(reqid.make(_PROCESS_ID), time.time(), Stages())
    request = http_event.decode(event)
    request = replace(request, host=config.host(request.host))
    code = "OK"
    try:
        response = responses.preflight() if request.method == "OPTIONS" else carry(request, context)
    except UpgateError as error:
        code = error.code
        if error.__cause__ is not None and error.status == UpgateError.status:
            logger.warning("failed", reqid=context.reqid, cause=_cause(error.__cause__))
        response = responses.error_response(error, standard_status=config.standard_status)
    except Exception:
        code = UpgateError.code
        logger.exception("unexpected", reqid=context.reqid)
        response = responses.error_response(UpgateError())
    _log(request, response, code, context)
    headers = responses.common_headers(
        context.reqid, context.stages.header(), config.cors, request.headers.get("origin")
    )
    return http_event.encode(response, headers)


def _cause(error: BaseException) -> dict[str, object]:
    """What an operator needs of a service's refusal: no message, since that may quote the input."""
    response = getattr(error, "response", None) or {}  # None where nobody answered
    return {
        "type": type(error).__name__,
        "operation": getattr(error, "operation_name", None),
        "code": response.get("Error", {}).get("Code"),
        "status": response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
    }


def _log(request: HttpRequest, response: Response, code: str, context: UploadContext) -> None:
    """An allow-list: no path (it holds keys and tokens), no query, no header, no body."""
    logger.info(
        "request",
        reqid=context.reqid,
        route=request.route,
        method=request.method,
        status=response.status,
        code=code,
        answer_bytes=len(response.body),
        stages=context.stages.milliseconds(),
        milliseconds=round(context.stages.elapsed_seconds() * 1000),
    )
