"""Lambda's Invoke API over handlers in this process: the real client on one side, the real
handler on the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.fakes.loopback import Received, Reply

type Handler = Callable[[Any, object], Any]


class FakeLambda:
    """Functions by name; one that raises answers as Lambda does, with X-Amz-Function-Error."""

    def __init__(self) -> None:
        self.functions: dict[str, Handler] = {}
        self.invocations = 0

    def __call__(self, request: Received) -> Reply:
        """Answer POST /2015-03-31/functions/NAME/invocations."""
        self.invocations += 1
        name = unquote(request.path.split("/")[3])
        if name not in self.functions:
            return Reply(404, b'{"Message":"Function not found"}')
        try:
            result = self.functions[name](json.loads(request.body), None)
        except Exception as error:
            body = json.dumps({"errorType": type(error).__name__}).encode()
            return Reply(200, body, {"X-Amz-Function-Error": "Unhandled"})
        return Reply(200, json.dumps(result).encode())
