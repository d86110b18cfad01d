"""Cuts an installed botocore down to what the functions call: S3, and of S3 these operations.

Its code stays as released. What goes is data: the other 400 services, S3's other operations, texts
for readers. A client reads all that is left whenever an environment starts (docs/decisions.md).
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SERVICE = "s3"
# tests/unit/test_trim_botocore.py holds them against what the code calls.
OPERATIONS = frozenset(
    (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "DeleteObject",
        "GetObject",
        "HeadObject",
        "ListObjectsV2",
        "ListParts",
        "PutObject",
        "UploadPart",
        "UploadPartCopy",
    )
)
_FOR_READERS = ("examples-*", "waiters-*")


def trim(botocore: Path) -> None:
    """Trim the package in the folder `botocore` in place."""
    data = botocore / "data"
    for folder in data.iterdir():
        if folder.is_dir() and folder.name != SERVICE:
            shutil.rmtree(folder)
    for pattern in _FOR_READERS:
        for path in data.glob(f"{SERVICE}/*/{pattern}"):
            path.unlink()
    for path in data.glob(f"{SERVICE}/*/service-2.json.gz"):
        model = trimmed_model(json.loads(gzip.decompress(path.read_bytes())))
        _write(path.with_suffix(""), model)
        path.unlink()
    endpoints = data / "endpoints.json"
    _write(endpoints, _trimmed_endpoints(json.loads(endpoints.read_bytes())))


def trimmed_model(model: Mapping[str, Any]) -> dict[str, Any]:
    """A service's model with OPERATIONS, the shapes that they lead to, and no documentation."""
    operations = {name: model["operations"][name] for name in sorted(OPERATIONS)}
    shapes: dict[str, Any] = {}
    waiting = list(_shapes_named_in(operations))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting.extend(_shapes_named_in(shapes[name]))
    kept = {**model, "operations": operations, "shapes": dict(sorted(shapes.items()))}
    trimmed: dict[str, Any] = _without_documentation(kept)
    return trimmed


def _shapes_named_in(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for value in node.values():
            yield from _shapes_named_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_named_in(value)


def _without_documentation(node: Any) -> Any:
    """Empty and not gone: some of botocore's readers expect one."""
    if isinstance(node, Mapping):
        return {
            name: "" if _is_text(name, value) else _without_documentation(value)
            for name, value in node.items()
        }
    return [_without_documentation(value) for value in node] if isinstance(node, list) else node


def _is_text(name: str, value: Any) -> bool:
    return name == "documentation" and isinstance(value, str)


def _trimmed_endpoints(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    partitions = [
        {
            **partition,
            "services": {
                name: service for name, service in partition["services"].items() if name == SERVICE
            },
        }
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))
