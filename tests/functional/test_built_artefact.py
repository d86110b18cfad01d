"""Every function as `sam build` made it, under AWS's own runtime emulator and client.

The interpreter has what Lambda's runtime has and nothing else, so whatever a layer forgot is an
import error here as it would be there.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import events
from tests.artefact import built, emulator, runtime_python
from tests.artefact.built import BuiltFunction
from tests.functional.conftest import BASE_ENVIRONMENT, Functions
from tests.functional.test_template import FUNCTIONS

pytestmark = pytest.mark.skipif(not emulator.is_possible(), reason="the emulator is for Linux")

type Check = Callable[[Any], bool]


def answers(status: int) -> Check:
    return lambda answer: bool(answer["statusCode"] == status)


# One event for each function, and what tells that its own code has answered it.
ANSWERS: dict[str, tuple[str, Check]] = {
    "TokenFunction": ("token-default", answers(200)),
    "UploadFunction": ("upload-return-body", answers(200)),
    "ResumableFunction": ("resumable-mkblk", answers(200)),
    "GlueFunction": ("glue-share", lambda answer: answer["errorType"] == "PieceGoneError"),
    "QueryFunction": ("query-v4", answers(200)),
    "DownloadFunction": ("download-object", answers(404)),
    "AsyncOpsFunction": ("asyncops-test-event", lambda answer: answer["batchItemFailures"] == []),
    "AvinfoFunction": ("avinfo-text", lambda answer: answer is None),
    "CallbackFunction": ("callback-form", lambda answer: answer["accepted"] is False),
    "RedeliveryFunction": ("redelivery-due", lambda answer: answer["batchItemFailures"] == []),
}


NO_NETWORK = {"UPGATE_CALLBACK_HOSTS": "nowhere.example.com"}  # refused before it is looked up


@pytest.fixture(scope="session")
def artefact() -> dict[str, BuiltFunction]:
    return built.build(built.architecture_here())


def test_every_function_of_the_template_is_booted_here() -> None:
    assert ANSWERS.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", ANSWERS)
def test_built_function_answers_its_sample(
    name: str, artefact: dict[str, BuiltFunction], functions: Functions, tmp_path: Path
) -> None:
    sample, is_right = ANSWERS[name]
    environment = BASE_ENVIRONMENT | functions.aws.environment | NO_NETWORK
    with emulator.running(artefact[name], environment, tmp_path / "log") as running:
        answer = running.invoke(events.load(sample))
    assert is_right(answer), (answer, (tmp_path / "log").read_text())


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
        "from upgate_media import ffmpeg, run; from upgate_media.maker import Maker; "
        "subprocess.run([ffmpeg.executable(), '-version'], check=True, capture_output=True)"
    )
    subprocess.run(
        [runtime_python.make(), "-c", program],
        env={"PYTHONPATH": artefact["AsyncOpsFunction"].python_path, "PATH": "/usr/bin:/bin"},
        check=True,
        timeout=60,
    )
