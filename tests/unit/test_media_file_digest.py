from __future__ import annotations

from pathlib import Path

import pytest

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media.file_digest import digest
from upgate_media.run_types import Source


def source_of(folder: Path) -> Source:
    path = folder / "source"
    path.write_bytes(b"hello")
    return Source(path=path, mime_type="text/plain", etag="e", size_bytes=5)


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("md5", "5d41402abc4b2a76b9719d911017c592"),
        ("sha1", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    ],
)
def test_digest_is_told_in_hexadecimal(tmp_path: Path, algorithm: str, value: str) -> None:
    assert digest(Fop("qhash", (algorithm,), ""), source_of(tmp_path)) == {
        "hash": value,
        "fsize": 5,
    }


@pytest.mark.parametrize("args", [(), ("sha512",), ("MD5",), ("md5", "x")])
def test_another_algorithm_is_refused(tmp_path: Path, args: tuple[str, ...]) -> None:
    with pytest.raises(BadFopError, match="qhash takes one of md5, sha1, sha256"):
        digest(Fop("qhash", args, ""), source_of(tmp_path))
