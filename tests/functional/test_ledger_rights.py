"""Which items of the ledger each function may touch: the conditions that the emulator ignores."""

from __future__ import annotations

import pytest

from tests.fakes import iam_policy, ledger_guard
from tests.functional.conftest import Functions

OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
PREFIXES = (
    "upload",
    "job",
    "result",
    "styles",
    "preset",
    "reservation",
    "listener",
    "mailbox",
)
UPLOADS = {
    f"{operation} {kind}"
    for operation in ("GetItem", "UpdateItem")
    for kind in ("upload", "reservation")
} | {"PutItem job"}
RIGHTS: dict[str, set[str]] = {
    "asyncops": {
        "PutItem job",
        "UpdateItem job",
        "Query job",
        "GetItem result",
        "PutItem result",
    },
    "avinfo": set(),
    "callback": set(),
    "callback-listening": {
        "GetItem listener",
        "GetItem mailbox",
        "PutItem mailbox",
        "DeleteItem mailbox",
    },
    "download": {"GetItem result", "PutItem result", "GetItem styles"},
    "events": {"GetItem upload", "PutItem job"},
    "glue": set(),
    "manage": set(),
    "query": {"GetItem upload", "PutItem job", "Query job", "GetItem styles", "PutItem styles"},
    "redelivery": {"GetItem upload", "UpdateItem upload", "PutItem job"},
    "resumable": UPLOADS,
    "token": {"GetItem preset"},
    "upload": UPLOADS,
}


@pytest.mark.parametrize("function", ledger_guard.FUNCTIONS)
def test_function_touches_the_kinds_of_items_that_it_needs(function: str) -> None:
    allowed = {
        f"{operation} {prefix}"
        for operation in OPERATIONS
        for prefix in PREFIXES
        if ledger_guard.may(function, operation, f"{prefix}#x")
    }
    assert allowed == RIGHTS[function]


@pytest.mark.parametrize("function", ledger_guard.FUNCTIONS)
@pytest.mark.parametrize(
    "operation", ["Scan", "BatchGetItem", "PartiQLSelect", "DeleteTable", "UpdateTimeToLive"]
)
def test_no_function_reads_the_ledger_without_naming_keys(function: str, operation: str) -> None:
    """Of an absent key ForAllValues is true: such an action must not be named at all."""
    assert not ledger_guard.may(function, operation)


@pytest.mark.parametrize("function", ledger_guard.FUNCTIONS)
@pytest.mark.parametrize("key", ["preset", "presets#x", "Preset#x", "x", ""])
def test_key_of_no_kind_is_nobodys(function: str, key: str) -> None:
    assert not any(ledger_guard.may(function, operation, key) for operation in OPERATIONS)


def test_one_foreign_key_among_several_denies_all() -> None:
    assert ledger_guard.may("token", "GetItem", "preset#a", "preset#b")
    assert not ledger_guard.may("token", "GetItem", "preset#a", "upload#b")


# The witnesses themselves.


def test_guard_denies_what_the_role_may_not(functions: Functions) -> None:
    app = functions.load("token")
    with pytest.raises(ledger_guard.DeniedByPolicyError):
        app.PRESETS._client.put_item(TableName="ledger", Item={"pk": {"S": "preset#x"}})
    assert functions.ledger_guard.denied == ["token: PutItem of preset#"]
    functions.ledger_guard.denied.clear()


ALLOW = {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "b/*"}


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", "b/k", True),
        ("S3:getobject", "b/k/l", True),
        ("s3:PutObject", "b/k", False),
        ("s3:GetObject", "B/k", False),
        ("s3:GetObject", "b", False),
    ],
)
def test_what_no_statement_names_is_denied(action: str, resource: str, allowed: bool) -> None:
    assert iam_policy.allows([ALLOW], action, resource, {}) is allowed


def test_deny_wins() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert not iam_policy.allows([ALLOW, deny], "s3:GetObject", "b/k", {})


def test_unknown_condition_is_no_decision() -> None:
    statement = {**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    with pytest.raises(ValueError, match="Bool"):
        iam_policy.allows([statement], "s3:GetObject", "b/k", {})
