"""What a template's conditions decide for given parameters; a processed template still has both.

Only the functions that conditions and their choices are made of (CloudFormation: "Condition
functions"); every other intrinsic function is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Choices:
    """A deployed template's parameters and conditions."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        declared: Mapping[str, Any] = template.get("Parameters", {})
        defaults = {
            name: str(item["Default"]) for name, item in declared.items() if "Default" in item
        }
        self._parameters = defaults | dict(parameters)
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})

    def settle(self, value: Any) -> Any:
        """`value` with every Fn::If decided and every Ref to a parameter replaced, at any depth."""
        if isinstance(value, list):
            return [self.settle(item) for item in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Fn::If": [name, then, otherwise]}:
                return self.settle(then if self.holds(name) else otherwise)
            case {"Ref": str(name)} if name in self._parameters:
                return self._parameters[name]
        return {name: self.settle(item) for name, item in value.items()}

    def holds(self, condition: str) -> bool:
        """Whether a condition is true, by its name."""
        return self._is_true(self._conditions[condition])

    def _is_true(self, rule: Mapping[str, Any]) -> bool:
        match rule:
            case {"Fn::Equals": [left, right]}:
                return str(self.settle(left)) == str(self.settle(right))
            case {"Fn::Not": [inner]}:
                return not self._is_true(inner)
            case {"Fn::And": [*inners]}:
                return all(map(self._is_true, inners))
            case {"Fn::Or": [*inners]}:
                return any(map(self._is_true, inners))
            case {"Condition": str(name)}:
                return self.holds(name)
        raise ValueError(f"no condition function: {next(iter(rule), '')}")
