"""What `sam build` made for either processor: it fits into Lambda, and it is compiled.

Wheels are fetched for the processor that was asked for, which need not be this machine's.
"""

from __future__ import annotations

import importlib.util
import io
import marshal
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artefact import built
from tests.artefact.built import BuiltFunction
from tests.functional.test_template import FUNCTIONS, TEMPLATE

UNZIPPED_BYTES = 250 * 1024 * 1024  # a function and its layers together (Lambda quotas)
SPARE_BYTES = 5 * 1024 * 1024  # for what the next release of a package brings
ZIPPED_BYTES = 50 * 1024 * 1024  # of what is uploaded without S3
UNCHECKED_HASH = 0b01  # PEP 552: the flags of a .pyc that is not held against its source
ARCHITECTURES = TEMPLATE["Parameters"]["Architecture"]["AllowedValues"]
ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}  # e_machine


@pytest.fixture(scope="session", params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def unzipped_bytes(function: BuiltFunction) -> int:
    folders = (function.code, *function.layers)
    return sum(path.stat().st_size for folder in folders for path in files(folder))


def zipped_bytes(folder: Path) -> int:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files(folder):
            archive.write(path, path.relative_to(folder))
    return len(stream.getvalue())


def layer(name: str, architecture: str) -> Path:
    folders = built.build(architecture)["DownloadFunction"].layers
    return next(folder for folder in folders if folder.name == name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_with_its_layers_fits_unzipped(name: str, architecture: str) -> None:
    function = built.build(architecture)[name]
    print(f"{name} {architecture}: {unzipped_bytes(function) / 1024**2:.1f} MiB")
    assert unzipped_bytes(function) < UNZIPPED_BYTES - SPARE_BYTES


def test_code_that_changes_with_every_release_can_be_uploaded_without_s3(architecture: str) -> None:
    """The media layer alone is larger; `sam deploy` sends everything through S3 anyway."""
    functions = built.build(architecture).values()
    for folder in {function.code for function in functions} | {layer("UpgateLayer", architecture)}:
        assert zipped_bytes(folder) < ZIPPED_BYTES


@pytest.mark.parametrize("name", ["UpgateLayer", "MediaLayer"])
def test_layers_native_code_is_for_the_architecture(name: str, architecture: str) -> None:
    libraries = [path for path in files(layer(name, architecture)) if ".so" in path.name]
    assert libraries
    for path in libraries:
        assert int.from_bytes(path.read_bytes()[18:20], "little") == ELF_MACHINES[architecture]


@pytest.mark.parametrize("name", ["UpgateLayer", "MediaLayer"])
def test_every_module_of_a_layer_has_bytecode_that_is_never_checked(
    name: str, architecture: str
) -> None:
    modules = [path for path in files(layer(name, architecture)) if path.suffix == ".py"]
    assert modules
    for path in modules:
        code = Path(importlib.util.cache_from_source(str(path))).read_bytes()
        assert code[:4] == importlib.util.MAGIC_NUMBER, path
        assert int.from_bytes(code[4:8], "little") == UNCHECKED_HASH, path
        assert code[8:16] == importlib.util.source_hash(path.read_bytes()), path


@pytest.mark.parametrize("name", ["UpgateLayer", "MediaLayer"])
def test_layer_names_no_folder_of_the_machine_that_built_it(name: str, architecture: str) -> None:
    """Or the same commit would make another zip elsewhere."""
    folder = layer(name, architecture)
    for path in files(folder):
        if path.suffix == ".pyc":
            module = path.parents[1] / f"{path.name.split('.')[0]}.py"
            filename = marshal.loads(path.read_bytes()[16:]).co_filename  # noqa: S302 - our own
            assert filename == os.path.join("/opt", module.relative_to(folder))
        elif path.suffix != ".so" and path.stat().st_size < 1_000_000:
            assert os.fsencode(built.ROOT) not in path.read_bytes(), path


def test_layer_holds_no_tests_of_ours_and_no_build_files(architecture: str) -> None:
    folder = layer("UpgateLayer", architecture)
    assert [path.name for path in folder.iterdir()] == ["python"]
    names = {path.name for path in (folder / "python").iterdir()}
    assert {"upgate", "upgate_aws", "PIL", "multipart.py", "botocore"} <= names
    assert not names & {"requirements.txt", "Makefile", "bin", "tests", "upgate_media", "boto3"}


def test_layers_botocore_knows_s3_alone(architecture: str) -> None:
    data = layer("UpgateLayer", architecture) / "python" / "botocore" / "data"
    assert [path.name for path in data.iterdir() if path.is_dir()] == ["s3"]
