"""Every function as `sam build` made it, under AWS's own runtime emulator and client.

The interpreter has what Lambda's runtime has and nothing else, so whatever a layer forgot is an
import error here as it would be there.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests import events
from tests.artefact import built, emulator, runtime_python, samples
from tests.artefact.built import BuiltFunction
from tests.functional.conftest import BASE_ENVIRONMENT, Functions
from tests.functional.test_template import FUNCTIONS

pytestmark = pytest.mark.skipif(not emulator.is_possible(), reason="the emulator is for Linux")

SAMPLES = samples.read()
NO_NETWORK = {"UPGATE_CALLBACK_HOSTS": "nowhere.example.com"}  # refused before it is looked up


@pytest.fixture(scope="session")
def artefact() -> dict[str, BuiltFunction]:
    return built.build(built.architecture_here())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_built_function_answers_its_samples_as_documented(
    name: str, artefact: dict[str, BuiltFunction], functions: Functions, tmp_path: Path
) -> None:
    environment = BASE_ENVIRONMENT | functions.aws.environment | NO_NETWORK
    own = [sample for sample in SAMPLES if sample.function == name]
    # The ledger is all tests' own, and the sample's preset is one that nobody has written.
    functions.table().delete_item(Key={"pk": "preset#avatar", "sk": "preset"})
    with emulator.running(artefact[name], environment, tmp_path / "log") as running:
        answers = {sample: running.invoke(events.load(sample.name)) for sample in own}
    wrong = {
        sample: answer for sample, answer in answers.items() if not sample.is_answered_by(answer)
    }
    assert wrong == {}
    assert answers


def test_function_without_its_layer_does_not_start(
    artefact: dict[str, BuiltFunction], tmp_path: Path
) -> None:
    bare = replace(artefact["UploadFunction"], layers=())
    with emulator.running(bare, BASE_ENVIRONMENT, tmp_path / "log") as running:
        answer = running.invoke({})
    assert answer["errorType"] == "Runtime.ImportModuleError"


def test_media_layer_runs_its_tools(artefact: dict[str, BuiltFunction]) -> None:
    program = (
        "import subprocess; import av, PIL._imaging; "
        "from upgate_media import ffmpeg_program, run; from upgate_media.maker import Maker; "
        "subprocess.run([ffmpeg_program.executable(), '-version'], check=True, capture_output=True)"
    )
    subprocess.run(
        [runtime_python.make(), "-c", program],
        env={"PYTHONPATH": artefact["AsyncOpsFunction"].python_path, "PATH": "/usr/bin:/bin"},
        check=True,
        timeout=60,
    )
