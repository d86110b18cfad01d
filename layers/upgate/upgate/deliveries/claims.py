"""When a delivery is free: not claimed, its claim over, or one that no right clock can have made.

Functions' clocks differ. A claim from a clock that is behind ends early, and the business server
may be asked twice under one id; one from a clock far ahead would hold the delivery for as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upgate import limits
from upgate.dynamo_item import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

IS_FREE = (
    "(attribute_not_exists(claimed_until) OR claimed_until < :now OR claimed_until > :horizon)"
)
"""A condition on the upload's item; `moments` has its values."""

_HORIZON_MILLISECONDS = 1000 * round(
    max(limits.DELIVERY_CLAIM_SECONDS, limits.REDELIVERY_CLAIM_SECONDS) + limits.CLOCK_SKEW_SECONDS
)


def moments(now: int) -> dict[str, AttributeValueTypeDef]:
    """The values of IS_FREE; `now` in milliseconds."""
    return encode({":now": now, ":horizon": now + _HORIZON_MILLISECONDS})


def is_free(claimed_until: int, now: int) -> bool:
    """The same of a delivery that was read; both in milliseconds."""
    return claimed_until < now or claimed_until > now + _HORIZON_MILLISECONDS
