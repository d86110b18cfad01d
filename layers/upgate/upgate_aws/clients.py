"""AWS clients straight from botocore: boto3 on top of it would only cost start-up time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore import handlers
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

_session = botocore.session.Session()


@cache
def s3() -> S3Client:
    """S3 without a second hash over the body: TLS and the checksum header protect it (aws.md 3)."""
    config = Config(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"payload_signing_enabled": False},
    )
    config = config.merge(_config(connect_timeout=2, read_timeout=10))
    client = cast("S3Client", _session.create_client("s3", config=config))
    _send_bodies_at_once(client)
    return client


@cache
def dynamodb() -> DynamoDBClient:
    """DynamoDB with short deadlines: the client on the phone is waiting."""
    config = _config(connect_timeout=1, read_timeout=2)
    return cast("DynamoDBClient", _session.create_client("dynamodb", config=config))


@cache
def secrets() -> SecretsManagerClient:
    """Secrets Manager, asked once per environment and cache period."""
    config = _config(connect_timeout=2, read_timeout=3)
    return cast("SecretsManagerClient", _session.create_client("secretsmanager", config=config))


@cache
def invoker(read_timeout_seconds: float) -> LambdaClient:
    """Lambda for the callback: one attempt, since a retry would deliver twice (aws.md 4)."""
    config = _config(connect_timeout=1, read_timeout=read_timeout_seconds, attempts=1)
    return cast("LambdaClient", _session.create_client("lambda", config=config))


def _send_bodies_at_once(client: S3Client) -> None:
    """Take out two of botocore's habits that are for files: here the body is bytes in memory.

    It wraps the body as a file, which is then sent in 16 KiB pieces, and it waits for a
    `100 Continue`, which costs a round trip (bench/upload.py: 6 % of an upload of 4 MiB).
    """
    events = client.meta.events
    events.unregister("before-call.s3", handlers.add_expect_header)
    for operation in ("PutObject", "UploadPart"):
        events.unregister(
            f"before-parameter-build.s3.{operation}", handlers.convert_body_to_file_like_object
        )


def _config(*, connect_timeout: float, read_timeout: float, attempts: int = 3) -> Config:
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
