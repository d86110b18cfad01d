"""Strict uploads under test: the functions, a business server, and death at any AWS call."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
from botocore.httpsession import URLLib3Session

from tests import events
from tests.fakes import aws, loopback
from tests.fakes.loopback import Received, Reply
from tests.resumable_client import Client, b64, content, cut
from upgate_aws import clients
from upgate_aws.aws_endpoint import AwsEndpoint

if TYPE_CHECKING:
    from tests.functional.conftest import Functions

PIECE = 2_700_000  # two make an S3 part


class KilledError(BaseException):
    """The function is gone in mid-air; no handler of ours catches this."""


@dataclass
class Business:
    """Answers as it is told, the last answer for ever; status 0 is none at all."""

    answers: list[int] = field(default_factory=lambda: [200])
    ids: list[str] = field(default_factory=list)
    accepted: int = 0
    body: bytes = b'{"ok":1}'
    url: str = ""
    on_call: Callable[[], None] = lambda: None

    def __call__(self, request: Received) -> Reply:
        self.on_call()
        status = self.answers[min(len(self.ids), len(self.answers) - 1)]
        self.ids.append(request.headers["x-upgate-delivery"])
        self.accepted += status == 200
        return Reply(status, self.body if status == 200 else b"")


@dataclass
class Upload:
    """One strict upload that can be sent again; `send` gives status and body."""

    key: str
    data: bytes
    send: Callable[[], tuple[int, Any]]


@dataclass
class Rig:
    """The functions in a row, and what lies in the queue between them."""

    functions: Functions
    business: Business
    upload: ModuleType
    resumable: ModuleType
    redelivery: ModuleType
    sqs: Any = None
    table: Any = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """With clients that look behind the functions."""
        session = boto3.Session("test", "test", region_name=aws.REGION)
        dynamo = session.resource("dynamodb", endpoint_url=self.functions.aws.dynamodb_url)
        self.table = dynamo.Table(aws.TABLE)
        self.sqs = session.client("sqs", endpoint_url=self.functions.aws.sqs_url)
        try:
            yield
        finally:
            self.sqs.close()
            dynamo.meta.client.close()

    def token(self, **policy: Any) -> str:
        fields = {"callbackUrl": self.business.url, "callbackBody": "key=$(key)"}
        # A token of its own: without one, equal uploads of two tests would be one.
        return events.token(
            {"commit": "strict", **fields, "endUser": uuid.uuid4().hex} | policy,
        )

    def form(self, key: str | None = None, data: bytes | None = None, **policy: Any) -> Upload:
        key = key or uuid.uuid4().hex
        data = key.encode() if data is None else data
        event = events.form_of({"token": self.token(**policy), "key": key}, data)
        return Upload(key, data, lambda: _short(self.upload.lambda_handler(event, None)))

    def putb64(self) -> Upload:
        key = uuid.uuid4().hex
        headers = {"Authorization": f"UpToken {self.token()}", "Content-Type": "text/plain"}
        path, route = f"/putb64/-1/key/{b64(key)}", "POST /putb64/{proxy+}"
        event = events.http("POST", path, b64(key), headers, route)
        return Upload(key, key.encode(), lambda: _short(self.upload.lambda_handler(event, None)))

    def v1(self, data: bytes = b"abcdef") -> Upload:
        key, up = uuid.uuid4().hex, Client(self.resumable, self.token())
        contexts = up.blocks(data) if data else []
        path = f"/key/{b64(key)}"
        return Upload(key, data, lambda: up.mkfile(len(data), contexts, path).short)

    def v2(self, key: str | None = None, data: bytes | None = None, **policy: Any) -> Upload:
        data = content(2 * PIECE + 9) if data is None else data
        key, up = key or uuid.uuid4().hex, Client(self.resumable, self.token(**policy))
        upload_id = up.initiate(key)
        parts = up.parts(upload_id, cut(data, PIECE), key)
        return Upload(key, data, lambda: up.complete(upload_id, parts, key).short)

    def flow(self, name: str, *, overwrites: bool) -> Upload:
        key = uuid.uuid4().hex
        scope = f"demo:{key}" if overwrites else "demo"
        if name == "form":
            return self.form(key, scope=scope)
        return self.v2(key, None if name == "v2 large" else b"abc", scope=scope)

    def visible(self, upload: Upload) -> bool:
        found = self.functions.aws.s3.objects.get(("s3-demo", upload.key))
        assert found is None or found.body == upload.data
        return found is not None

    def held(self) -> int:
        """How many multipart uploads there are."""
        return len(self.functions.aws.s3.uploads)

    def item(self, upload_id: str = "") -> dict[str, Any]:
        found = self.table.get_item(Key=self.item_key(upload_id))
        item: dict[str, Any] = found.get("Item", {})
        return item

    def item_key(self, upload_id: str = "") -> dict[str, str]:
        return {"pk": f"upload#{upload_id or self.business.ids[-1]}", "sk": "intent"}

    def change(self, update: str, **values: Any) -> None:
        """Change the last upload's item as time or fate would have."""
        bound = {f":{name}": value for name, value in values.items()}
        options = {"ExpressionAttributeValues": bound} if bound else {}
        self.table.update_item(Key=self.item_key(), UpdateExpression=update, **options)

    def messages(self, url: str = "") -> list[dict[str, Any]]:
        """Take all messages that wait, delays passed over."""
        url = url or self.functions.aws.redelivery_url
        found, client = [], self.sqs
        while page := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in page:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def work(self, message: dict[str, Any]) -> bool:
        """One message when it is due; whether the function is done with it."""
        record = {
            "messageId": "m",
            "receiptHandle": "handle",
            "body": json.dumps(message | {"due_at": 0}),
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        answer = self.redelivery.lambda_handler({"Records": [record]}, None)
        return bool(answer == {"batchItemFailures": []})

    def drain(self) -> None:
        """Work until nothing waits; what failed comes again."""
        for _ in range(20):
            waiting = self.messages()
            if not waiting:
                return
            for message in waiting:
                assert self.work(message) or self.work(message)
        raise AssertionError("the queue never empties")


@contextmanager
def running(functions: Functions) -> Iterator[Rig]:
    """A rig with empty queues."""
    business = Business()
    with loopback.serve(business) as url:
        business.url = url
        callback = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        functions.aws.functions.functions["callback"] = callback.lambda_handler
        upload, redelivery = functions.load("upload"), functions.load("redelivery")
        # Last: what it makes at once, the others take when they need it, and it is closed with it.
        rig = Rig(functions, business, upload, functions.load("resumable"), redelivery)
        with rig.open():
            rig.messages()
            rig.messages(functions.aws.dead_letters_url)
            yield rig
        upload.S3._endpoint.close()
        clients.forget()


@dataclass
class Death:
    """Before or after the AWS call at `index` the function dies, and stays dead."""

    index: int
    is_before: bool
    calls: int = 0
    is_dead: bool = False

    def around(self, call: Callable[[], Any]) -> Any:
        if self.is_dead:
            raise KilledError
        is_hit = self.calls == self.index
        self.calls += 1
        self.is_dead = is_hit
        if is_hit and self.is_before:
            raise KilledError
        result = call()
        if is_hit:
            raise KilledError
        return result


@contextmanager
def dying(death: Death) -> Iterator[None]:
    """botocore and the thin clients have one way out each."""
    thin, whole = AwsEndpoint.send, URLLib3Session.send

    def thin_send(self: AwsEndpoint, operation: str, *arguments: Any, **options: Any) -> Any:
        if operation == "GetSecretValue":  # the callback function's own life
            return thin(self, operation, *arguments, **options)
        return death.around(lambda: thin(self, operation, *arguments, **options))

    def whole_send(self: URLLib3Session, request: Any) -> Any:
        return death.around(lambda: whole(self, request))

    AwsEndpoint.send, URLLib3Session.send = thin_send, whole_send  # type: ignore[method-assign]
    try:
        yield
    except KilledError:
        pass
    finally:
        AwsEndpoint.send, URLLib3Session.send = thin, whole  # type: ignore[method-assign]


def _short(answer: dict[str, Any]) -> tuple[int, Any]:
    return answer["statusCode"], json.loads(answer["body"])
