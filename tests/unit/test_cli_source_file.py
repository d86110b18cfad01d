"""A file that is read while others may write to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from upgate.contents import qetag
from upgate_cli.errors import ChangedFileError, CommandError
from upgate_cli.transfer.source_file import SourceFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.txt"
    file.write_bytes(b"hello")
    return file


def test_any_range_can_be_read(path: Path) -> None:
    with SourceFile(path) as source:
        assert (source.size_bytes, source.read(1, 3)) == (5, b"ell")


def test_an_untouched_file_is_unchanged(path: Path) -> None:
    with SourceFile(path) as source:
        source.check_unchanged()


def test_a_file_that_grew_has_changed(path: Path) -> None:
    with SourceFile(path) as source:
        with path.open("ab") as file:
            file.write(b"!")
        with pytest.raises(ChangedFileError, match=r"a\.txt changed while"):
            source.check_unchanged()


def test_a_file_that_was_replaced_has_changed(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"hello")
    with SourceFile(path) as source:
        other.replace(path)
        with pytest.raises(ChangedFileError):
            source.check_unchanged()


def test_a_file_that_was_removed_has_changed(path: Path) -> None:
    with SourceFile(path) as source:
        path.unlink()
        with pytest.raises(ChangedFileError):
            source.check_unchanged()


def test_a_file_that_shrank_cannot_be_read(path: Path) -> None:
    with SourceFile(path) as source:
        os.truncate(path, 2)
        with pytest.raises(ChangedFileError):
            source.read(0, 5)


def test_a_folder_is_refused_and_sync_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="upgate sync"):
        SourceFile(tmp_path)


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandError, match="no regular file"):
        SourceFile(tmp_path / "pipe")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such file"):
        SourceFile(tmp_path / "none")


@pytest.mark.parametrize("size", [0, 1, qetag.BLOCK_BYTES, qetag.BLOCK_BYTES + 1])
def test_the_etag_is_that_of_the_content(tmp_path: Path, size: int) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(size))
    with SourceFile(path) as source:
        assert source.etag() == qetag.of(bytes(size))
