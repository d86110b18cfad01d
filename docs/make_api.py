"""Writes docs/api.md from docs/openapi.yaml: `uv run python -m docs.make_api`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.description import Description, Node, Operation
from docs.schema_tables import described, fields, flat, kind, link, name_of, row, shape, star

PAGE = Path(__file__).parent / "api.md"

_NOTE = "<!-- Made from openapi.yaml by `uv run python -m docs.make_api`: change that file. -->"
_LONG = 90
_WIDTH = 120
_ERRORS_NOTE = "What an app does about each: [errors.md](wiring/errors.md)."
_DOCUMENTS_NOTE = "JSON bodies. Members with \\* are always there."
_CREDENTIALS = {
    "uploadToken": "an upload token",
    "keyPair": "a key pair's signature",
    "jwt": "a JWT",
    "sigV4": "SigV4",
    "downloadDeadline": "`e`",
    "downloadToken": "`token`",
    "": "nothing",
}


def page(description: Description) -> str:
    """The whole page."""
    document = description.document
    operations = list(description.operations())
    lines = ["# HTTP API", "", _NOTE, "", document["info"]["description"].strip(), ""]
    lines += [_table_of_contents(operations), ""]
    for tag in document["tags"]:
        lines += [f"## {tag['name']}", "", *_paragraph(tag)]
        for operation in operations:
            if tag["name"] in operation.node["tags"]:
                lines += _operation(description, operation)
    lines += ["## Errors", "", _ERRORS_NOTE, "", *_errors(description), ""]
    lines += ["## Signing", "", *_signing(document["components"]["securitySchemes"])]
    lines += ["## Documents", "", _DOCUMENTS_NOTE, "", *_documents(description)]
    return "\n".join(lines).rstrip() + "\n"


def _table_of_contents(operations: list[Operation]) -> str:
    rows = ["| call | | signed with |", "|---|---|---|"]
    for operation in operations:
        link = f"[`{operation.label}`](#{operation.node['operationId'].lower()})"
        rows.append(f"| {link} | {operation.node['summary']} | {_credentials(operation)} |")
    return "\n".join(rows)


def _credentials(operation: Operation) -> str:
    ways = operation.node["security"] or [{}]
    if operation.node["operationId"] == "uploadForm":
        return "an upload token, in the form"
    if operation.path == "/{key}" and operation.method != "OPTIONS":
        return "nothing; in a private bucket `e` and `token`"
    return " or ".join(" and ".join(_CREDENTIALS[name] for name in way or ("",)) for way in ways)


def _operation(description: Description, operation: Operation) -> Iterator[str]:
    node = operation.node
    yield f'### <a id="{node["operationId"].lower()}"></a>`{operation.label}`'
    yield from ("", f"{node['summary']}. Signed with: {_credentials(operation)}.", "")
    yield from _paragraph(node)
    if operation.parameters:
        yield from ("| parameter | in | | |", "|---|---|---|---|")
        for parameter in operation.parameters:
            yield row(
                f"`{parameter['name']}`{star(parameter.get('required', False))}",
                parameter["in"],
                kind(parameter["schema"]),
                described(parameter) + _example(parameter),
            )
        yield ""
    if "requestBody" in node:
        yield from _body(description, description.follow(node["requestBody"]))
    yield from _answers(description, operation)


def _body(description: Description, body: Node) -> Iterator[str]:
    for media_type, content in body["content"].items():
        schema = description.follow(content["schema"])
        yield f"Body: `{media_type}`. {flat(body.get('description', ''))}".rstrip()
        yield ""
        if "properties" in schema:
            yield from (*fields(description, schema), "")
        yield from _json_blocks(content)


def _answers(description: Description, operation: Operation) -> Iterator[str]:
    errors = [str(number) for number in operation.above_599]
    answers: dict[str, list[str]] = {}
    for status, reference in operation.node["responses"].items():
        if document_of(description.follow(reference)) == "Error":
            errors += [status] if status != "default" else []
        else:
            answers.setdefault(reference["$ref"], []).append(f"`{status}`")
    yield from ("| answer | |", "|---|---|")
    for reference, statuses in answers.items():
        response = description.follow({"$ref": reference})
        name = document_of(response)
        document = f" {link(name)}" if name else ""
        yield row(", ".join(statuses), described(response) + document)
    if errors:
        yield row("errors", ", ".join(f"[{number}](#errors)" for number in sorted(errors)))
    yield ""


def document_of(response: Node) -> str | None:
    """The name of the schema that an answer's body has."""
    for content in response.get("content", {}).values():
        if "$ref" in content["schema"]:
            return name_of(content["schema"])
    return None


def _errors(description: Description) -> Iterator[str]:
    """Every refusal once, with the texts that it may have."""
    yield from ("| status | | for example |", "|---|---|---|")
    seen: dict[str, tuple[str, Node]] = {}
    for operation in description.operations():
        for status, reference in operation.node["responses"].items():
            response = description.follow(reference)
            if document_of(response) == "Error":
                seen.setdefault(reference["$ref"], (status, response))
    for status, response in sorted(seen.values(), key=lambda pair: pair[0]):
        [content] = response["content"].values()
        if status == "default":
            for number, example in content["examples"].items():
                yield row(number, example["summary"], _quoted(example["value"]))
        else:
            texts = [_quoted(value) for value in _examples(content)]
            yield row(status, described(response), "<br>".join(texts))


def _quoted(error: Node) -> str:
    text = error["error"]
    return f"`{text}`" if len(text) < _LONG else f"`{text[:_LONG]}` ..."


def _signing(schemes: Mapping[str, Node]) -> Iterator[str]:
    for name, scheme in schemes.items():
        place = scheme.get("name", "Authorization")
        yield f"- **{_CREDENTIALS[name]}** (`{place}`, {scheme.get('in', 'header')}): " + flat(
            scheme["description"]
        )
    yield ""


def _documents(description: Description) -> Iterator[str]:
    examples = _examples_of_documents(description)
    for name, schema in description.document["components"]["schemas"].items():
        if name in ("UploadForm", "CompleteUpload"):  # stand with their calls
            continue
        yield from (f'### <a id="document-{name.lower()}"></a>{name}', "")
        yield from _paragraph(schema)
        yield from (*shape(description, schema), "")
        yield from examples.get(name, ())


def _examples_of_documents(description: Description) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for response in description.document["components"]["responses"].values():
        for content in response.get("content", {}).values():
            if "$ref" in content["schema"] and name_of(content["schema"]) != "Error":
                found.setdefault(name_of(content["schema"]), []).extend(_json_blocks(content))
    return found


def _json_blocks(content: Node) -> list[str]:
    return [f"```json\n{_json(value)}\n```\n" for value in _examples(content) if _is_json(value)]


def _is_json(value: object) -> bool:
    return isinstance(value, dict | list)


def _json(value: Any) -> str:
    """On one line where it fits; else a line for each member."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _WIDTH or not isinstance(value, dict):
        return text
    lines = (
        f"  {json.dumps(name)}: {json.dumps(value[name], ensure_ascii=False)}" for name in value
    )
    return "{\n" + ",\n".join(lines) + "\n}"


def _examples(node: Node) -> list[Any]:
    if "example" in node:
        return [node["example"]]
    return [example["value"] for example in node.get("examples", {}).values()]


def _example(parameter: Node) -> str:
    example = parameter.get("example")
    return f" For example `{example}`." if isinstance(example, str | int) else ""


def _paragraph(node: Node) -> list[str]:
    return [node["description"].strip(), ""] if "description" in node else []


if __name__ == "__main__":
    PAGE.write_text(page(Description.load()))
