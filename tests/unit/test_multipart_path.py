from __future__ import annotations

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake import multipart_path
from upgate.intake.multipart_path import MultipartPath, PathKind


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/buckets/b/objects/aw==/uploads", MultipartPath("b", "k")),
        ("/buckets/b/objects/aw/uploads", MultipartPath("b", "k")),
        ("/buckets/b/objects/~/uploads", MultipartPath("b", None)),
        ("/buckets/b/objects//uploads", MultipartPath("b", "")),
        ("/buckets/b/objects/uploads", MultipartPath("b", "")),  # a front door made // one
        (
            "/buckets/b/objects/aw==/uploads/ID",
            MultipartPath("b", "k", PathKind.UPLOAD, "ID"),
        ),
        (
            "/buckets/b/objects//uploads/ID/10000",
            MultipartPath("b", "", PathKind.PART, "ID", 10_000),
        ),
        # The standard alphabet: base64 with a slash in it.
        ("/buckets/b/objects/YWI/Pz4+/uploads", MultipartPath("b", "ab??>>")),
    ],
)
def test_path_says_bucket_key_upload_and_part(path: str, expected: MultipartPath) -> None:
    assert multipart_path.parse(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/buckets/b",
        "/buckets/b/objects/aw==",
        "/buckets//objects/aw==/uploads",
        "/buckets/b/objects/aw==/uploads/",
        "/buckets/b/objects/aw==/uploads/ID/1/2",
    ],
)
def test_other_paths_are_none_of_these(path: str) -> None:
    assert multipart_path.parse(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/buckets/b/objects/a/uploads",  # no base64 has one character
        "/buckets/b/objects/%2F/uploads",
        "/buckets/b/objects/gICA/uploads",  # not UTF-8
        "/buckets/b/objects/aw==/uploads/ID/0",
        "/buckets/b/objects/aw==/uploads/ID/10001",
        "/buckets/b/objects/aw==/uploads/ID/+1",
        "/buckets/b/objects/aw==/uploads/ID/１",
        f"/buckets/b/objects/{'a' * limits.ENCODED_PATH_BYTES}/uploads",
    ],
)
def test_path_that_cannot_be_is_refused(path: str) -> None:
    with pytest.raises(InvalidArgumentError):
        multipart_path.parse(path)
