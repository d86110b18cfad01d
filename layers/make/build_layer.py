"""Builds one layer as it ships: pinned wheels for Lambda's processor, our packages, bytecode.

`sam build` calls it through layer.mk: `python build_layer.py LAYER ARCHITECTURE ARTIFACTS_FOLDER`,
in a copy of the folder `layers`. SAM's own builder leaves every `.pyc` out, and Lambda can write
none: each cold start would compile all that it imports (docs/decisions.md).
"""

from __future__ import annotations

import compileall
import importlib.util
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

from pack_ffmpeg import pack
from trim_botocore import trim

# Lambda's Python 3.13 runs on Amazon Linux 2023, which has glibc 2.34 (aws.md 1).
_PLATFORMS = {
    "arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64", "manylinux_2_34_aarch64"),
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64"),
}
_MOUNTED_AT = "/opt/python"
_PYTHON = (3, 13)


def build(layer: Path, architecture: str, artifacts: Path) -> None:
    """Make `artifacts`/python from the folder `layer`; the same input gives the same bytes.

    Raises:
        SystemExit: this Python cannot build it, with a sentence, or pip failed.
    """
    if sys.version_info[:2] != _PYTHON:
        raise SystemExit("Layers are built by Python 3.13: bytecode is for one version alone.")
    if importlib.util.find_spec("pip") is None:
        raise SystemExit(f"{sys.executable} has no pip: run `python3.13 -m ensurepip`.")
    target = artifacts / "python"
    _install(layer / "requirements.txt", architecture, target)
    if (target / "botocore").exists():
        trim(target / "botocore")
    pack(target / "imageio_ffmpeg" / "binaries", "ffmpeg-*")
    pack(target / "noto_cjk_sans_otc", "*.ttc")
    for package in sorted(path.parent for path in layer.glob("*/__init__.py")):
        shutil.copytree(
            package, target / package.name, ignore=shutil.ignore_patterns("__pycache__")
        )
    _compile(target)


def _install(requirements: Path, architecture: str, target: Path) -> None:
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
        [
            *pip,
            *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"),
            *("--python-version", "3.13", "--implementation", "cp"),
            *(option for name in _PLATFORMS[architecture] for option in ("--platform", name)),
            *("--target", str(target), "--requirement", str(requirements)),
        ],
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"pip could not install {requirements.name} for {architecture}.")
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this machine's Python


def _compile(target: Path) -> None:
    """Bytecode that is never checked against its source: nobody changes one without the other."""
    compiled = compileall.compile_dir(
        target,
        quiet=1,
        force=True,
        stripdir=str(target),
        prependdir=_MOUNTED_AT,  # tracebacks name the place in Lambda, and not this machine's
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit("A module does not compile.")


if __name__ == "__main__":
    build(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
