"""The tests' strict S3 without the weight: what is uploaded is counted and not kept.

Objects that the benchmark puts there share their bytes, so that gigabytes fit on one machine.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import FakeS3

ETAG = '"e"'


class WeightlessS3(FakeS3):
    """Parts and objects in the upload bucket are taken and forgotten; their sizes are summed."""

    def reset(self) -> None:
        """As new."""
        super().reset()
        self.taken_bytes = 0

    def _forget_part(self, name: tuple[str, str], request: Received) -> Reply:
        self.taken_bytes += len(request.body)
        return Reply(200, headers={"ETag": ETAG})

    def _copy_nothing(self, name: tuple[str, str], request: Received) -> Reply:
        body = f"<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>".encode()
        return Reply(200, body, {"Content-Type": "application/xml"})

    def _complete_nothing(self, name: tuple[str, str], request: Received) -> Reply:
        body = b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"
        return Reply(200, body, {"Content-Type": "application/xml"})

    _operations: ClassVar[dict[str, Any]] = FakeS3._operations | {
        "UploadPart": _forget_part,
        "UploadPartCopy": _copy_nothing,
        "CompleteMultipartUpload": _complete_nothing,
    }
