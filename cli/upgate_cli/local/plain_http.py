"""Opens the buckets to plain HTTP, which is what the emulator speaks, on loopback only."""

from __future__ import annotations

import json
from typing import Any

from upgate_cli.local import cloud
from upgate_cli.local.stack import Stack

_TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


def allow_plain_http(endpoint: str, stack: Stack) -> None:
    """Take the statements that insist on TLS, and no others, out of the stack's bucket policies."""
    s3 = cloud.session().client("s3", endpoint_url=endpoint)
    for resource in stack.template["Resources"].values():
        if resource["Type"] != "AWS::S3::BucketPolicy":
            continue
        bucket = stack.resources[resource["Properties"]["Bucket"]["Ref"]]
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        if remaining := _without_tls_rule(policy["Statement"]):
            policy["Statement"] = remaining
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        else:
            s3.delete_bucket_policy(Bucket=bucket)


def _without_tls_rule(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [statement for statement in statements if statement.get("Condition") != _TLS_ONLY]
