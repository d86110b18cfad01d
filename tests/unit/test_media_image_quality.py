from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.media_image_runs import Runner, encoded
from upgate.errors import BadFopError
from upgate_media.image_quality import Quality, jpeg_quality, read_quality


def quality_of(jpeg: bytes) -> int | None:
    return jpeg_quality(Image.open(io.BytesIO(jpeg)).quantization)  # type: ignore[attr-defined]


@pytest.mark.parametrize("quality", [1, 5, 10, 30, 50, 75, 85, 90, 95, 99, 100])
def test_the_quality_of_a_jpeg_is_found(quality: int) -> None:
    found = quality_of(encoded(Image.new("RGB", (8, 8)), "JPEG", quality=quality))
    assert found == pytest.approx(quality, abs=1)


@pytest.mark.parametrize("tables", [{}, {0: [1, 2, 3]}, {1: [16] * 64}])
def test_no_table_has_no_quality(tables: dict[int, list[int]]) -> None:
    assert jpeg_quality(tables) is None


# Kodo's formula: min(90, q * sqrt(before / after)) up to 90, q * sqrt(before / after) above.
@pytest.mark.parametrize(
    ("wanted", "source", "before", "after", "expected"),
    [
        (75, 50, (100, 100), (100, 100), 50),
        (75, 50, (110, 100), (100, 100), 52),
        (75, 50, (200, 100), (100, 100), 70),
        (95, 80, (200, 200), (100, 100), 90),
        (95, 91, (200, 200), (100, 100), 95),
        (95, 91, (100, 100), (100, 100), 91),
        (75, None, (100, 100), (100, 100), 75),
        (75, 3, (10, 10), (1000, 1000), 1),
    ],
)
def test_a_jpeg_is_not_written_better_than_its_source(
    wanted: int,
    source: int | None,
    before: tuple[int, int],
    after: tuple[int, int],
    expected: int,
) -> None:
    assert Quality(wanted).of_jpeg(75, source, before, after) == expected


def test_a_forced_quality_is_kept() -> None:
    assert Quality(95, is_forced=True).of_jpeg(75, 30, (10, 10), (10, 10)) == 95


@pytest.mark.parametrize(
    ("text", "quality"), [("1", Quality(1)), ("100", Quality(100)), ("80!", Quality(80, True))]
)
def test_a_quality_is_read(text: str, quality: Quality) -> None:
    assert read_quality("imageView2", "q", text) == quality


@pytest.mark.parametrize("text", ["", "!", "0", "101", "8.5", "-5", "80!!", "!80"])
def test_another_quality_is_refused(text: str) -> None:
    with pytest.raises(BadFopError, match="q must be"):
        read_quality("imageView2", "q", text)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("imageView2/0/format/jpg", 75),
        ("imageView2/0/format/jpg/q/40", 40),
        ("imageView/2/format/jpg", 85),
        ("imageMogr2/format/jpg", 75),
        ("imageMogr2/format/jpg/quality/33", 33),
    ],
)
def test_a_command_has_its_own_default(command: str, expected: int, tmp_path: Path) -> None:
    scene = encoded(Image.new("RGB", (20, 20), (200, 100, 50)))
    output = Runner(tmp_path).output(command, scene)
    assert quality_of(output.path.read_bytes()) == pytest.approx(expected, abs=1)


def test_a_poor_jpeg_stays_poor_unless_forced(tmp_path: Path) -> None:
    runner, poor = Runner(tmp_path), encoded(Image.new("RGB", (20, 20)), "JPEG", quality=30)
    kept = runner.output("imageView2/0/q/90", poor).path.read_bytes()
    forced = runner.output("imageView2/0/q/90!", poor).path.read_bytes()
    assert quality_of(kept) == pytest.approx(30, abs=1)
    assert quality_of(forced) == pytest.approx(90, abs=1)
