"""The options of every command that uploads: which token, and how many requests at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from upgate_cli.connection import Connection
    from upgate_cli.gateway.client import GatewayClient
    from upgate_cli.gateway.token_source import TokenSource

PARALLEL = 4


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """What was given about tokens."""

    token: str | None = field(default=None, repr=False)
    preset: str | None = None
    bearer: str | None = field(default=None, repr=False)
    api_url: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether tokens come from elsewhere than a key pair."""
        return self.token is not None or self.preset is not None

    def source(
        self, connection: Connection, client: GatewayClient, bucket: str | None, *, overwrite: bool
    ) -> TokenSource:
        """Tokens for uploads; `bucket` None leaves it to --bucket where keys sign.

        Raises:
            click.UsageError: two ways at once, or none.
            CommandError: the preset's token cannot be had.
        """
        from upgate_cli.gateway.token_request import Identity, ask_for_token
        from upgate_cli.gateway.token_source import GivenToken, PresetTokens, SignedTokens

        if self.token is not None and self.preset is not None:
            raise click.UsageError("--token and --preset exclude each other")
        if self.token is not None:  # an empty one, of a command that failed, is no leave to sign
            return GivenToken(self.token.strip())
        if (preset := self.preset) is not None:

            def ask() -> tuple[str, float]:
                issued = ask_for_token(client, preset, Identity(self.bearer, self.api_url))
                return issued.document["token"], issued.seconds_left

            return PresetTokens(ask)
        pair = connection.key_pair
        if pair is None:
            raise click.UsageError(
                "give --access-key and --secret-key (or UPGATE_ACCESS_KEY and UPGATE_SECRET_KEY), "
                "a --token, or a --preset of the stack"
            )
        return SignedTokens(pair, bucket or connection.bucket, overwrite=overwrite)


def identity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --bearer and --api-url: who asks `POST /token`, and where if AWS credentials sign."""
    bearer = click.option(
        "--bearer",
        metavar="JWT",
        envvar="UPGATE_BEARER",
        help="Who asks for a preset; AWS credentials otherwise.  [UPGATE_BEARER]",
    )
    api_url = click.option(
        "--api-url",
        metavar="URL",
        envvar="UPGATE_API_URL",
        callback=_check_origin,
        help="Where AWS credentials ask, if something stands in front of the stack: its output "
        "ApiUrl.  [UPGATE_API_URL]",
    )
    return bearer(api_url(command))


def _check_origin(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    from upgate_cli.connection import check_origin

    return check_origin("--api-url", url) if url else None


def token_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --token, --preset, --bearer and --parallel; the command gets `tokens` and `parallel`."""

    @click.option("--token", metavar="T", help="Upload token, instead of keys.")
    @click.option(
        "--preset", metavar="NAME", help="Ask the stack's /token for this preset's token."
    )
    @identity_options
    @click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        default=PARALLEL,
        show_default=True,
        help="Requests at once; each holds 4 MiB of memory at most.",
    )
    @functools.wraps(command)
    def with_tokens(
        token: str | None,
        preset: str | None,
        bearer: str | None,
        api_url: str | None,
        **options: Any,
    ) -> Any:
        return command(tokens=TokenChoice(token, preset, bearer, api_url), **options)

    return with_tokens
