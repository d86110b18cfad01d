"""Every function's execution role against the deployed stack: what it needs, and nothing else.

Each call is tried with the role's own credentials. The emulator enforces actions and resources; of
conditions it knows no `dynamodb:LeadingKeys`: tests/functional/test_ledger_rights.py has those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

REGION = "us-east-1"
OTHER_BUCKET, OTHER_SECRET, OTHER_QUEUE = "iam-other", "iam-other", "iam-other"
ROLE_ARN = "arn:aws:iam::123456789012:role/{}"
ITEM = {"pk": {"S": "iam#probe"}, "sk": {"S": "probe"}}
DENIED = {"AccessDenied", "AccessDeniedException", "403"}

FUNCTIONS = (
    *("AsyncOps", "Avinfo", "Callback", "Download", "Events", "Glue", "Manage"),
    *("Query", "Redelivery", "Resumable", "Token", "Upload", "UrlOps"),
)


@dataclass(frozen=True, slots=True)
class Role:
    """A function's role: clients with its credentials, and the stack that they are tried on."""

    gateway: Gateway
    session: boto3.Session

    def client(self, service: str) -> Any:
        return self.session.client(  # type: ignore[call-overload]
            service, endpoint_url=self.gateway.endpoint
        )

    def id(self, logical_id: str) -> str:
        return self.gateway.resource(logical_id)

    def is_denied(self, call: Call) -> bool:
        """Whether AWS refuses a call; any other error comes from beyond the check of rights."""
        try:
            call(self)
        except ClientError as error:
            return error.response["Error"]["Code"] in DENIED
        return False


type Call = Callable[[Role], object]


def _s3(bucket: str, prefix: str, name: str) -> dict[str, Call]:
    """Calls on objects of a bucket; `bucket` is a logical id or another bucket's name."""

    def where(role: Role) -> str:
        return bucket if bucket == OTHER_BUCKET else role.id(bucket)

    key = f"{prefix}iam-probe"
    upload = {"Key": key, "UploadId": "x"}
    return {
        f"get {name}": lambda r: r.client("s3").get_object(Bucket=where(r), Key=key),
        f"put {name}": lambda r: r.client("s3").put_object(Bucket=where(r), Key=key, Body=b"x"),
        f"delete {name}": lambda r: r.client("s3").delete_object(Bucket=where(r), Key=key),
        f"abort {name}": lambda r: r.client("s3").abort_multipart_upload(Bucket=where(r), **upload),
        f"parts {name}": lambda r: r.client("s3").list_parts(Bucket=where(r), **upload),
        f"tag {name}": lambda r: r.client("s3").put_object_tagging(
            Bucket=where(r), Key=key, Tagging={"TagSet": []}
        ),
    }


def _buckets(bucket: str, name: str) -> dict[str, Call]:
    """Calls on a bucket of the stack."""
    return {
        f"list {name}": lambda r: r.client("s3").list_objects_v2(Bucket=r.id(bucket)),
        f"policy {name}": lambda r: r.client("s3").put_bucket_policy(
            Bucket=r.id(bucket), Policy="{}"
        ),
    }


def _queue(queue: str, name: str) -> dict[str, Call]:
    """Calls on a queue; an empty message is refused behind the check of rights."""

    def url(role: Role) -> str:
        return role.gateway.aws("sqs").get_queue_url(QueueName=queue)["QueueUrl"] if (
            queue == OTHER_QUEUE
        ) else role.id(queue)  # fmt: skip

    return {
        f"send {name}": lambda r: r.client("sqs").send_message(QueueUrl=url(r), MessageBody=""),
        f"receive {name}": lambda r: r.client("sqs").receive_message(
            QueueUrl=url(r), VisibilityTimeout=0
        ),
        f"purge {name}": lambda r: r.client("sqs").purge_queue(QueueUrl=url(r)),
    }


def _ledger() -> dict[str, Call]:
    update: dict[str, Any] = {
        "Key": ITEM,
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    query: dict[str, Any] = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": ITEM["pk"]},
    }

    def client(role: Role) -> tuple[Any, dict[str, str]]:
        return role.client("dynamodb"), {"TableName": role.id("LedgerTable")}

    def call(operation: str, **arguments: Any) -> Call:
        def run(role: Role) -> object:
            dynamodb, table = client(role)
            return getattr(dynamodb, operation)(**table, **arguments)

        return run

    return {
        "ledger get": call("get_item", Key=ITEM),
        "ledger put": call("put_item", Item=ITEM),
        "ledger update": call("update_item", **update),
        "ledger query": call("query", **query),
        "ledger delete": call("delete_item", Key=ITEM),
        "ledger scan": call("scan", Limit=1),
    }


def _secrets() -> dict[str, Call]:
    def client(role: Role) -> Any:
        return role.client("secretsmanager")

    return {
        "keys read": lambda r: client(r).get_secret_value(SecretId=r.id("KeysSecret")),
        "keys write": lambda r: client(r).put_secret_value(
            SecretId=r.id("KeysSecret"), SecretString="{}"
        ),
        "keys delete": lambda r: client(r).delete_secret(SecretId=r.id("KeysSecret")),
        "other secret read": lambda r: client(r).get_secret_value(SecretId=OTHER_SECRET),
    }


def _invocations() -> dict[str, Call]:
    def invoke(function: str) -> Call:
        return lambda r: r.client("lambda").invoke(
            FunctionName=r.id(f"{function}Function"), InvocationType="DryRun"
        )

    return {f"invoke {function}": invoke(function) for function in FUNCTIONS}


