"""AWS clients: thin ones on the path of every request, botocore's where much of S3 is needed.

All are made when first asked for and kept. Deadlines are short: a phone is waiting.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from upgate_aws.aws_endpoint import AwsEndpoint, ErrorCode, Patience
from upgate_aws.presign import Presigner
from upgate_aws.sigv4 import Credentials, Scope
from upgate_aws.thin_clients import (
    ThinDynamoDb,
    ThinLambda,
    ThinS3,
    ThinSecrets,
    ThinSqs,
    json_error_code,
    s3_error_code,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_endpoints: list[AwsEndpoint] = []


@cache
def thin_s3() -> S3Client:
    """PutObject and HeadObject; the bytes are protected by TLS and the checksum header."""
    endpoint = _endpoint("s3", "S3", Patience(2, 10), s3_error_code)
    # An endpoint of one's own has one host name for all buckets.
    return cast("S3Client", ThinS3(endpoint, path_style=_own_endpoint("S3") is not None))


@cache
def dynamodb() -> DynamoDBClient:
    """PutItem, UpdateItem, DeleteItem, GetItem and Query."""
    endpoint = _endpoint("dynamodb", "DYNAMODB", Patience(1, 2), json_error_code)
    return cast("DynamoDBClient", ThinDynamoDb(endpoint))


@cache
def secrets() -> SecretsManagerClient:
    """GetSecretValue, asked once per environment and cache period."""
    endpoint = _endpoint("secretsmanager", "SECRETS_MANAGER", Patience(2, 3), json_error_code)
    return cast("SecretsManagerClient", ThinSecrets(endpoint))


@cache
def sqs() -> SQSClient:
    """SendMessage and ChangeMessageVisibility."""
    endpoint = _endpoint("sqs", "SQS", Patience(1, 3), json_error_code)
    return cast("SQSClient", ThinSqs(endpoint))


@cache
def presigner() -> Presigner:
    """URLs that let a client read one object for a while."""
    url, scope = _service_url("s3", "S3"), Scope("s3", _region())
    return Presigner(url, scope, _credentials, path_style=_own_endpoint("S3") is not None)


@cache
def invoker(read_timeout_seconds: float) -> LambdaClient:
    """Invoke for the callback: one attempt, since a second one would deliver twice (aws.md 4)."""
    patience = Patience(1, read_timeout_seconds, attempts=1)
    return cast(
        "LambdaClient", ThinLambda(_endpoint("lambda", "LAMBDA", patience, json_error_code))
    )


@cache
def s3() -> S3Client:
    """botocore's S3, whole, for resumable uploads."""
    import botocore.session
    from botocore import handlers
    from botocore.config import Config

    from upgate.objects import storage

    config = Config(
        signature_version="s3v4",
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"payload_signing_enabled": False},
        max_pool_connections=storage.CONNECTIONS,
    )
    client = botocore.session.Session().create_client("s3", config=config)
    # Two habits that are for files, and cost a round trip and a copy where the body is in memory.
    client.meta.events.unregister("before-call.s3", handlers.add_expect_header)
    for operation in ("PutObject", "UploadPart"):
        client.meta.events.unregister(
            f"before-parameter-build.s3.{operation}", handlers.convert_body_to_file_like_object
        )
    return cast("S3Client", client)


def forget() -> None:
    """Make all clients anew when they are next asked for, such as under another environment."""
    if s3.cache_info().currsize:
        s3().close()
    for client in (thin_s3, dynamodb, secrets, sqs, presigner, invoker, s3):
        client.cache_clear()
    while _endpoints:
        _endpoints.pop().close()


def _endpoint(
    service: str, variable: str, patience: Patience, error_code: ErrorCode
) -> AwsEndpoint:
    scope = Scope(service, _region())
    endpoint = AwsEndpoint(
        _service_url(service, variable), scope, _credentials, patience, error_code
    )
    _endpoints.append(endpoint)
    return endpoint


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]


def _service_url(service: str, variable: str) -> str:
    region = _region()
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return _own_endpoint(variable) or f"https://{service}.{region}.{suffix}"


def _own_endpoint(variable: str) -> str | None:
    """The SDKs' own variables (AWS SDKs and Tools: "Service-specific endpoints")."""
    return os.environ.get(f"AWS_ENDPOINT_URL_{variable}") or os.environ.get("AWS_ENDPOINT_URL")


def _credentials() -> Credentials:
    """Lambda's role: read anew for each request, since nothing says that they never change."""
    return Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )
