"""What CloudFormation makes of a template before it creates anything (AWS: "Template reference").

Parameters are checked against their own constraints, then against the rules, then everything that
refers to them is filled in. Resources and their attributes are filled in with their own names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

TEMPLATE_PATH = Path(__file__).resolve().parents[2] / "template.yaml"
NESTED = "AWS::CloudFormation::Stack"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
CLOUDFRONT_CERTIFICATE = CERTIFICATE.replace("eu-west-1", "us-east-1")
NO_VALUE = object()
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "upgate",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{([^}!]+)\}")


class ParameterError(ValueError):
    """A value that a parameter's own constraints refuse; names the parameter."""


@dataclass(frozen=True)
class ChangeSet:
    """A template with values for its parameters: the defaults, and `given` above them."""

    template: Mapping[str, Any]
    values: Mapping[str, str]

    @classmethod
    def of(cls, **given: str) -> ChangeSet:
        """The template of this repository; raises ParameterError."""
        return cls._of(TEMPLATE_PATH, given)

    @classmethod
    def _of(cls, path: Path, given: Mapping[str, str]) -> ChangeSet:
        template = _template(path)
        parameters = template["Parameters"]
        assert given.keys() <= parameters.keys()
        defaults = {
            name: str(item["Default"]) for name, item in parameters.items() if "Default" in item
        }
        for name, value in given.items():
            _check(name, parameters[name], value)
        assert defaults.keys() | given.keys() == parameters.keys()
        return cls(template, defaults | dict(given))

    def nested(self, name: str) -> ChangeSet:
        """The stack that this resource would make of a template of its own."""
        resource = self.resources()[name]
        assert resource["Type"] == NESTED
        properties = resource["Properties"]
        return self._of(TEMPLATE_PATH.parent / properties["TemplateURL"], properties["Parameters"])

    def complaints(self) -> list[str]:
        """The sentences of the rules that do not hold."""
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            if self._holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}))
            for assertion in rule["Assertions"]
            if not self._holds(assertion["Assert"])
        ]

    def resources(self) -> dict[str, Any]:
        """The resources that would be created, filled in."""
        return {
            name: self.resolve(resource)
            for name, resource in self.template["Resources"].items()
            if self._is_wanted(resource)
        }

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs that there would be."""
        return {
            name: self.resolve(output["Value"])
            for name, output in self.template["Outputs"].items()
            if self._is_wanted(output)
        }

    def resolve(self, value: Any) -> Any:
        """A value with its functions carried out."""
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        filled = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                return ".".join(argument) if isinstance(argument, list) else argument
            case "Fn::FindInMap":
                table, row, column = (self.resolve(item) for item in argument)
                return self.template["Mappings"][table][row][column]
            case "Fn::Sub" if isinstance(argument, list):
                text, own = argument
                known = self.resolve(own)
                return _VARIABLE.sub(
                    lambda found: str(known.get(found[1]) or self._ref(found[1])), text
                )
            case "Fn::Sub":
                return _VARIABLE.sub(lambda found: str(self._ref(found[1])), argument)
            case "Fn::If":
                condition, yes, no = argument
                return self.resolve(yes if self._holds({"Condition": condition}) else no)
        raise AssertionError(f"the template uses {name}, which nothing here knows")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self.values.get(name) or _PSEUDO.get(name) or ("" if name in self.values else name)

    def _is_wanted(self, item: Mapping[str, Any]) -> bool:
        return "Condition" not in item or self._holds({"Condition": item["Condition"]})

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        [(name, argument)] = condition.items()
        match name:
            case "Condition":
                return self._holds(self.template["Conditions"][argument])
            case "Fn::Equals":
                left, right = (self.resolve(item) for item in argument)
                return bool(left == right)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And" | "Fn::Or":
                assert 2 <= len(argument) <= 10, "CloudFormation takes no other number"
                holding = [self._holds(item) for item in argument]
                return all(holding) if name == "Fn::And" else any(holding)
        raise AssertionError(f"the template uses {name}, which nothing here knows")


@cache
def _template(path: Path) -> Mapping[str, Any]:
    template: dict[str, Any] = yaml_parse(path.read_text())
    return template


def _check(name: str, parameter: Mapping[str, Any], value: str) -> None:
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        raise ParameterError(name)
    if len(value) > parameter.get("MaxLength", 4096):
        raise ParameterError(name)
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        raise ParameterError(name)
    if parameter["Type"] == "Number":
        least = parameter.get("MinValue", float("-inf"))
        if not least <= float(value) <= parameter.get("MaxValue", float("inf")):
            raise ParameterError(name)
