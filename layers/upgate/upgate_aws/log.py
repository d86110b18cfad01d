"""The one logger of a function: JSON lines, fields by allow-list, never an event."""

from __future__ import annotations

from aws_lambda_powertools import Logger

# Lambda reads a line's level only beside an RFC 3339 time (AWS: "Log-level filtering").
logger = Logger(use_rfc3339=True)
