"""Runs functions through the emulator's Lambda API."""

from __future__ import annotations

from urllib.parse import quote

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from upgate_cli.local import cloud
from upgate_cli.local.gateway import FunctionError


class Invoker:
    """Synchronous invocation; several at once, each in an execution environment of its own."""

    def __init__(self, http: aiohttp.ClientSession, endpoint: str) -> None:
        self._http = http
        self._endpoint = endpoint
        credentials = Credentials(cloud.ACCESS_KEY, cloud.SECRET_KEY)
        self._signer = SigV4Auth(credentials, "lambda", cloud.REGION)

    async def __call__(self, function: str, payload: bytes, /) -> bytes:
        """Run a function.

        Raises:
            FunctionError: it raised, ran out of its own time, or the emulator refused the call.
        """
        url = f"{self._endpoint}/2015-03-31/functions/{quote(function, safe='')}/invocations"
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, payload)
        self._signer.add_auth(request)
        try:
            async with self._http.post(
                url, data=payload, headers=dict(request.headers.items())
            ) as answer:
                result = await answer.read()
        except aiohttp.ClientError as error:
            raise FunctionError(f"{function}: no answer from the emulator") from error
        if answer.status != 200 or "X-Amz-Function-Error" in answer.headers:
            raise FunctionError(f"{function}: failed with {answer.status}")
        return result
