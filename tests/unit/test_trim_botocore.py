"""The layer's botocore: every S3 call of the code is in it, and it works as the whole one does."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import xform_name

import trim_botocore

ROOT = Path(__file__).resolve().parents[2]
METHODS = {
    xform_name(name): name
    for name in botocore.session.Session().get_service_model("s3").operation_names
}
# Runs isolated; a folder named on its command line is searched before this environment.
PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
import json
import botocore.session
session = botocore.session.Session()
regions = ("eu-central-1", "cn-north-1", "us-gov-west-1", "us-east-1")
keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
clients = [session.create_client("s3", name, **keys) for name in regions]
asked = {"Bucket": "b", "Key": "k"}
urls = [client.generate_presigned_url("get_object", asked) for client in clients]
print(json.dumps({
    "services": session.get_available_services(),
    "methods": dir(clients[0]),
    "addresses": [url.split("?")[0] for url in urls],
    "pages": clients[0].can_paginate("list_objects_v2"),
}))
"""


def called() -> Iterator[str]:
    """Methods of an S3 client that the functions' code names, on whatever object."""
    for folder in ("functions", "layers/upgate", "layers/media"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in METHODS:
                    yield METHODS[node.attr]


def run(*folders: Path) -> dict[str, Any]:
    """What the program says with the first botocore of `folders`, or else with this one's."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, *folders],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("trimmed")
    shutil.copytree(Path(botocore.__file__).parent, folder / "botocore")
    trim_botocore.trim(folder / "botocore")
    return run(folder)


def test_every_operation_that_the_code_names_is_kept_and_no_other() -> None:
    assert set(called()) == trim_botocore.OPERATIONS


def test_trimmed_package_has_one_service(trimmed: dict[str, Any]) -> None:
    assert trimmed["services"] == ["s3"]


def test_trimmed_client_has_every_operation_that_is_kept(trimmed: dict[str, Any]) -> None:
    assert {xform_name(name) for name in trim_botocore.OPERATIONS} <= set(trimmed["methods"])


def test_trimmed_client_has_no_operation_that_is_not(trimmed: dict[str, Any]) -> None:
    assert "delete_bucket" not in trimmed["methods"]


def test_trimmed_client_still_pages_through_lists(trimmed: dict[str, Any]) -> None:
    assert trimmed["pages"] is True


def test_trimmed_client_finds_the_whole_ones_addresses(trimmed: dict[str, Any]) -> None:
    assert trimmed["addresses"] == run()["addresses"]


def test_model_without_a_wanted_operation_is_an_error() -> None:
    with pytest.raises(KeyError):
        trim_botocore.trimmed_model({"operations": {}, "shapes": {}})
