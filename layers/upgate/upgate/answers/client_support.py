"""What SDKs send beside the uploads: reports of how it went, and a question for their settings.

The mobile SDKs and kodo-browser send both to the host that they take for `uc`, and JS its reports.
A refusal would be repeated, and count against a host that uploads go to as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from upgate.variables.templates import Json

# `POST /log/3`, `/log/4`: nothing is kept of it, and so nobody has to be known for it.
REPORT_TAKEN: Mapping[str, Json] = {}

# `POST /v1/sdk/config` and `/v1/sdk/config/user`: all is to stay as it is, for a day (seconds).
SETTINGS: Mapping[str, Json] = {"ttl": 86_400}
