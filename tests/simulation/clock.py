"""Time that passes only when somebody waits for it."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from upgate_aws.aws_endpoint import AwsEndpoint

START = 1_800_000_000.0


class Clock:
    """Stands in for the module `time`; what it does not have is the real module's."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        """Seconds since 1970."""
        return self.now

    def monotonic(self) -> float:
        """The same clock."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Waiting is all that makes time pass."""
        self.now += max(seconds, 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def install_in_clients(self, patch: pytest.MonkeyPatch) -> None:
        """In every client that is made from now on: the default was bound with the class."""
        patch.setattr(AwsEndpoint.__init__, "__defaults__", (self.sleep,))

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """In every module of ours that is loaded by now, and botocore's own way to wait."""
        for name, module in list(sys.modules.items()):
            if name.startswith(("upgate.", "upgate_aws.", "functions.")) and (
                getattr(module, "time", None) is time
            ):
                patch.setattr(module, "time", self)
        patch.setattr("botocore.endpoint.time", self)
