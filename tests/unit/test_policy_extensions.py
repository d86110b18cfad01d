from __future__ import annotations

import json
from typing import Any

import pytest

from upgate.errors import InvalidArgumentError, InvalidPolicyError, UpgateError
from upgate.tokens import policy_extensions, put_policy
from upgate.tokens.put_policy import PutPolicy

CALLBACK = {"callbackUrl": "https://app.example.com/cb", "callbackBody": "k=$(key)"}
QUOTA = {"name": "avatars", "uploadsPerDay": 20}


def parsed(carried: Any, **fields: Any) -> PutPolicy:
    text = carried if isinstance(carried, str) else f"upgate:{json.dumps(carried)}"
    policy = {"scope": "demo", "persistentPipeline": text, **CALLBACK, **fields}
    return put_policy.parse(json.dumps(policy).encode())


def test_what_is_carried_counts_as_if_the_policy_had_it() -> None:
    policy = parsed({"commit": "strict", "quota": QUOTA, "asyncOps": "exif"}, endUser="u")
    assert policy.commits_strictly
    assert policy.quota is not None
    assert (policy.quota.name, policy.quota.uploads, policy.async_ops) == ("avatars", 20, "exif")
    assert policy.persistent_pipeline is None


def test_a_pipeline_of_ones_own_goes_along() -> None:
    policy = parsed({"persistentPipeline": "video"}, persistentOps="exif")
    assert (policy.persistent_pipeline, policy.operations) == ("video", "exif")


@pytest.mark.parametrize("pipeline", ["video", "upgate", "Upgate:{}", "", " upgate:{}"])
def test_any_other_pipeline_is_just_that(pipeline: str) -> None:
    policy = parsed(pipeline)
    assert (policy.persistent_pipeline, policy.commits_strictly) == (pipeline, False)


def test_the_same_in_both_places_is_no_contradiction() -> None:
    assert parsed({"commit": "strict"}, commit="strict").commits_strictly
    assert parsed({"commit": "strict"}, commit=None).commits_strictly


@pytest.mark.parametrize(
    ("carried", "fields", "error"),
    [
        ("upgate:", {}, InvalidPolicyError),
        ("upgate:commit=strict", {}, InvalidPolicyError),
        ("upgate:[]", {}, InvalidPolicyError),
        ({"commit": 1}, {}, InvalidPolicyError),
        ({"comit": "strict"}, {}, InvalidArgumentError),
        ({"scope": "other"}, {}, InvalidArgumentError),
        ({"deadline": 1}, {}, InvalidArgumentError),
        ({"commit": "strict"}, {"commit": "kodo"}, InvalidArgumentError),
        ({"commit": "loose"}, {}, InvalidArgumentError),
        ({"quota": QUOTA}, {}, InvalidArgumentError),  # nobody to count for
        ({"persistentPipeline": 'upgate:{"commit":"strict"}'}, {"persistentOps": "exif"}, None),
    ],
)
def test_what_cannot_be_meant_is_refused(
    carried: Any, fields: dict[str, Any], error: type[UpgateError] | None
) -> None:
    if error is None:  # carried once, not again and again
        assert not parsed(carried, **fields).commits_strictly
        return
    with pytest.raises(error):
        parsed(carried, **fields)


def test_a_policy_without_a_carrier_is_left_alone() -> None:
    fields: dict[str, object] = {"scope": "demo", "persistentPipeline": 5}
    assert policy_extensions.unpack(fields) == fields
