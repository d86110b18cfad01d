"""Metrics as members of a log line: CloudWatch's embedded metric format.

AWS: "Specification: Embedded metric format". The line is the request's own, so a metric costs no
call and no second line. Dimensions are few and closed: each of their values is a metric to pay for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMESPACE = "Upgate"
SERVICE = "upgate"


@dataclass(frozen=True, slots=True)
class Metric:
    """One value; `status_class` (`4xx` to `7xx`) has it counted by that too."""

    name: str
    value: float = 1
    unit: str = "Count"
    status_class: str | None = None


def members(metrics: Sequence[Metric], now_seconds: float) -> dict[str, object]:
    """What a line gets: the values, their dimensions, and `_aws`; nothing without metrics."""
    if not metrics:
        return {}
    directives = [_directive(metrics, ["service"])]
    line: dict[str, object] = {"service": SERVICE}
    classed = [metric for metric in metrics if metric.status_class is not None]
    if classed:
        directives.append(_directive(classed, ["service", "class"]))
        line["class"] = classed[0].status_class
    line["_aws"] = {"Timestamp": round(now_seconds * 1000), "CloudWatchMetrics": directives}
    return line | {metric.name: metric.value for metric in metrics}


def _directive(metrics: Sequence[Metric], dimensions: list[str]) -> dict[str, object]:
    return {
        "Namespace": NAMESPACE,
        "Dimensions": [dimensions],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in metrics],
    }