CALLS: dict[str, Call] = {
    **_s3("UploadBucket", "", "object"),
    **_s3("WorkBucket", "v1/", "piece"),
    **_s3("WorkBucket", "fop/", "result"),
    **_s3(OTHER_BUCKET, "", "other object"),
    **_buckets("UploadBucket", "uploads"),
    **_buckets("WorkBucket", "work"),
    **_queue("EventQueue", "events"),
    **_queue("OpsQueue", "ops"),
    **_queue("UrlOpsQueue", "url ops"),
    **_queue("OpsDeadLetterQueue", "ops dead letters"),
    **_queue("RedeliveryQueue", "redelivery"),
    **_queue("RedeliveryDeadLetterQueue", "redelivery dead letters"),
    **_queue(OTHER_QUEUE, "other queue"),
    **_ledger(),
    **_secrets(),
    **_invocations(),
    # Every role has these: with them the credentials are known to be good.
    "log": lambda r: r.client("logs").create_log_stream(logGroupName="x", logStreamName="x"),
    "delete logs": lambda r: r.client("logs").delete_log_group(logGroupName="x"),
    "make users": lambda r: r.client("iam").create_user(UserName="iam-probe"),
    "assume": lambda r: r.client("sts").assume_role(
        RoleArn=ROLE_ARN.format(r.id("AsyncOpsFunctionRole")), RoleSessionName="iam-probe"
    ),
}
NEEDED: dict[str, set[str]] = {
    "AsyncOps": {
        *("get object", "put object", "get result", "put result", "list uploads", "list work"),
        *("ledger get", "ledger put", "ledger update", "ledger query"),
        *("send ops", "receive ops", "invoke Callback"),
    },
    "Avinfo": set(),
    "Callback": {"keys read"},
    "Download": {
        *("get object", "put object", "get result", "put result", "list uploads", "list work"),
        *("ledger get", "ledger put", "send url ops", "invoke Callback", "keys read"),
    },
    "Events": {
        *("get object", "list uploads", "ledger get", "ledger put"),
        *("receive events", "send ops", "send redelivery"),
    },
    "Glue": {"put object", "get piece"},
    "Manage": {
        *("get object", "put object", "delete object", "tag object"),
        *("list uploads", "keys read"),
    },
    "Query": {
        *("get object", "list uploads", "ledger get", "ledger put", "ledger query"),
        *("send ops", "keys read"),
    },
    "Redelivery": {
        *("ledger get", "ledger put", "ledger update", "send redelivery", "receive redelivery"),
        *("send ops", "send redelivery dead letters", "invoke Callback"),
        # An object that waits for its callback is completed or aborted.
        *("get object", "put object", "abort object", "parts object", "list uploads"),
    },
    "Resumable": {
        *("get object", "put object", "abort object", "parts object"),
        *("list uploads", "list work"),
        *("get piece", "put piece"),
        *("ledger get", "ledger put", "ledger update"),
        *("send ops", "send redelivery", "keys read"),
        *("invoke Callback", "invoke Glue", "invoke Avinfo"),
    },
    "Token": {"ledger get", "keys read"},
    "Upload": {
        *("get object", "put object", "abort object", "parts object", "list uploads"),
        *("ledger get", "ledger put", "ledger update"),
        *("send ops", "send redelivery", "keys read"),
        *("invoke Callback", "invoke Avinfo"),
    },
    "UrlOps": {
        *("get object", "put object", "get result", "put result", "list uploads", "list work"),
        *("ledger get", "ledger put", "receive url ops", "invoke Callback"),
    },
}


@pytest.fixture(scope="module")
def neighbours(gateway: Gateway) -> Iterator[None]:
    """What is in the account beside the stack."""
    s3, sqs, secrets = (gateway.aws(name) for name in ("s3", "sqs", "secretsmanager"))
    s3.create_bucket(Bucket=OTHER_BUCKET)
    queue = sqs.create_queue(QueueName=OTHER_QUEUE)["QueueUrl"]
    secrets.create_secret(Name=OTHER_SECRET, SecretString="x")
    yield
    secrets.delete_secret(SecretId=OTHER_SECRET, ForceDeleteWithoutRecovery=True)
    sqs.delete_queue(QueueUrl=queue)
    s3.delete_bucket(Bucket=OTHER_BUCKET)
    uploads = gateway.resource("UploadBucket")
    s3.delete_object(Bucket=uploads, Key="iam-probe")
    gateway.aws("dynamodb").delete_item(TableName=gateway.resource("LedgerTable"), Key=ITEM)


@pytest.fixture
def role(gateway: Gateway, function: str, neighbours: None) -> Role:
    name = gateway.resource(f"{function}FunctionRole")
    given = gateway.aws("sts").assume_role(RoleArn=ROLE_ARN.format(name), RoleSessionName="probe")
    keys = given["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION
    )
    return Role(gateway, session)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_may_do_what_it_needs(role: Role, function: str) -> None:
    needed = {"log", *NEEDED[function]}
    assert {name for name in needed if role.is_denied(CALLS[name])} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_is_denied_everything_else(role: Role, function: str) -> None:
    others = CALLS.keys() - {"log", *NEEDED[function]}
    assert {name for name in others if not role.is_denied(CALLS[name])} == set()


def test_every_function_of_the_stack_is_tried(gateway: Gateway) -> None:
    resources = gateway.aws("cloudformation").describe_stack_resources(StackName="upgate")
    deployed = {
        resource["LogicalResourceId"].removesuffix("Function")
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    assert deployed == set(FUNCTIONS)
