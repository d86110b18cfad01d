"""Addresses and credentials of the emulated AWS, and the clean environment that goes with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

REGION = "us-east-1"
ACCOUNT = "123456789012"
# The emulator's root credentials: every policy is enforced for all others.
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - the emulator's own default, of use nowhere else

_DROPPED = ("AWS_", "UPGATE_", "POWERTOOLS_", "PYTHON", "VIRTUAL_ENV", "UV_RUN_", "SAM_CLI_")


def clean_environment(environ: Mapping[str, str], state: Path) -> dict[str, str]:
    """`environ` without what would lead a child process to a real account or another Python.

    The functions' workers inherit the emulator's environment: it is to hold nothing of the user's.
    Temporary files go below `state`, which is removed at the end: SAM CLI and the emulator leave
    some behind.
    """
    temporary = state / "tmp"
    temporary.mkdir(exist_ok=True)
    clean = {name: value for name, value in environ.items() if not name.startswith(_DROPPED)}
    own = "127.0.0.1,localhost"
    for name in ("no_proxy", "NO_PROXY"):
        clean[name] = f"{clean[name]},{own}" if clean.get(name) else own
    clean["TMPDIR"] = str(temporary)
    return clean


def client_environment(endpoint: str) -> dict[str, str]:
    """What an AWS client in a child process needs to reach the emulator and nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def session() -> boto3.Session:
    """A session with the emulator's root credentials; pass `endpoint_url` to its clients."""
    import boto3

    return boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
    )
