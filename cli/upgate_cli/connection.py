"""Which stack a command talks to: four options, or the environment (DESIGN "Command line")."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import click

from upgate.tokens.keys import KeyPair


@dataclass(frozen=True, slots=True)
class Connection:
    """What was given of a stack; each property asks for what it needs, and names the option."""

    given_url: str | None = None
    given_access_key: str | None = None
    given_secret_key: str | None = field(default=None, repr=False)
    given_bucket: str | None = None

    @property
    def url(self) -> str:
        """The gateway's origin, such as `https://up.example.com`, without a slash at its end."""
        if not (self.given_url or "").rstrip("/"):
            raise click.UsageError("which gateway? Give --url or set UPGATE_URL")
        return check_origin("--url", self.given_url or "")

    @property
    def key_pair(self) -> KeyPair | None:
        """The pair that signs, None when neither key was given."""
        if not self.given_access_key and not self.given_secret_key:
            return None
        if not self.given_access_key:
            raise click.UsageError("--secret-key without --access-key (or UPGATE_ACCESS_KEY)")
        if not self.given_secret_key:
            raise click.UsageError("--access-key without --secret-key (or UPGATE_SECRET_KEY)")
        try:
            return KeyPair(self.given_access_key, self.given_secret_key)
        except ValueError:
            raise click.UsageError("an access key holds no colon") from None

    @property
    def bucket(self) -> str:
        """The bucket as scopes name it."""
        if not self.given_bucket:
            raise click.UsageError("which bucket? Give --bucket or set UPGATE_BUCKET")
        return check_bucket(self.given_bucket)


def check_origin(option: str, given: str) -> str:
    """An origin without a slash at its end; refuses anything else in the option's name."""
    url = given.rstrip("/")
    try:
        parts = urlsplit(url)
        is_origin = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_origin = False
    if not is_origin:
        raise click.UsageError(f"{option} {url} is no address: write http://HOST or https://HOST")
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise click.UsageError(f"{option} {url} has more than a host: write {parts.scheme}://HOST")
    return url


def check_bucket(name: str) -> str:
    """Refuse what no scope could name."""
    if not name or any(character in name for character in ":/") or not name.isprintable():
        raise click.UsageError(f"{name!r} is no bucket")
    return name


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --url, --access-key, --secret-key and --bucket; the command gets `connection`."""

    @click.option("--url", metavar="URL", envvar="UPGATE_URL", help="Gateway.  [UPGATE_URL]")
    @click.option(
        "--access-key",
        metavar="AK",
        envvar="UPGATE_ACCESS_KEY",
        help="Access key.  [UPGATE_ACCESS_KEY]",
    )
    @click.option(
        "--secret-key",
        metavar="SK",
        envvar="UPGATE_SECRET_KEY",
        help="Secret key.  [UPGATE_SECRET_KEY]",
    )
    @click.option(
        "--bucket", metavar="NAME", envvar="UPGATE_BUCKET", help="Bucket.  [UPGATE_BUCKET]"
    )
    @functools.wraps(command)
    def with_connection(
        url: str | None,
        access_key: str | None,
        secret_key: str | None,
        bucket: str | None,
        **options: Any,
    ) -> Any:
        return command(connection=Connection(url, access_key, secret_key, bucket), **options)

    return with_connection
