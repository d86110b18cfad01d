"""When a delivery is free: not claimed, its claim over, or one that no right clock can have made.

Functions' clocks differ. A claim from a clock that is behind ends early, and the business server
may be asked twice under one id; one from a clock far ahead would hold the delivery for as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate import limits
from upgate.dynamo_item import encode
from upgate.errors import DeliveryUnderWayError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

IS_FREE = (
    "(attribute_not_exists(claimed_until) OR claimed_until < :now OR claimed_until > :horizon)"
)
"""A condition on the upload's item; `moments` has its values."""

_HORIZON_MILLISECONDS = 1000 * round(
    max(limits.DELIVERY_CLAIM_SECONDS, limits.REDELIVERY_CLAIM_SECONDS) + limits.CLOCK_SKEW_SECONDS
)


_POLL_SECONDS = 0.25


def outwait[T](attempt: Callable[[], T]) -> T:
    """Try again for as long as another call of the same upload is calling back.

    Raises:
        DeliveryUnderWayError: the last attempt's; it was so for limits.DELIVERY_CLAIM_SECONDS.
    """
    started = time.monotonic()
    while True:
        try:
            return attempt()
        except DeliveryUnderWayError:
            if time.monotonic() - started > limits.DELIVERY_CLAIM_SECONDS:
                raise
        time.sleep(_POLL_SECONDS)


def moments(now: int) -> dict[str, AttributeValueTypeDef]:
    """The values of IS_FREE; `now` in milliseconds."""
    return encode({":now": now, ":horizon": now + _HORIZON_MILLISECONDS})


def is_free(claimed_until: int, now: int) -> bool:
    """The same of a delivery that was read; both in milliseconds."""
    return claimed_until < now or claimed_until > now + _HORIZON_MILLISECONDS
