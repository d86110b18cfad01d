"""The time of a log line is one that Lambda reads."""

from __future__ import annotations

import json
import logging
from datetime import datetime

from upgate_aws.log import logger


def test_time_of_a_line_is_rfc_3339() -> None:
    """AWS: "Log-level filtering": with any other time Lambda takes each level for INFO."""
    record = logging.LogRecord("upgate", logging.ERROR, "", 1, "m", None, None)
    line = json.loads(logger.registered_formatter.format(record))
    assert "T" in line["timestamp"]
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None
