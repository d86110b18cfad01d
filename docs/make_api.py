"""Writes docs/api.md from docs/openapi.yaml: `uv run python -m docs.make_api`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.description import Description, Node, Operation

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
            yield _row(
                f"`{parameter['name']}`{_star(parameter.get('required', False))}",
                parameter["in"],
                _kind(parameter["schema"]),
                _described(parameter) + _example(parameter),
            )
        yield ""
    if "requestBody" in node:
        yield from _body(description, description.follow(node["requestBody"]))
    yield from _answers(description, operation)


def _body(description: Description, body: Node) -> Iterator[str]:
    for media_type, content in body["content"].items():
        schema = description.follow(content["schema"])
        yield f"Body: `{media_type}`. {_flat(body.get('description', ''))}".rstrip()
        yield ""
        if "properties" in schema:
            yield from (*_fields(description, schema), "")
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
        document = f" {_link(name)}" if name else ""
        yield _row(", ".join(statuses), _described(response) + document)
    if errors:
        yield _row("errors", ", ".join(f"[{number}](#errors)" for number in sorted(errors)))
    yield ""


def document_of(response: Node) -> str | None:
    """The name of the schema that an answer's body has."""
    for content in response.get("content", {}).values():
        if "$ref" in content["schema"]:
            return _name(content["schema"])
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
                yield _row(number, example["summary"], _quoted(example["value"]))
        else:
            texts = [_quoted(value) for value in _examples(content)]
            yield _row(status, _described(response), "<br>".join(texts))


def _quoted(error: Node) -> str:
    text = error["error"]
    return f"`{text}`" if len(text) < _LONG else f"`{text[:_LONG]}` ..."


def _signing(schemes: Mapping[str, Node]) -> Iterator[str]:
    for name, scheme in schemes.items():
        place = scheme.get("name", "Authorization")
        yield f"- **{_CREDENTIALS[name]}** (`{place}`, {scheme.get('in', 'header')}): " + _flat(
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
        yield from (*_shape(description, schema), "")
        yield from examples.get(name, ())


def _examples_of_documents(description: Description) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for response in description.document["components"]["responses"].values():
        for content in response.get("content", {}).values():
            if "$ref" in content["schema"] and _name(content["schema"]) != "Error":
                found.setdefault(_name(content["schema"]), []).extend(_json_blocks(content))
    return found


def _shape(description: Description, schema: Node) -> Iterator[str]:
    if "anyOf" in schema:
        yield "One of:"
        for choice in schema["anyOf"]:
            if "$ref" in choice:
                yield f"\n{_link(_name(choice))}"
            else:
                yield f"\n*{choice['title']}* {choice.get('description', '')}\n"
                yield from _fields(description, choice)
    elif "properties" in schema or "patternProperties" in schema:
        yield from _fields(description, schema)
    elif "items" in schema:
        yield "Each:\n"
        yield from _fields(description, schema["items"])
    elif schema.get("type") != "object":
        yield _kind(schema)
    else:
        yield "`{}`"


def _fields(description: Description, schema: Node, prefix: str = "") -> Iterator[str]:
    """A table of an object's members; those of objects in lists stand below, as `name[].x`."""
    required = schema.get("required", ())
    members = {**schema.get("properties", {}), **schema.get("patternProperties", {})}
    if not prefix and members:
        yield from ("| member | | |", "|---|---|---|")
    for name, member in members.items():
        plain = name.removeprefix("^").replace(".+", "<name>")
        shown = f"`{prefix}{plain}`{_star(name in required)}"
        yield _row(shown, _kind(member), _described(description.follow(member)))
        items = member.get("items", {})
        if "properties" in items:
            yield from _fields(description, items, f"{prefix}{name}[].")


def _kind(schema: Node) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return _link(_name(schema))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    kind = schema.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        text += f" from {low}" + (f" to {high}" if high is not None else "")
    if "maxLength" in schema:
        text += f" up to {schema['maxLength']}"
    return str(text)


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


def _described(node: Node) -> str:
    text = _flat(node.get("description", ""))
    return f"{text}." if text and text[-1] not in ".`" else text


def _flat(text: str) -> str:
    return " ".join(text.split())


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _star(required: bool) -> str:
    return " \\*" if required else ""


def _name(reference: Node) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _link(name: str) -> str:
    return f"[{name}](#document-{name.lower()})"


if __name__ == "__main__":
    PAGE.write_text(page(Description.load()))
