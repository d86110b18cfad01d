"""The whole bundle, once for all end-to-end tests."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.local_process import LocalProcess

ACCESS_KEY = "e2e-access-key"
SECRET_KEY = "e2e-secret-key"
BUCKET = "demo"
LOG_LINES = 60


@dataclass(slots=True)
class Gateway:
    """A gateway that runs: its origin, its keys, and the AWS behind it."""

    url: str
    access_key: str
    secret_key: str
    bucket: str
    endpoint: str
    log: Path
    process: LocalProcess
    _clients: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        """A boto3 client to the emulator with every right, to look behind the gateway."""
        if service not in self._clients:
            session = boto3.Session("test", "test", region_name="us-east-1")
            self._clients[service] = session.client(  # type: ignore[call-overload]
                service, endpoint_url=self.endpoint
            )
        return self._clients[service]

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource of template.yaml: a bucket, the table, a function."""
        found = self.aws("cloudformation").describe_stack_resource(
            StackName="upgate", LogicalResourceId=logical_id
        )
        physical_id: str = found["StackResourceDetail"]["PhysicalResourceId"]
        return physical_id

    def object(self, key: str) -> Any:
        """What S3 holds under a key, as GetObject answers: `Body`, `ContentType`, `Metadata` ..."""
        return self.aws("s3").get_object(Bucket=self.resource("UploadBucket"), Key=key)

    def log_tail(self) -> str:
        """The end of the emulator's log, with the functions' own lines in it."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def close(self) -> None:
        """Close the clients that were made."""
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """`upgate local` on a free port, with keys that tests know."""
    keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
    process = LocalProcess.start("--port", "0", "--bucket", BUCKET, *keys)
    try:
        url = process.value("ready")
        running = Gateway(
            url=url,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            bucket=BUCKET,
            endpoint=process.value("aws"),
            log=Path(process.value("log")),
            process=process,
        )
        yield running
        running.close()
    finally:
        process.end(signal.SIGTERM)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions logged beside a test that failed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("gateway")
    if report.when == "call" and report.failed and isinstance(running, Gateway):
        report.sections.append(("emulator log", running.log_tail()))
    return report
