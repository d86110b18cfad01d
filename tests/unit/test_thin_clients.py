"""The thin clients send what botocore's clients send, and give back what they give back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate_aws import clients
from upgate_aws.aws_endpoint import Answer, AwsEndpoint

# botocore's own: who it is, which attempt this is, and what time and body make different.
OWN = (
    "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "expect",
    "user-agent", "x-amz-date", "x-amz-user-agent", "x-amzn-query-mode",
)  # fmt: skip

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "s3",
        "put_object",
        {"Bucket": "b", "Key": "a/b c+?#%é'()*!~", "Body": b"hello", "Metadata": {}},
    ),
    ("s3", "put_object", {"Bucket": "b", "Key": "//x/../y", "Body": b"", "Metadata": {"a": "1 2"}}),
    (
        "s3",
        "put_object",
        {
            "Bucket": "b",
            "Key": "k",
            "Body": b"hello",
            "Metadata": {"upgate-etag": "x", "qn-m": "UTF-8''%E5%A5%BD"},
            "CacheControl": "max-age=60",
            "ChecksumSHA1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
            "ContentDisposition": "attachment",
            "ContentEncoding": "gzip",
            "ContentLanguage": "zh",
            "ContentType": "text/plain",
            "Expires": "Fri, 20 Nov 2026 12:00:00 GMT",
            "IfNoneMatch": "*",
            "StorageClass": "STANDARD_IA",
        },
    ),
    (
        "s3",
        "put_object",
        {"Bucket": "b", "Key": "k", "Body": b"x", "Metadata": {}, "ChecksumCRC32": "i8sPHw=="},
    ),
    ("s3", "head_object", {"Bucket": "b", "Key": "a/b c"}),
    ("dynamodb", "put_item", {"TableName": "t", "Item": {"pk": {"S": "好"}}}),
    ("dynamodb", "delete_item", {"TableName": "t", "Key": {"pk": {"S": "a"}}}),
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"pk": {"S": "a"}}}),
    (
        "dynamodb",
        "update_item",
        {"TableName": "t", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET a = :a"},
    ),
    (
        "dynamodb",
        "query",
        {"TableName": "t", "KeyConditionExpression": "pk = :pk", "ConsistentRead": True},
    ),
    ("sqs", "send_message", {"QueueUrl": "q", "MessageBody": "好", "DelaySeconds": 5}),
    (
        "sqs",
        "change_message_visibility",
        {"QueueUrl": "q", "ReceiptHandle": "h", "VisibilityTimeout": 5},
    ),
    ("secretsmanager", "get_secret_value", {"SecretId": "arn:aws:x"}),
    (
        "lambda",
        "invoke",
        {"FunctionName": "arn:aws:lambda:eu-central-1:1:function:f", "Payload": b"{}"},
    ),
]
REPLIES = {
    "s3": Reply(
        200, b"", {"ETag": '"e"', "x-amz-meta-upgate-etag": "x", "Content-Type": "image/png"}
    ),
    "sqs": Reply(200, b'{"MessageId":"m"}'),
    "dynamodb": Reply(200, b'{"Item":{"pk":{"S":"a"}}}'),
    "secretsmanager": Reply(200, b'{"SecretString":"s"}'),
    "lambda": Reply(200, b'{"a":1}', {"X-Amz-Function-Error": "Unhandled"}),
}

READ = {
    "put_object": ("ETag",),
    "head_object": ("Metadata", "ContentLength", "ContentType", "ETag"),
    "query": (),
    "send_message": ("MessageId",),
    "change_message_visibility": (),
    "put_item": (),
    "delete_item": (),
    "update_item": (),
    "get_item": ("Item",),
    "get_secret_value": ("SecretString",),
    "invoke": ("FunctionError", "StatusCode"),
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    clients.forget()
    yield
    clients.forget()


def call_both(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, arguments: dict[str, Any]
) -> tuple[list[Received], Any, Any]:
    """The two requests as they arrived, and the two results: ours, botocore's."""
    received: list[Received] = []

    def answer(request: Received) -> Reply:
        received.append(request)
        return REPLIES[service]

    with loopback.serve(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        makers: dict[str, Callable[[], Any]] = {
            "s3": clients.thin_s3,
            "dynamodb": clients.dynamodb,
            "secretsmanager": clients.secrets,
            "sqs": clients.sqs,
            "lambda": lambda: clients.invoker(5.0),
        }
        thin = makers[service]()
        ours = getattr(thin, operation)(**arguments)
        config = Config(
            signature_version="s3v4" if service == "s3" else "v4",
            request_checksum_calculation="when_required",
            s3={"payload_signing_enabled": False, "addressing_style": "path"},
        )
        theirs = botocore.session.Session().create_client(
            service, region_name="eu-central-1", endpoint_url=url, config=config
        )
        result = getattr(theirs, operation)(**arguments)
        theirs.close()
        return received, ours, result


def headers_of(request: Received) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name not in OWN}


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS)
def test_request_is_botocores(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    (ours, theirs), _, _ = call_both(monkeypatch, service, operation, arguments)
    assert (ours.method, ours.path, ours.body) == (theirs.method, theirs.path, theirs.body)
    assert headers_of(ours) == headers_of(theirs)


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS)
def test_result_is_botocores_for_what_the_gateway_reads(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    _, ours, theirs = call_both(monkeypatch, service, operation, arguments)
    for name in READ[operation]:
        assert ours[name] == theirs[name]
    if service == "lambda":
        assert ours["Payload"].read() == theirs["Payload"].read()


def test_bucket_is_in_the_host_name_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []

    def send(
        self: AwsEndpoint, *arguments: Any, host: str | None = None, query: str = ""
    ) -> Answer:
        sent.append((arguments[2], host or self.host))
        return Answer(200, {}, b"")

    monkeypatch.setattr(AwsEndpoint, "send", send)
    for bucket in ("my-bucket", "my.bucket"):
        clients.thin_s3().put_object(Bucket=bucket, Key="k", Body=b"", Metadata={})
    assert sent == [
        ("/k", "my-bucket.s3.eu-central-1.amazonaws.com"),
        ("/my.bucket/k", "s3.eu-central-1.amazonaws.com"),
    ]


def test_message_does_not_count_towards_lambdas_loop_detection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS: "Lambda recursive loop detection"; a callback's longest wait is 48 messages."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "redelivery")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")
    message = {"QueueUrl": "q", "MessageBody": "m", "DelaySeconds": 900}
    (ours, botocores), _, _ = call_both(monkeypatch, "sqs", "send_message", message)
    names = [{name.lower() for name in request.headers} for request in (ours, botocores)]
    assert ["x-amzn-trace-id" in sent for sent in names] == [False, True]


def test_upload_path_imports_no_botocore() -> None:
    import subprocess
    import sys

    program = (
        "import os, sys; os.environ.update(AWS_REGION='eu-central-1');"
        "from upgate_aws import clients;"
        "clients.thin_s3(); clients.dynamodb(); clients.secrets(); clients.invoker(1.0);"
        "sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
