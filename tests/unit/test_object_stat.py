from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from upgate.management import object_stat

MD5 = "5d41402abc4b2a76b9719d911017c592"
HEAD: dict[str, Any] = {
    "ContentLength": 5,
    "ETag": f'"{MD5}"',
    "Metadata": {},
    "LastModified": datetime(2026, 11, 20, tzinfo=UTC),
    "ServerSideEncryption": "AES256",
}


@pytest.mark.parametrize(
    ("changed", "md5"),
    [
        ({}, MD5),
        ({"ETag": f'"{MD5}-2"'}, None),  # of what came in parts
        ({"ServerSideEncryption": "aws:kms"}, None),  # 32 digits, and not the MD5
        ({"ServerSideEncryption": "aws:kms:dsse"}, None),
        ({"SSECustomerAlgorithm": "AES256"}, None),
    ],
)
def test_md5_is_told_where_the_etag_of_s3_is_it(changed: dict[str, str], md5: str | None) -> None:
    assert object_stat.document(HEAD | changed).get("md5") == md5
