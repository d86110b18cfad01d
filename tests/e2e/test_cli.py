"""The command line against `upgate local`: tokens, uploads, sync, presets, keys."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import business_server, cli_process
from tests.e2e.business_server import BusinessServer
from tests.e2e.cli_process import Done
from tests.e2e.conftest import Gateway
from upgate.contents import qetag

pytestmark = pytest.mark.e2e

MIB = 1024 * 1024
JPEG = Path(__file__).parents[1] / "vectors" / "images" / "rgb.jpg"


class Upgate:
    """The command line as its user has set it up: all by environment variables."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway = gateway
        self.env = {
            "UPGATE_URL": gateway.url,
            "UPGATE_ACCESS_KEY": gateway.access_key,
            "UPGATE_SECRET_KEY": gateway.secret_key,
            "UPGATE_BUCKET": gateway.bucket,
            "UPGATE_STATE_DIR": str(folder / "state"),
            "AWS_ENDPOINT_URL": gateway.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Done:
        return cli_process.run(*arguments, env=self.env, stdin=stdin)

    def ok(self, *arguments: str | Path, stdin: str = "") -> Any:
        """The JSON document of a run that has to succeed."""
        done = self(*arguments, "--json", stdin=stdin)
        assert (done.status, done.err) == (0, ""), done
        return done.json


@pytest.fixture
def upgate(gateway: Gateway, tmp_path: Path) -> Upgate:
    return Upgate(gateway, tmp_path)


@pytest.fixture
def business(gateway: Gateway) -> Iterator[BusinessServer]:
    with business_server.running(gateway.access_key, gateway.secret_key) as server:
        yield server


def new_prefix() -> str:
    return f"cli/{uuid.uuid4().hex}/"


# Uploads.


def test_a_small_file_is_stored_under_its_key(gateway: Gateway, upgate: Upgate) -> None:
    key = new_prefix() + "rgb.jpg"
    answer = upgate.ok("upload", JPEG, "--key", key, "--meta", "album=é")
    assert answer == {"hash": qetag.of(JPEG.read_bytes()), "key": key}
    stored = gateway.object(key)
    assert (stored["Body"].read(), stored["ContentType"]) == (JPEG.read_bytes(), "image/jpeg")


def test_another_content_under_the_key_is_614_until_overwrite(
    upgate: Upgate, tmp_path: Path
) -> None:
    key = new_prefix() + "a"
    (tmp_path / "one").write_text("one")
    (tmp_path / "two").write_text("two")
    upgate.ok("upload", tmp_path / "one", "--key", key)
    upgate.ok("upload", tmp_path / "one", "--key", key)
    refused = upgate("upload", tmp_path / "two", "--key", key)
    assert (refused.status, "614" in refused.err) == (1, True)
    upgate.ok("upload", tmp_path / "two", "--key", key, "--overwrite")


def test_a_callback_s_answer_is_the_upload_s(upgate: Upgate, business: BusinessServer) -> None:
    policy = {"callbackUrl": business.url, "callbackBody": "name=$(fname)&uid=$(x:uid)"}
    token = upgate.ok("token", "--policy", "-", stdin=json.dumps(policy))["token"]
    key = new_prefix() + "a"
    answer = upgate.ok("upload", JPEG, "--token", token, "--var", "uid=7", "--key", key)
    assert answer == {"filename": "rgb.jpg", "uid": "7", "msg": "ok"}


def test_a_callback_that_fails_is_579_and_says_that_it_is_stored(
    gateway: Gateway, upgate: Upgate
) -> None:
    policy = {"callbackUrl": "http://127.0.0.1:65535/", "callbackBody": "k=$(key)"}
    token = upgate.ok("token", "--policy", "-", stdin=json.dumps(policy))["token"]
    key = new_prefix() + "a"
    failed = upgate("upload", JPEG, "--token", token, "--key", key)
    assert (failed.status, "stored, but the callback failed" in failed.err) == (1, True)
    assert gateway.object(key)["ContentLength"] == JPEG.stat().st_size


def test_an_expired_token_is_told(upgate: Upgate) -> None:
    token = upgate.ok("token", "--policy", "-", stdin='{"deadline":1700000000}')["token"]
    refused = upgate("upload", JPEG, "--token", token, "--key", new_prefix())
    assert (refused.status, "make a new token" in refused.err) == (1, True)


@pytest.fixture
def resumable(gateway: Gateway) -> None:
    """Skip while the stack has no route for uploads in parts."""
    answer = requests.post(f"{gateway.url}/buckets/demo/objects/~/uploads", timeout=60)
    if answer.status_code == 404:
        pytest.skip("the template has no route for /buckets/{bucket}/objects/{key}/uploads")


@pytest.mark.usefixtures("resumable")
@pytest.mark.parametrize(("part_size", "letter"), [("4", "l"), ("3", "n")])
def test_20_mib_go_in_parts(
    gateway: Gateway, upgate: Upgate, tmp_path: Path, part_size: str, letter: str
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(b"".join(bytes([n]) * MIB for n in range(20)))
    key = new_prefix() + "large"
    answer = upgate.ok("upload", path, "--key", key, "--part-size", part_size)
    assert (answer["key"], answer["hash"][0]) == (key, letter)
    assert gateway.object(key)["Body"].read() == path.read_bytes()


# Sync.


def test_a_second_sync_of_a_tree_sends_nothing(
    gateway: Gateway, upgate: Upgate, tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    for number in range(12):
        path = root / f"{number % 3}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {number}")
    prefix = new_prefix()
    first = upgate.ok("sync", root, f"demo:{prefix}")
    assert first == {"uploaded": 12, "skipped": 0, "deleted": 0, "failed": 0}
    assert gateway.object(f"{prefix}2/11.txt")["Body"].read() == b"file 11"
    second = upgate.ok("sync", root, f"demo:{prefix}")
    assert second == {"uploaded": 0, "skipped": 12, "deleted": 0, "failed": 0}
    (root / "0" / "0.txt").write_text("changed")
    third = upgate.ok("sync", root, f"demo:{prefix}")
    assert (third["uploaded"], third["skipped"]) == (1, 11)
    assert gateway.object(f"{prefix}0/0.txt")["Body"].read() == b"changed"


def test_sync_with_delete_makes_the_bucket_as_the_folder_is(
    gateway: Gateway, upgate: Upgate, tmp_path: Path
) -> None:
    root, prefix = tmp_path / "tree", new_prefix()
    root.mkdir()
    for name in ("a", "b ä.txt", "c"):
        (root / name).write_text(name)
    upgate.ok("sync", root, f"demo:{prefix}")
    (root / "b ä.txt").unlink()
    gateway.aws("s3").delete_object(Bucket=gateway.resource("UploadBucket"), Key=f"{prefix}c")
    answer = upgate.ok("sync", root, f"demo:{prefix}", "--delete")
    assert answer == {"uploaded": 1, "skipped": 1, "deleted": 1, "failed": 0}
    listed = gateway.aws("s3").list_objects_v2(
        Bucket=gateway.resource("UploadBucket"), Prefix=prefix
    )
    assert [item["Key"].removeprefix(prefix) for item in listed["Contents"]] == ["a", "c"]


# Explain: what it foretells is what happens.


def test_explain_foretells_the_gateway_s_answer(upgate: Upgate) -> None:
    body = '{"key":$(key),"w":$(imageInfo.width),"n":"$(fname)","u":$(x:u)}'
    policy = {"returnBody": body, "saveKey": f"{new_prefix()}$(etag)$(ext)"}
    token = upgate.ok("token", "--policy", "-", stdin=json.dumps(policy))["token"]
    foretold = upgate.ok("explain", token, "--sample", JPEG, "--var", "u=4")
    assert foretold["signature"] == "valid"
    answer = upgate.ok("upload", JPEG, "--token", token, "--var", "u=4")
    assert json.loads(foretold["dry_run"]["answer"]) == answer


# Presets and keys.


def test_a_quota_that_was_put_is_held(gateway: Gateway, upgate: Upgate) -> None:
    name = f"cli-quota-{uuid.uuid4().hex[:8]}"
    preset = {
        "bucket": "demo",
        "keyPrefix": f"{name}/$(endUser)/",
        "quota": {"uploadsPerDay": 1, "bytesPerDay": 50_000_000},
    }
    upgate.ok("presets", "put", name, "-", stdin=json.dumps(preset))
    assert upgate.ok("presets", "show", name) == preset
    token = requests.post(f"{gateway.url}/token", json={"preset": name}, timeout=30).json()["token"]
    statuses = [
        requests.post(
            gateway.url,
            {"token": token, "key": f"{name}/local/{key}"},
            files={"file": ("a", key)},
            timeout=30,
        ).status_code
        for key in ("a", "a", "b")
    ]
    assert statuses == [200, 200, 429]
    early = requests.post(f"{gateway.url}/token", json={"preset": name}, timeout=30)
    assert (early.status_code, early.json()) == (429, {"error": "quota exceeded: 1 uploads a day"})
    assert int(early.headers["Retry-After"]) > 0


def test_a_preset_that_was_put_makes_tokens(gateway: Gateway, upgate: Upgate) -> None:
    preset = {"bucket": "demo", "keyPrefix": "cli-presets/$(endUser)/"}
    upgate.ok("presets", "put", "cli-test", "-", stdin=json.dumps(preset))
    assert "cli-test" in upgate.ok("presets", "list")
    assert upgate.ok("presets", "show", "cli-test") == preset
    answer = upgate.ok("upload", JPEG, "--preset", "cli-test", "--overwrite")
    assert answer["key"] == "cli-presets/local/rgb.jpg"
    upgate.ok("presets", "delete", "cli-test")
    assert upgate("token", "--preset", "cli-test").status == 1


def test_after_a_rotation_the_old_pair_still_verifies(gateway: Gateway, upgate: Upgate) -> None:
    try:
        fresh = upgate.ok("keys", "rotate")
        listed = [pair["access_key"] for pair in upgate.ok("keys", "list")]
        assert listed[:2] == [fresh["access_key"], gateway.access_key]
        upgate.ok("upload", JPEG, "--key", new_prefix())
    finally:
        pair = {"access_key": gateway.access_key, "secret_key": gateway.secret_key}
        gateway.aws("secretsmanager").put_secret_value(
            SecretId=gateway.resource("KeysSecret"), SecretString=json.dumps(pair)
        )
