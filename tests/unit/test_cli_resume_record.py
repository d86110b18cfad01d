"""The journal of a large upload: good after every kind of end."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from upgate_cli.errors import CommandError
from upgate_cli.transfer.resume_record import ResumeRecord
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import Target

IN_A_WEEK = int(time.time()) + 7 * 86400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ResumeRecord(tmp_path / "record") as record:
        record.begin("id", IN_A_WEEK)
        record.add(1, "one")
        record.add(2, "two")
    return tmp_path / "record"


def read(path: Path) -> tuple[str | None, dict[int, str]]:
    with ResumeRecord(path) as record:
        return record.upload_id, dict(record.parts)


def test_a_new_record_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "new") == (None, {})


def test_what_was_written_is_read(path: Path) -> None:
    assert read(path) == ("id", {1: "one", 2: "two"})


@pytest.mark.parametrize("cut", range(1, 28))
def test_a_torn_line_is_not_read(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    assert read(path) == ("id", {1: "one"})


def test_what_follows_a_torn_line_is_read(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    with ResumeRecord(path) as record:
        record.add(3, "three")
    assert read(path) == ("id", {1: "one", 3: "three"})


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"[]\n", b'"x"\n', b"\xff\xfe\n", b"x"])
def test_something_else_is_an_empty_record(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read(path) == (None, {})


def test_an_upload_that_is_about_to_expire_is_forgotten(tmp_path: Path) -> None:
    with ResumeRecord(tmp_path / "r") as record:
        record.begin("id", int(time.time()) + 599)
    assert read(tmp_path / "r") == (None, {})


def test_an_upload_with_ten_minutes_left_is_not(tmp_path: Path) -> None:
    with ResumeRecord(tmp_path / "r") as record:
        record.begin("id", int(time.time()) + 660)
    assert read(tmp_path / "r") == ("id", {})


def test_a_forgotten_record_is_gone(path: Path) -> None:
    with ResumeRecord(path) as record:
        record.forget()
    assert not path.exists()


def test_a_second_process_is_told_to_wait(path: Path) -> None:
    with ResumeRecord(path), pytest.raises(CommandError, match="another upgate"):
        ResumeRecord(path)


def test_a_full_disk_is_told_and_leaves_the_record_good(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = os.write

    def torn_write(descriptor: int, data: bytes) -> int:
        real_write(descriptor, data[:7])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with ResumeRecord(path) as record:
        monkeypatch.setattr(os, "write", torn_write)
        with pytest.raises(CommandError, match=r"no space left on device; .*UPGATE_STATE_DIR"):
            record.add(3, "three")
        monkeypatch.undo()
        record.add(4, "four")
    assert read(path) == ("id", {1: "one", 2: "two", 4: "four"})


def test_a_short_write_is_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ResumeRecord(path) as record:
        monkeypatch.setattr(os, "write", lambda _descriptor, _data: 3)
        with pytest.raises(CommandError, match="no space left"):
            record.add(3, "three")
        monkeypatch.undo()
    assert read(path) == ("id", {1: "one", 2: "two"})


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("UPGATE_STATE_DIR", str(tmp_path / "file"))
    with SourceFile(tmp_path / "file") as source, pytest.raises(CommandError, match="UPGATE_STATE"):
        ResumeRecord.of(source, Target("demo", "k"), "http://x", "ak", 1)


def test_a_record_is_of_one_file_state_and_one_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPGATE_STATE_DIR", str(tmp_path / "state"))
    file = tmp_path / "a"
    file.write_bytes(b"x")
    places = [
        (Target("demo", "k"), "http://x", "ak", 4),
        (Target("demo", "other"), "http://x", "ak", 4),
        (Target("demo", ""), "http://x", "ak", 4),
        (Target("demo", None), "http://x", "ak", 4),
        (Target("other", "k"), "http://x", "ak", 4),
        (Target("demo", "k"), "http://y", "ak", 4),
        (Target("demo", "k"), "http://x", "other", 4),
        (Target("demo", "k"), "http://x", "ak", 1),
    ]
    for place in places:
        with SourceFile(file) as source, ResumeRecord.of(source, *place) as record:
            assert record.upload_id is None
            record.begin("id", IN_A_WEEK)
    os.utime(file, ns=(0, 1))
    with SourceFile(file) as source, ResumeRecord.of(source, *places[0]) as record:
        assert record.upload_id is None


def test_what_no_gateway_remembers_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPGATE_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "state" / "uploads"
    folder.mkdir(parents=True)
    for name, days in (("old", 9), ("new", 7)):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (time.time() - days * 86400,) * 2)
    (tmp_path / "a").write_bytes(b"")
    with SourceFile(tmp_path / "a") as source:
        ResumeRecord.of(source, Target("demo", "k"), "http://x", "ak", 1).close()
    assert not (folder / "old").exists()
    assert (folder / "new").exists()
