"""docs/openapi.yaml: valid, of the same routes as the template, and with examples that are true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from samtranslator.yaml_helper import yaml_parse

from docs import make_api
from docs.description import Description, Operation
from upgate import errors
from upgate.answers import responses, routes
from upgate.errors import MethodNotAllowedError, UpgateError
from upgate_cli.local.routes import DEFAULT, Route, RouteTable

ROOT = Path(__file__).parents[2]
DESCRIPTION = Description.load()
OPERATIONS = list(DESCRIPTION.operations())
# Another way to `/pfop/`, which no plain route can name (docs/decisions.md); all below is a 404.
SPARE = {"POST /pfop/{proxy+}"}
DOWNLOADS = {"GET /{proxy+}", "HEAD /{proxy+}"}


def route_keys() -> Iterator[str]:
    """Every route of template.yaml as an event names it."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in template["Resources"].values():
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                found = event["Properties"]
                yield f"{found['Method']} {found['Path']}" if "Path" in found else DEFAULT


ROUTES = set(route_keys())
TABLE = RouteTable(Route(key, key) for key in ROUTES)


def example_path(operation: Operation) -> str:
    path = operation.path
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            values = (
                [parameter["example"]] if "example" in parameter else parameter["schema"]["enum"]
            )
            path = path.replace(f"{{{parameter['name']}}}", str(values[0]))
    assert "{" not in path
    return path


def route_of(operation: Operation) -> str:
    match = TABLE.match(operation.method, example_path(operation))
    assert match is not None
    return match.route.key


def error_statuses() -> set[int]:
    classes = [item for item in vars(errors).values() if isinstance(item, type)]
    return {item.status for item in classes if issubclass(item, UpgateError)}


def test_the_description_is_valid() -> None:
    found = list(OpenAPIV31SpecValidator(DESCRIPTION.document).iter_errors())
    assert found == []


def test_every_route_of_the_template_is_described() -> None:
    assert {route_of(operation) for operation in OPERATIONS} == ROUTES - SPARE


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_has_a_route_of_its_own_path(operation: Operation) -> None:
    """A path that the template lost would be a download, or not found."""
    found = route_of(operation)
    is_any_path = operation.path == "/{key}" or operation.node["operationId"].endswith("ByGet")
    assert (found in {*DOWNLOADS, DEFAULT}) == is_any_path


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_methods_of_a_path_are_those_that_a_405_names(operation: Operation) -> None:
    path = example_path(operation)
    described = {
        other.method
        for other in OPERATIONS
        if other.path == operation.path and route_of(other) not in {*DOWNLOADS, DEFAULT}
    }
    allowed: set[str] = set()
    try:
        routes.refuse_wrong_method(path)
    except MethodNotAllowedError as error:
        allowed = {*error.allow} - {"OPTIONS"}
    assert allowed == described


def test_every_number_of_the_errors_is_described() -> None:
    described = {
        int(status)
        for item in OPERATIONS
        for status in item.node["responses"]
        if status != "default"
    }
    described |= {status for operation in OPERATIONS for status in operation.above_599}
    # 503 passes between functions only.
    assert error_statuses() - {503} <= described


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_default_stands_for_the_listed_numbers_above_599(operation: Operation) -> None:
    assert ("default" in operation.node["responses"]) == bool(operation.above_599)
    assert set(operation.above_599) <= responses.STANDARD_STATUS.keys()


@pytest.mark.parametrize("status", responses.STANDARD_STATUS)
def test_an_error_of_a_stack_with_standard_numbers_is_what_the_schema_says(status: int) -> None:
    error = UpgateError()
    error.status = status
    answer = responses.error_response(error, standard_status=True)
    assert found_in(json.loads(answer.body), {"$ref": "#/components/schemas/Error"}) == []
    header = DESCRIPTION.document["components"]["headers"]["X-Upgate-Code"]
    assert int(answer.headers["X-Upgate-Code"]) in header["schema"]["enum"]


def found_in(value: Any, schema: Any) -> list[Any]:
    """What a schema of the file has against a value."""
    complete = {**schema, "components": DESCRIPTION.document["components"]}
    return list(OAS31Validator(complete).iter_errors(value))


def schemas_with_examples(node: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(place, schema, example) of everything in the file that has both."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from schemas_with_examples(item, f"{where}/{number}")
    if not isinstance(node, dict):
        return
    if "schema" in node:
        named = node.get("examples", {})
        values = [item["value"] for item in named.values()]
        for value in [*values, *([node["example"]] if "example" in node else [])]:
            yield where, node["schema"], value
    elif "type" in node and isinstance(node.get("examples"), list):
        for value in node["examples"]:
            yield where, node, value
    for name, item in node.items():
        yield from schemas_with_examples(item, f"{where}/{name}")


EXAMPLES = list(schemas_with_examples(DESCRIPTION.document))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 60


@pytest.mark.parametrize(
    ("where", "schema", "example"), EXAMPLES, ids=[item[0] for item in EXAMPLES]
)
def test_an_example_is_what_its_schema_says(where: str, schema: Any, example: Any) -> None:
    assert found_in(example, schema) == []


def test_every_document_with_a_schema_of_its_own_has_an_example() -> None:
    without = {
        name
        for name, response in DESCRIPTION.document["components"]["responses"].items()
        for content in response.get("content", {}).values()
        if "$ref" in content["schema"] and not {"example", "examples"} & content.keys()
    }
    assert without == set()


def test_every_component_is_used() -> None:
    text = (ROOT / "docs/openapi.yaml").read_text()
    components = DESCRIPTION.document["components"]
    unused = [
        f"{kind}/{name}"
        for kind, members in components.items()
        for name in members
        if f"#/components/{kind}/{name}'" not in text and kind != "securitySchemes"
    ]
    assert unused == []


def test_the_page_is_made_from_the_description() -> None:
    assert make_api.PAGE.read_text() == make_api.page(DESCRIPTION), "run python -m docs.make_api"
