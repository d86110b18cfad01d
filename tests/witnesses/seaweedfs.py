"""Runs SeaweedFS: an S3 that is neither ours nor the emulator's, and that checks every signature.

Neither of the stand-ins of the other tests does, so only here has our signer ever been able to
be refused. Where it differs from what AWS was recorded to answer, the test that meets it says so.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import requests

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY, SECRET_KEY = "AKWITNESS", "a/secret+with=signs"
WEED = Path(sys.executable).with_name("weed")
START_SECONDS = 60.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class SeaweedFs:
    """A server that runs."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What leads SDKs, and our own clients, to it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def client(self, secret_key: str = SECRET_KEY) -> S3Client:
        """botocore's own, as a second opinion."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=secret_key,
        )


@contextmanager
def running(folder: Path) -> Iterator[SeaweedFs]:
    """Serve on loopback until the block ends; everything it keeps is below `folder`."""
    identity = {
        "name": "upgate",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    s3, master, volume, filer = (_free_port() for _ in range(4))
    command: list[str] = [
        *(str(WEED), "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-dir={folder / 'data'}", "-master.volumeSizeLimitMB=64", "-volume.max=50"),
        *(f"-master.port={master}", f"-master.port.grpc={_free_port()}"),
        *(f"-volume.port={volume}", f"-volume.port.grpc={_free_port()}"),
        *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={_free_port()}"),
        *(
            "-s3",
            f"-s3.port={s3}",
            f"-s3.port.grpc={_free_port()}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ),
        f"-s3.config={folder / 's3.json'}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{s3}"
        _wait_for(url, process, folder / "log")
        yield SeaweedFs(url)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it refuses a stranger, as it should."""
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS and process.poll() is None:
        try:
            if requests.get(url, timeout=5).status_code == 403:
                return
        except requests.ConnectionError:
            pass
        time.sleep(_POLL_SECONDS)
    raise AssertionError(f"SeaweedFS did not start:\n{log.read_text()[-2000:]}")
