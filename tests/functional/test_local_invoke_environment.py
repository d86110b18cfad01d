"""What `sam local invoke` puts into each function's environment, by SAM CLI's own code."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

from tests.fakes.cloudformation import TEMPLATE_PATH, ChangeSet

# All of them are about SAM CLI's own use of its own libraries.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# Empty is what these mean when an operator says nothing.
MAY_BE_EMPTY = {
    "UPGATE_CALLBACK_HOSTS",
    "UPGATE_HEAVY_QUEUE",
    "UPGATE_PUBLIC_URL",
}


def resolved(template: Path) -> dict[str, dict[str, str]]:
    """Variables by function, as the container is given them."""
    stacks, _ = SamLocalStackProvider.get_stacks(
        str(template), parameter_overrides={"HeavyOps": "true"}
    )
    functions = SamFunctionProvider(
        stacks, use_raw_codeuri=True, ignore_code_extraction_warnings=True
    )
    found: dict[str, dict[str, str]] = {}
    for function in functions.get_all():
        environment: dict[str, Any] = function.environment or {}
        variables = EnvironmentVariables(
            function_name=function.name,
            function_memory=function.memory,
            function_timeout=function.timeout,
            function_handler=function.handler,
            variables=environment.get("Variables"),
            shell_env_values={},
            override_values={},
        )
        found[function.name] = variables.resolve()
    return found


@pytest.fixture(scope="module")
def environments() -> dict[str, dict[str, str]]:
    return resolved(Path(TEMPLATE_PATH))


def test_every_function_is_found(environments: dict[str, dict[str, str]]) -> None:
    expected = {
        name
        for name, resource in ChangeSet.of(HeavyOps="true").resources().items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert environments.keys() == expected


def test_no_variable_comes_out_empty(environments: dict[str, dict[str, str]]) -> None:
    empty = {
        (function, name)
        for function, variables in environments.items()
        for name, value in variables.items()
        if name.startswith(("UPGATE_", "MALLOC_", "POWERTOOLS_"))
        and not value
        and name not in MAY_BE_EMPTY
    }
    assert empty == set()


def test_a_variable_by_getatt_would_come_out_empty(tmp_path: Path) -> None:
    """The check above can fail: SAM CLI resolves `!Ref` to a logical id, and this to nothing."""
    text = Path(TEMPLATE_PATH).read_text()
    changed = text.replace("!Ref KeysSecret", "!GetAtt KeysSecret.Id")
    assert changed != text
    template = tmp_path / "template.yaml"
    template.write_text(changed)
    shutil.copy(Path(TEMPLATE_PATH).with_name("edge.yaml"), tmp_path)
    assert resolved(template)["UploadFunction"]["UPGATE_KEYS_SECRET"] == ""
