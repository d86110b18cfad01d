"""Runs ministack, mended in two places where it is no AWS (`emulator.py` runs this file).

ministack 1.5.33 does not look at the `If-Match` and `If-None-Match` of CopyObject, so that two
copies to one new name would both be done. A MaximumConcurrency that is a template's parameter stays
text, and its poller of queues fails on every round. This runs in ministack's own Python, without
the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.services import lambda_svc, s3  # type: ignore[import-not-found]


def hold_copies_to_their_conditions() -> None:
    """Have CopyObject refused as PutObject is."""
    copy = s3._copy_object

    def conditional_copy(bucket: str, key: str, headers: Mapping[str, str]) -> Any:
        objects = (s3._ensure_bucket(bucket) or {}).get("objects", {})
        refused = s3._check_put_preconditions(headers, objects.get(key))
        return refused or copy(bucket, key, headers)

    s3._copy_object = conditional_copy


def read_concurrency_as_a_number() -> None:
    """Have as many batches of a queue at work as a parameter says."""
    concurrency = lambda_svc._sqs_esm_concurrency

    def numbered(mapping: Mapping[str, Any], *rest: Any) -> Any:
        scaling = {key: int(value) for key, value in mapping.get("ScalingConfig", {}).items()}
        return concurrency({**mapping, "ScalingConfig": scaling}, *rest)

    lambda_svc._sqs_esm_concurrency = numbered


if __name__ == "__main__":
    hold_copies_to_their_conditions()
    read_concurrency_as_a_number()
    app.main()
