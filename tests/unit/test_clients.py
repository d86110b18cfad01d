"""What the AWS clients are told: no second hash, no retry of a callback, no waiting for ever."""

from __future__ import annotations

from typing import cast

import pytest
from botocore import handlers

from upgate_aws import clients
from upgate_aws.aws_endpoint import Patience
from upgate_aws.thin_clients import ThinLambda


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients.forget()


def test_s3_signs_with_v4_and_does_not_hash_the_body() -> None:
    config = clients.s3().meta.config
    assert config.signature_version == "s3v4"  # type: ignore[attr-defined]
    assert config.s3["payload_signing_enabled"] is False  # type: ignore[attr-defined]


def test_s3_neither_waits_for_100_continue_nor_wraps_the_body() -> None:
    events = clients.s3().meta.events._emitter._handlers  # type: ignore[attr-defined]
    before_call = list(events.prefix_search("before-call.s3.PutObject"))
    before_build = list(events.prefix_search("before-parameter-build.s3.PutObject"))
    assert handlers.add_expect_header not in before_call
    assert handlers.convert_body_to_file_like_object not in before_build
    assert handlers.validate_bucket_name in before_build  # the look-up itself works


def test_callback_function_is_invoked_with_one_attempt_only() -> None:
    invoker = cast("ThinLambda", clients.invoker(9.0))
    assert invoker._endpoint._patience == Patience(1, 9.0, attempts=1)
