"""The ffmpeg program: it is of this year, it is found packed and unpacked."""

from __future__ import annotations

import gzip
import re
import subprocess
import time
from datetime import UTC, date, datetime
from pathlib import Path

import av

from pack_ffmpeg import pack
from upgate_media.ffmpeg_program import executable, unpacked

A_YEAR_DAYS = 365
SCRIPT = b"#!/bin/sh\necho it runs\n"


def built_on(version: str) -> date:
    """The day of the build out of `ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright ...`."""
    found = re.search(r"^ffmpeg version \S+-(\d{8}) ", version)
    assert found, f"the version does not tell the day: {version.partition('built')[0]}"
    return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()


def version() -> str:
    command = [executable(), "-version"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_program_that_reads_strangers_files_is_less_than_a_year_old() -> None:
    """Red on the day when it is: `uv lock --upgrade-package imageio-ffmpeg`, then `make lock`."""
    age = (datetime.now(UTC).date() - built_on(version())).days
    assert age <= A_YEAR_DAYS, (
        f"{version().split(' Copyright')[0]} is {age} days old: take a newer imageio-ffmpeg"
    )


def test_libraries_that_probe_are_as_new_as_those_of_the_program() -> None:
    """PyAV brings its own copy, which reads the same files."""
    for name, probing in av.library_versions.items():
        found = re.search(rf"^{name} +(\d+)\. *(\d+)\.", version(), re.MULTILINE)
        assert found
        assert probing[0] >= int(found[1]), f"{name} of PyAV is older: take a newer av"


def packed(folder: Path) -> Path:
    (folder / "ffmpeg-test-v1").write_bytes(SCRIPT)
    pack(folder, "ffmpeg-*")
    (found,) = folder.iterdir()
    return found


def test_packed_program_is_unpacked_once_and_runs(tmp_path: Path) -> None:
    layer, disk = tmp_path / "layer", tmp_path / "tmp"
    layer.mkdir()
    disk.mkdir()
    found = packed(layer)
    program = unpacked(found, disk)
    first = program.stat()
    assert subprocess.run([program], check=True, capture_output=True).stdout == b"it runs\n"
    assert unpacked(found, disk).stat().st_ino == first.st_ino
    assert list(disk.iterdir()) == [program]


def test_half_of_a_program_is_not_run(tmp_path: Path) -> None:
    layer, disk = tmp_path / "layer", tmp_path / "tmp"
    layer.mkdir()
    disk.mkdir()
    (disk / "ffmpeg-test-v1").write_bytes(SCRIPT[:5])
    assert unpacked(packed(layer), disk).read_bytes() == SCRIPT


def test_packing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """Or every build of the layer would be another version of it."""
    contents = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        contents.append(packed(folder).read_bytes())
        time.sleep(1.1)  # gzip notes the time in seconds, unless it is told not to
    assert contents[0] == contents[1]
    assert gzip.decompress(contents[0]) == SCRIPT
