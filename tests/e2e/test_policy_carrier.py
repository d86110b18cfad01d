"""What the SDKs' own signers make of a policy's extensions, bare and carried."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import qiniu

from tests import events
from tests.e2e import node_packages
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyRing
from upgate.tokens.put_policy import PutPolicy

pytestmark = pytest.mark.e2e

PAIR = events.PAIR
EXTENSIONS = {"commit": "strict", "quota": {"name": "avatars", "uploadsPerDay": 20}}
POLICY: dict[str, Any] = {
    "callbackUrl": "https://app.example.com/cb",
    "callbackBody": "key=$(key)",
    "endUser": "u1",
}
CARRIED = {**POLICY, "persistentPipeline": f"upgate:{json.dumps(EXTENSIONS)}"}
NODE = """
const qiniu = require("qiniu");
const [accessKey, secretKey, policy] = process.argv.slice(1);
const mac = new qiniu.auth.digest.Mac(accessKey, secretKey);
process.stdout.write(new qiniu.rs.PutPolicy(JSON.parse(policy)).uploadToken(mac));
"""


def by_python(policy: dict[str, Any], **options: bool) -> str:
    auth = qiniu.Auth(PAIR.access_key, PAIR.secret_key)
    token: str = auth.upload_token("demo", policy=policy, **options)
    return token


def by_node(policy: dict[str, Any]) -> str:
    folder = node_packages.folder()
    text = json.dumps({"scope": "demo", **policy})
    done = subprocess.run(
        [node_packages.node(), "-e", NODE, PAIR.access_key, PAIR.secret_key, text],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def read(token: str) -> PutPolicy:
    """As the gateway reads it."""
    return put_policy.parse(upload_token.verify(token, KeyRing((PAIR,))).policy)


def extensions_of(policy: PutPolicy) -> tuple[bool, str | None]:
    return policy.commits_strictly, policy.quota.name if policy.quota else None


def test_python_drops_bare_extensions_and_carries_them() -> None:
    assert extensions_of(read(by_python(POLICY | EXTENSIONS))) == (False, None)
    assert extensions_of(read(by_python(CARRIED))) == (True, "avatars")
    bare = by_python(POLICY | EXTENSIONS, strict_policy=False)
    assert extensions_of(read(bare)) == (True, "avatars")


def test_node_keeps_both() -> None:
    assert extensions_of(read(by_node(POLICY | EXTENSIONS))) == (True, "avatars")
    assert extensions_of(read(by_node(CARRIED))) == (True, "avatars")
