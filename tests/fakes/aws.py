"""The AWS of the functional tests: strict fakes, and moto's server for secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from moto.server import ThreadedMotoServer

from tests.fakes import loopback, moto_secrets
from tests.fakes.dynamodb import FakeDynamoDb
from tests.fakes.lambda_service import FakeLambda
from tests.fakes.s3 import FakeS3
from tests.fakes.sqs import FakeSqs

REGION = "eu-central-1"
TABLE = "ledger"
SECRET = "upgate-keys"
QUEUE, REDELIVERY_QUEUE, DEAD_LETTERS = "ops", "redelivery", "redelivery-dead"
ACCESS_KEY, SECRET_KEY = "testak", "testsk"  # the pair of protocol.md 1.1
OLD_ACCESS_KEY, OLD_SECRET_KEY = "oldak", "oldsk"


@dataclass(frozen=True, slots=True)
class FakeAws:
    """The fakes, and the environment variables that lead SDKs to them."""

    s3: FakeS3
    functions: FakeLambda
    ledger: FakeDynamoDb
    queues: FakeSqs
    moto: str
    dynamodb_url: str
    sqs_url: str
    environment: dict[str, str]
    queue_url: str
    redelivery_url: str
    dead_letters_url: str

    def reset(self) -> None:
        """As new, but for the keys' secret; no test sees what another one left behind."""
        self.s3.reset()
        self.ledger.reset()
        self.queues.reset()
        self.functions.functions.clear()
        self.functions.invocations = 0


@contextmanager
def running() -> Iterator[FakeAws]:
    """Serve all fakes until the block ends, with the keys' secret and the queues made."""
    s3, functions, ledger, queues = FakeS3(), FakeLambda(), FakeDynamoDb(TABLE), FakeSqs()
    moto_secrets.mend()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    moto = f"http://{host}:{port}"
    try:
        with (
            loopback.serve(s3) as s3_url,
            loopback.serve(functions) as lambda_url,
            loopback.serve(ledger) as dynamodb_url,
            loopback.serve(queues) as sqs_url,
        ):
            _keep_keys(moto)
            queue_url, redelivery_url, dead_letters_url = _make_queues(sqs_url)
            environment = {
                "AWS_ENDPOINT_URL_S3": s3_url,
                "AWS_ENDPOINT_URL_LAMBDA": lambda_url,
                "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER": moto,
                "AWS_ENDPOINT_URL_SQS": sqs_url,
                "UPGATE_EVENT_QUEUE": f"{queue_url}-events",
                "UPGATE_OPS_QUEUE": queue_url,
                "UPGATE_REDELIVERY_QUEUE": redelivery_url,
                "UPGATE_REDELIVERY_DEAD_LETTERS": dead_letters_url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": REGION,
            }
            yield FakeAws(
                s3,
                functions,
                ledger,
                queues,
                moto,
                dynamodb_url,
                sqs_url,
                environment,
                queue_url,
                redelivery_url,
                dead_letters_url,
            )
    finally:
        server.stop()


def _keep_keys(endpoint: str) -> None:
    session = boto3.session.Session("test", "test", region_name=REGION)
    keys = [
        {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
        {"access_key": OLD_ACCESS_KEY, "secret_key": OLD_SECRET_KEY},
    ]
    client = session.client("secretsmanager", endpoint_url=endpoint)
    client.create_secret(Name=SECRET, SecretString=json.dumps({"keys": keys}))
    client.close()


def _make_queues(endpoint: str) -> list[str]:
    """Their URLs."""
    session = boto3.session.Session("test", "test", region_name=REGION)
    client = session.client("sqs", endpoint_url=endpoint)
    names = (QUEUE, REDELIVERY_QUEUE, DEAD_LETTERS)
    urls = [client.create_queue(QueueName=name)["QueueUrl"] for name in names]
    client.close()
    return urls
