"""Pictures to 640 px beside what others use for it: `uv run python -m bench.image_peers`.

Processor time of one picture, warm, in turns and on one core: sharp (libvips) on a 12 MP JPEG,
pillow-heif on a 12 MP HEIC, whose encoder also makes that. Both are installed in a folder of their
own, which is kept: npm and pip fetch them once.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import image_resize
from tests.artefact.built import ROOT

PEERS = ROOT / ".upgate" / "bench" / "peers"
SHARP, PILLOW_HEIF = "0.35.5", "1.8.1"
ROUNDS = 5

MOST_OF_SHARP = 1.10
MOST_OF_PILLOW_HEIF = 1.15

_SHARP = """
const sharp = require('sharp');
sharp.concurrency(1);
sharp.cache(false);
const [source, result, rounds] = process.argv.slice(1);
const one = () => sharp(source).rotate().resize(640, 480).jpeg({quality: 75}).toFile(result);
(async () => {
  for (let i = 0; i < 2; i++) await one();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) await one();
  const {user, system} = process.cpuUsage(before);
  console.log((user + system) / 1000 / rounds);
})();
"""
_TIMED = """
import sys, time
for _ in range(2): one()
before = time.process_time()
for _ in range(int(sys.argv[3])): one()
print((time.process_time() - before) * 1000 / int(sys.argv[3]))
"""
_PILLOW_HEIF = (
    """
import sys
import pillow_heif
from PIL import Image
pillow_heif.register_heif_opener(decode_threads=1)
def one():
    with Image.open(sys.argv[1]) as picture:
        small = picture.resize((640, 480), Image.Resampling.LANCZOS, reducing_gap=3.0)
        small.save(sys.argv[2], "JPEG", quality=75)
"""
    + _TIMED
)
_UPGATE = (
    """
import sys
from pathlib import Path
import pi_heif
from upgate.fops.fop import parse_pipe
from upgate_media.image_commands import IMAGE_COMMANDS
from upgate_media.run_types import MediaSettings, Source
pi_heif.options.DECODE_THREADS = 1
source, result = Path(sys.argv[1]), Path(sys.argv[2])
described = Source(source, "image/x", "etag", source.stat().st_size)
def one():
    fop = parse_pipe("imageView2/2/w/640/format/jpg").commands[0]
    settings = MediaSettings(seconds_left=60, fetch=lambda _: b"")
    IMAGE_COMMANDS[fop.name](fop, described, result.parent, settings).path.unlink()
"""
    + _TIMED
)
_ENCODE = """
import sys
import pillow_heif
from PIL import Image
pillow_heif.register_heif_opener()
with Image.open(sys.argv[1]) as picture:
    picture.save(sys.argv[2], "HEIF", quality=60)
"""


def install() -> Path:
    """The interpreter that has pillow-heif; sharp is beside it."""
    python = PEERS / "venv" / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(PEERS / "venv"))
    _run(str(python), "-m", "pip", "install", "--quiet", f"pillow-heif=={PILLOW_HEIF}")
    if not (PEERS / "node_modules" / "sharp").exists():
        _run("npm", "install", "--silent", "--prefix", str(PEERS), f"sharp@{SHARP}")
    return python


def _run(*command: str) -> str:
    done = subprocess.run(
        command,
        cwd=PEERS if PEERS.exists() else ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def main() -> None:
    PEERS.mkdir(parents=True, exist_ok=True)
    heif = str(install())
    with tempfile.TemporaryDirectory() as directory:
        photo, live = Path(directory, "photo.jpg"), Path(directory, "photo.heic")
        result = str(Path(directory, "result.jpg"))
        image_resize.make(photo)
        subprocess.run([heif, "-c", _ENCODE, photo, live], check=True)
        runs = {
            ("JPEG", "sharp"): ("node", "-e", _SHARP, "--", str(photo), result, "10"),
            ("JPEG", "upgate"): (sys.executable, "-c", _UPGATE, str(photo), result, "10"),
            ("HEIC", "pillow-heif"): (heif, "-I", "-c", _PILLOW_HEIF, str(live), result, "2"),
            ("HEIC", "upgate"): (sys.executable, "-c", _UPGATE, str(live), result, "2"),
        }
        times: dict[tuple[str, str], list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, command in runs.items():
                times[name].append(float(_run(*command)))
    found = {name: statistics.median(values) for name, values in times.items()}
    for (kind, who), milliseconds in found.items():
        peer = found[kind, "sharp" if kind == "JPEG" else "pillow-heif"]
        print(f"{kind} {who:12} {milliseconds:7.1f} ms of processor   {milliseconds / peer:.2f}")
    assert found["JPEG", "upgate"] <= MOST_OF_SHARP * found["JPEG", "sharp"]
    assert found["HEIC", "upgate"] <= MOST_OF_PILLOW_HEIF * found["HEIC", "pillow-heif"]


if __name__ == "__main__":
    main()
