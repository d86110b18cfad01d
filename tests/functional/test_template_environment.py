"""The template's variables and the ones that functions read are the same, both ways."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.cloudformation import TEMPLATE_PATH, ChangeSet
from upgate.outbound.egress_rules import EgressRules
from upgate_aws.config.callback_config import callback_config

CHANGE_SET = ChangeSet.of(HeavyOps="true")
PARAMETERS: dict[str, dict[str, Any]] = CHANGE_SET.template["Parameters"]
# What an operator may write at length, and functions find in their environment.
FREE_TEXTS = ("CorsOrigins", "PublicUrl", "CallbackHosts")
GLOBALS: dict[str, str] = CHANGE_SET.resolve(
    CHANGE_SET.template["Globals"]["Function"]["Environment"]["Variables"]
)
FUNCTIONS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in CHANGE_SET.resources().items()
    if resource["Type"] == "AWS::Serverless::Function"
}


class Environment(dict[str, str]):
    """Variables that remember which of them were read, and which were asked for in vain."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names_read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names_read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.names_read.add(key)
        return super().__getitem__(key)


def ours(names: Mapping[str, object] | set[str]) -> set[str]:
    return {name for name in names if name.startswith("UPGATE_")}


def variables(function: str) -> dict[str, str]:
    """A function's own variables, filled in."""
    own: dict[str, Any] = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    return {name: str(value) for name, value in own.items()}


def names_read(function: str) -> set[str]:
    """What the function's configuration reads; it must accept the template's defaults."""
    source = (Path(TEMPLATE_PATH).parent / FUNCTIONS[function]["CodeUri"] / "app.py").read_text()
    readers = re.findall(r"= (\w+_config)\(os\.environ\)", source)
    environment = Environment(GLOBALS | variables(function))
    for reader in readers:
        getattr(importlib.import_module(f"upgate_aws.config.{reader}"), reader)(environment)
    return ours(environment.names_read)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_is_given_every_variable_that_it_reads(function: str) -> None:
    assert names_read(function) - ours(GLOBALS) - ours(variables(function)) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_reads_every_variable_of_its_own(function: str) -> None:
    assert ours(variables(function)) - names_read(function) == set()


def test_variable_of_all_functions_is_read_by_one() -> None:
    assert ours(GLOBALS) - set().union(*map(names_read, FUNCTIONS)) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_variable_for_all_is_not_given_to_one_again(function: str) -> None:
    assert GLOBALS.keys() & variables(function).keys() == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_variables_fit_with_every_parameter_at_its_longest(function: str) -> None:
    """AWS: "Lambda quotas", 4 KB for all environment variables together."""
    constants = sum(map(len, (*ours(GLOBALS), *GLOBALS.values(), *variables(function))))
    chosen = sum(map(len, variables(function).values()))
    longest = sum(PARAMETERS[name]["MaxLength"] for name in FREE_TEXTS)
    assert constants + chosen + longest <= 4096 - 1024  # for the names that AWS gives


@given(hosts=st.from_regex(PARAMETERS["CallbackHosts"]["AllowedPattern"], fullmatch=True))
def test_hosts_that_the_template_takes_are_ones_that_the_callback_function_takes(
    hosts: str,
) -> None:
    environment = GLOBALS | variables("CallbackFunction") | {"UPGATE_CALLBACK_HOSTS": hosts}
    EgressRules(allowed_hosts=callback_config(environment).callback_hosts)


@pytest.mark.parametrize(
    "hosts", ["", "app.example.com", "*.example.com,a_b", "192.0.2.1", "::1", "::ffff:192.0.2.1"]
)
def test_hosts_that_both_take(hosts: str) -> None:
    assert re.fullmatch(PARAMETERS["CallbackHosts"]["AllowedPattern"], hosts)
    environment = GLOBALS | variables("CallbackFunction") | {"UPGATE_CALLBACK_HOSTS": hosts}
    EgressRules(allowed_hosts=callback_config(environment).callback_hosts)


@pytest.mark.parametrize(
    "host", [":..", "::ffff:192..1", "a..b", "*.", "*..a", "A.b", "a@b", "a b"]
)
def test_hosts_that_both_refuse(host: str) -> None:
    assert not re.fullmatch(PARAMETERS["CallbackHosts"]["AllowedPattern"], host)
    with pytest.raises(ValueError, match="not a lower-case host"):
        EgressRules(allowed_hosts=frozenset([host]))
