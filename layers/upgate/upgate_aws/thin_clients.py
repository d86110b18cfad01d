"""The few AWS operations of the upload path, shaped as botocore's clients shape them.

Same keyword arguments, same results, same errors, for what the gateway uses and nothing else; the
functions that need more of S3 take botocore's client. tests/unit/test_thin_clients.py sends the
same calls through both and compares what arrives.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from upgate_aws import sigv4
from upgate_aws.aws_endpoint import Answer, AwsEndpoint

_S3_HEADERS = {
    "CacheControl": "cache-control",
    "ChecksumCRC32": "x-amz-checksum-crc32",
    "ChecksumSHA1": "x-amz-checksum-sha1",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentType": "content-type",
    "Expires": "expires",
    "IfNoneMatch": "if-none-match",
    "StorageClass": "x-amz-storage-class",
}
_METADATA = "x-amz-meta-"
# A bucket with a dot has no certificate for its own host name.
_HOST_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z")


class ThinS3:
    """PutObject and HeadObject."""

    def __init__(self, endpoint: AwsEndpoint, *, path_style: bool) -> None:
        self._endpoint = endpoint
        self._path_style = path_style

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, Metadata: Mapping[str, str], **options: str
    ) -> dict[str, Any]:
        """Store an object; `options` are those of `_S3_HEADERS`."""
        headers = {_METADATA + name: value for name, value in Metadata.items()}
        headers |= {_S3_HEADERS[name]: value for name, value in options.items()}
        answer = self._send("PutObject", "PUT", Bucket, Key, headers, Body)
        return {"ETag": answer.headers.get("etag", "")}

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        """What is known of an object: its user metadata, size, type and ETag."""
        query = f"versionId={quote(VersionId, safe='-._~')}" if VersionId else ""
        answer = self._send("HeadObject", "HEAD", Bucket, Key, {}, b"", query)
        return {
            "ContentLength": int(answer.headers.get("content-length", "0")),
            "ContentType": answer.headers.get("content-type", ""),
            "ETag": answer.headers.get("etag", ""),
            "Metadata": {
                name.removeprefix(_METADATA): value
                for name, value in answer.headers.items()
                if name.startswith(_METADATA)
            },
        }

    def _send(
        self,
        operation: str,
        method: str,
        bucket: str,
        key: str,
        headers: Mapping[str, str],
        body: bytes,
        query: str = "",
    ) -> Answer:
        path, host = "/" + sigv4.encode_path(key), None
        if self._path_style or not _HOST_LABEL.match(bucket):
            path = f"/{bucket}{path}"
        else:
            host = f"{bucket}.{self._endpoint.host}"
        return self._endpoint.send(operation, method, path, headers, body, host=host, query=query)


def s3_error_code(answer: Answer) -> str:
    """The code in S3's XML; the status where there is no body, as botocore has it."""
    match = re.search(rb"<Code>([A-Za-z0-9.]+)</Code>", answer.body)
    return match[1].decode() if match else str(answer.status)


class ThinJson:
    """A service of the AWS JSON protocol: DynamoDB, Secrets Manager."""

    def __init__(self, endpoint: AwsEndpoint, target: str, version: str) -> None:
        self._endpoint = endpoint
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"

    def call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One operation: its input and output members go as they are."""
        headers = {
            "content-type": self._content_type,
            "x-amz-target": f"{self._target}.{operation}",
        }
        body = json.dumps(arguments).encode()
        answer = self._endpoint.send(operation, "POST", "/", headers, body).body
        result: dict[str, Any] = json.loads(answer) if answer else {}
        return result


class ThinDynamoDb(ThinJson):
    """The ledger's operations."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        super().__init__(endpoint, "DynamoDB_20120810", "1.0")

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """PutItem."""
        return self.call("PutItem", arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        """UpdateItem."""
        return self.call("UpdateItem", arguments)

    def delete_item(self, **arguments: Any) -> dict[str, Any]:
        """DeleteItem."""
        return self.call("DeleteItem", arguments)

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """GetItem."""
        return self.call("GetItem", arguments)

    def query(self, **arguments: Any) -> dict[str, Any]:
        """Query."""
        return self.call("Query", arguments)


class ThinSqs(ThinJson):
    """The queues."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        super().__init__(endpoint, "AmazonSQS", "1.0")

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """SendMessage."""
        return self.call("SendMessage", arguments)

    def change_message_visibility(self, **arguments: Any) -> dict[str, Any]:
        """ChangeMessageVisibility."""
        return self.call("ChangeMessageVisibility", arguments)


class ThinSecrets(ThinJson):
    """The keys' secret."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        super().__init__(endpoint, "secretsmanager", "1.1")

    def get_secret_value(self, **arguments: Any) -> dict[str, Any]:
        """GetSecretValue."""
        return self.call("GetSecretValue", arguments)


def json_error_code(answer: Answer) -> str:
    """The code in `__type` or the header, without its namespace."""
    code = answer.headers.get("x-amzn-errortype", "")
    try:
        document = json.loads(answer.body)
        code = document.get("__type") or document.get("code") or code
    except (ValueError, AttributeError):
        pass
    return str(code).rpartition("#")[2].partition(":")[0] or str(answer.status)


class ThinLambda:
    """Invoke, and wait for the answer."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        self._endpoint = endpoint

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        """Run a function; `FunctionError` is there when it failed."""
        path = f"/2015-03-31/functions/{quote(FunctionName, safe='')}/invocations"
        answer = self._endpoint.send("Invoke", "POST", path, {}, Payload)
        result: dict[str, Any] = {
            "StatusCode": answer.status,
            "Payload": io.BytesIO(answer.body),
        }
        if "x-amz-function-error" in answer.headers:
            result["FunctionError"] = answer.headers["x-amz-function-error"]
        return result
