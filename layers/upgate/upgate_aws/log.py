"""The one logger of a function: JSON lines, fields by allow-list, never an event."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger()
