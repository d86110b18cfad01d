"""What AWS asks of a line in the embedded metric format.

AWS: "Specification: Embedded metric format", read on 2026-11-20. CloudWatch takes a line that
breaks it as a log line without metrics, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNITS = frozenset(("Count", "Bytes", "Milliseconds"))  # of the API's StandardUnit, those in use


def metrics_of(line: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of a line that keeps to the format; raises AssertionError for one that does not.

    A line without `_aws` has none.
    """
    if "_aws" not in line:
        return {}
    metadata = line["_aws"]
    assert metadata.keys() == {"Timestamp", "CloudWatchMetrics"}
    assert type(metadata["Timestamp"]) is int
    assert metadata["Timestamp"] > 1_500_000_000_000  # milliseconds, not seconds
    assert metadata["CloudWatchMetrics"]
    found: dict[str, float] = {}
    for directive in metadata["CloudWatchMetrics"]:
        found |= _directive(directive, line)
    return found


def _directive(directive: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, float]:
    assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 255
    assert not directive["Namespace"].startswith("AWS/")
    assert directive["Dimensions"]
    for dimensions in directive["Dimensions"]:
        assert len(dimensions) <= 30
        for name in dimensions:
            assert isinstance(line[name], str)
            assert 1 <= len(line[name]) <= 1024
    assert 1 <= len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert metric.keys() == {"Name", "Unit"}
        assert metric["Unit"] in UNITS
        assert type(line[metric["Name"]]) in (int, float)
    return {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
