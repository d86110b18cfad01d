"""One small file of each kind that phones, browsers and recorders make: its type, its length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.av_samples import settings, source
from upgate.contents.media_sniffing import sniff
from upgate.fops.fop import parse_pipe
from upgate.limits import SNIFF_BYTES
from upgate_media.avinfo import avinfo_variable
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.run import run

FILMS = Path(__file__).parent.parent / "vectors" / "films"
# Name, type by content, seconds, and which way the film is turned.
KINDS: dict[str, tuple[str, float, str | None]] = {
    "fragmented.mp4": ("video/mp4", 2.0, None),
    "hlg.mov": ("video/quicktime", 0.5, None),
    "mirrored.mp4": ("video/mp4", 2.0, None),
    "no-ftyp.mov": ("video/quicktime", 1.0, None),
    "one-key.ts": ("video/mp2t", 2.0, None),
    "phone.3gp": ("video/3gpp", 1.0, None),
    "pq.mp4": ("video/mp4", 0.5, None),
    "recorded.webm": ("video/webm", 2.0, None),
    "short-sound.mp4": ("video/mp4", 2.0, None),
    "turned90.mp4": ("video/mp4", 2.0, "90"),
    "turned180.mp4": ("video/mp4", 2.0, "180"),
    "turned270.mp4": ("video/mp4", 2.0, "270"),
    "id3.flac": ("audio/flac", 1.0, None),
    "no-xing.mp3": ("audio/mpeg", 4.0, None),
    "silent-start.aac": ("audio/aac", 3.0, None),
    "unsized.wav": ("audio/wav", 1.0, None),
    "voice.amr": ("audio/amr", 2.0, None),
    "voice.opus": ("audio/ogg", 2.0, None),
    "wide-voice.amr": ("audio/amr-wb", 1.0, None),
}


def test_every_vector_is_described() -> None:
    assert {path.name for path in FILMS.iterdir()} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_vector_is_known_for_what_it_is(name: str, tmp_path: Path) -> None:
    path = FILMS / name
    media_type, seconds, turn = KINDS[name]
    assert sniff(path.read_bytes()[:SNIFF_BYTES]) == media_type
    value: dict[str, Any] = avinfo_variable(path, path.stat().st_size, DEFAULT_LIMITS)
    assert float(value["format"]["duration"]) == pytest.approx(seconds, abs=0.21)
    assert value["video"].get("tags", {}).get("rotate") == turn
    command = "vframe/jpg/offset/0.4/w/32" if value["video"] else "avthumb/mp3"
    made = run(parse_pipe(command).commands[0], source(path), tmp_path, settings())
    assert made.path.stat().st_size
