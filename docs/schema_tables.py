"""Schemas as tables of Markdown, for docs/api.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.description import Description, Node


def shape(description: Description, schema: Node) -> Iterator[str]:
    """What a schema is: its members, its choices, or its type."""
    if "anyOf" in schema:
        yield "One of:"
        for choice in schema["anyOf"]:
            if "$ref" in choice:
                yield f"\n{link(name_of(choice))}"
            else:
                yield f"\n*{choice['title']}* {choice.get('description', '')}\n"
                yield from fields(description, choice)
    elif "properties" in schema or "patternProperties" in schema:
        yield from fields(description, schema)
    elif "items" in schema:
        yield "Each:\n"
        yield from fields(description, schema["items"])
    elif schema.get("type") != "object":
        yield kind(schema)
    else:
        yield "`{}`"


def fields(description: Description, schema: Node, prefix: str = "") -> Iterator[str]:
    """A table of an object's members; those of objects in lists stand below, as `name[].x`."""
    required = schema.get("required", ())
    members = {**schema.get("properties", {}), **schema.get("patternProperties", {})}
    if not prefix and members:
        yield from ("| member | | |", "|---|---|---|")
    for name, member in members.items():
        plain = name.removeprefix("^").replace(".+", "<name>")
        shown = f"`{prefix}{plain}`{star(name in required)}"
        yield row(shown, kind(member), described(description.follow(member)))
        items = member.get("items", {})
        if "properties" in items:
            yield from fields(description, items, f"{prefix}{name}[].")


def kind(schema: Node) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return link(name_of(schema))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(kind(choice) for choice in schema["anyOf"])
    named = schema.get("type", "any")
    text = " or ".join(named) if isinstance(named, list) else named
    if named == "array":
        return f"list of {kind(schema['items'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        text += f" from {low}" + (f" to {high}" if high is not None else "")
    if "maxLength" in schema:
        text += f" up to {schema['maxLength']}"
    return str(text)


def described(node: Node) -> str:
    """A description on one line, as a sentence."""
    text = flat(node.get("description", ""))
    return f"{text}." if text and text[-1] not in ".`" else text


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def star(required: bool) -> str:
    """Marks what is always there."""
    return " \\*" if required else ""


def name_of(reference: Node) -> str:
    """The last name of a reference."""
    return str(reference["$ref"]).rpartition("/")[2]


def link(name: str) -> str:
    """A link to a document's heading on the page."""
    return f"[{name}](#document-{name.lower()})"
