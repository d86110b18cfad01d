"""What the sample needs to know: the gateway, the key pair, and its own address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` is this server's own origin as the gateway reaches it: callbacks are signed over it."""

    url: str
    gateway: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)


def from_environment(environ: Mapping[str, str], url: str) -> Settings:
    """Read the names that the `upgate` command reads too.

    Raises:
        KeyError: a variable is missing; its name.
    """
    return Settings(
        url=url,
        gateway=environ["UPGATE_URL"],
        bucket=environ["UPGATE_BUCKET"],
        access_key=environ["UPGATE_ACCESS_KEY"],
        secret_key=environ["UPGATE_SECRET_KEY"],
    )
