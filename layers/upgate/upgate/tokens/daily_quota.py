"""The policy extension `quota`: how much one end user may upload in a day.

It stands in the signed policy, so an upload knows its limits without reading the preset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from upgate import limits
from upgate.errors import InvalidArgumentError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyQuota:
    """Limits of one user's day; None is no limit, and at least one is there.

    Uploads under quotas of one `name` are counted together.
    """

    name: str
    uploads: int | None = None
    size_bytes: int | None = None


def parse(value: object, end_user: str | None) -> DailyQuota | None:
    """Read `{"name": ..., "uploadsPerDay": ..., "bytesPerDay": ...}`; None where there is none.

    An unknown member is refused, unlike elsewhere in a policy: it might be meant as a limit.

    Raises:
        InvalidArgumentError: a member is wrong, no limit is set, or there is nobody to count for.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidArgumentError("quota must be a JSON object")
    if unknown := value.keys() - {"name", "uploadsPerDay", "bytesPerDay"}:
        raise InvalidArgumentError(f"quota has no member {min(unknown)}")
    name = value.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidArgumentError("quota needs a name of letters, digits, '_', '.' and '-'")
    quota = DailyQuota(
        name=name,
        uploads=_limit(value, "uploadsPerDay", limits.QUOTA_UPLOADS),
        size_bytes=_limit(value, "bytesPerDay", limits.QUOTA_BYTES),
    )
    if quota.uploads is None and quota.size_bytes is None:
        raise InvalidArgumentError("quota needs uploadsPerDay or bytesPerDay")
    if not end_user:
        raise InvalidArgumentError("quota needs an endUser, whose uploads it counts")
    return quota


def _limit(members: dict[str, object], name: str, most: int) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    # bool is an int in Python; on the wire it is not.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise InvalidArgumentError(f"quota: {name} must be a whole number from 1 to {most}")
    return value
