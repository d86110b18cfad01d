"""A share of an assembly too large for one invocation; has no route, resumable invokes it."""

from __future__ import annotations

import os
from typing import Any

from upgate.resumable import glue
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.work_bucket import WorkBucket
from upgate_aws import clients
from upgate_aws.config.glue_config import glue_config

CONFIG = glue_config(os.environ)
S3 = clients.s3()
WORK = WorkBucket(S3, CONFIG.work_bucket)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """A GlueShare in, the ETags of its parts out."""
    etags = glue.carry_out(S3, WORK, GlueShare.from_object(event))
    return {"parts": [{"number": number, "etag": etag} for number, etag in etags.items()]}
