"""Function and layers, built as they are deployed, fit into Lambda's 250 MB (aws.md 1 and 7).

Wheels are fetched for the template's own processor, which need not be this machine's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
UNZIPPED_BYTES = 250 * 1024 * 1024
PLATFORMS = {
    "arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64", "manylinux_2_34_aarch64"),
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64"),
}
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())


def built(layer: str, architecture: str, folder: Path) -> Path:
    """What `sam build` makes of a layer: its code, and its requirements beside it."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"),
            *("--disable-pip-version-check", "--no-compile", "--only-binary", ":all:"),
            *("--python-version", "3.13", "--implementation", "cp"),
            *(option for name in PLATFORMS[architecture] for option in ("--platform", name)),
            *("--target", str(folder), "-r", str(ROOT / "layers" / layer / "requirements.txt")),
        ],
        check=True,
        timeout=300,
    )
    return folder


def size_of(folder: Path) -> int:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize("architecture", TEMPLATE["Parameters"]["Architecture"]["AllowedValues"])
def test_function_with_both_layers_fits(architecture: str, tmp_path: Path) -> None:
    size = 0
    for layer in ("upgate", "media"):
        size += size_of(built(layer, architecture, tmp_path / layer))
        size += size_of(ROOT / "layers" / layer)
    for function in ("asyncops", "download", "avinfo"):
        assert size + size_of(ROOT / "functions" / function) < UNZIPPED_BYTES
    print(f"{architecture}: {size / 1024**2:.0f} MiB")


def test_what_the_layer_has_is_all_that_its_code_imports(tmp_path: Path) -> None:
    """A machine of the same processor runs the built layers alone, as Lambda does."""
    import platform

    architecture = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    if architecture is None or sys.platform != "linux":
        pytest.skip("needs a machine like Lambda's")
    folders = [built(layer, architecture, tmp_path / layer) for layer in ("upgate", "media")]
    code = [ROOT / "layers" / layer for layer in ("upgate", "media")]
    program = (
        "import subprocess, sys; sys.path[:0] = sys.argv[1:]; import av, PIL._imaging; "
        "from upgate_media import ffmpeg, run; from upgate_media.maker import Maker; "
        "subprocess.run([ffmpeg.executable(), '-version'], check=True, capture_output=True)"
    )
    # Isolated: nothing of this environment but what a Lambda runtime has, which is botocore.
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    import botocore

    (runtime / "botocore").symlink_to(Path(botocore.__file__).parent)
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *map(str, [*folders, *code, runtime])],
        check=True,
        timeout=60,
    )
