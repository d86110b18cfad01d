"""`upgate token`: an upload token."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.errors import CommandError
from upgate_cli.gateway.token_options import identity_options
from upgate_cli.output import print_json
from upgate_cli.parameters import Duration

if TYPE_CHECKING:
    from upgate.tokens.keys import KeyPair

LIFETIME_SECONDS = 3600


@click.command()
@click.option(
    "--policy",
    "policy_file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Put policy as JSON; - is standard input.",
)
@click.option("--preset", metavar="NAME", help="Ask the stack's /token for a preset's token.")
@click.option("--key", metavar="K", help="Allow this key alone, and allow to overwrite it.")
@click.option(
    "--expires",
    type=Duration(),
    metavar="TIME",
    help="Lifetime: 3600, 90m, 12h, 7d.  [default: 1h, or the policy's deadline]",
)
@identity_options
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print token, expiry and policy as JSON.")
def token(
    *,
    policy_file: TextIO | None,
    preset: str | None,
    key: str | None,
    expires: int | None,
    bearer: str | None,
    api_url: str | None,
    connection: Connection,
    as_json: bool,
) -> None:
    """Make an upload token.

    With keys it is signed here, from a policy or for a bucket; scope and deadline are filled in
    where the policy has none. With --preset the stack signs, and decides what is allowed.

    \b
    Examples:
      upgate token --bucket demo --key a.jpg --expires 10m
      echo '{"returnBody":"{\\"w\\":$(imageInfo.width)}"}' | upgate token --policy -
      upgate token --preset avatars --json
    """
    if preset is not None:
        if policy_file is not None or key is not None or expires is not None:
            raise click.UsageError("with --preset the stack decides: no --policy, --key, --expires")
        answer = _ask(connection, preset, bearer, api_url)
    else:
        answer = _sign(connection, _load(policy_file), key, expires)
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["token"])


def _load(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    from upgate import strict_json

    try:
        policy = strict_json.loads(file.read())
    except UnicodeDecodeError:
        raise CommandError("the policy is not UTF-8 text") from None
    except ValueError as error:
        raise CommandError(f"the policy is not JSON: {error}") from error
    if not isinstance(policy, dict):
        raise CommandError("the policy is not a JSON object")
    return policy


def _sign(
    connection: Connection, policy: dict[str, Any], key: str | None, expires: int | None
) -> dict[str, Any]:
    from upgate.errors import UpgateError
    from upgate.tokens import put_policy, upload_token

    pair = _pair(connection)
    if "scope" not in policy:
        bucket = connection.bucket
        policy = {"scope": bucket if key is None else f"{bucket}:{key}", **policy}
    elif key is not None:
        raise click.UsageError("--key, and the policy has a scope: take one of them away")
    if expires is not None or policy.get("deadline") is None:
        policy = {**policy, "deadline": int(time.time()) + (expires or LIFETIME_SECONDS)}
    text = json.dumps(policy, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    try:
        put_policy.parse(text)
    except UpgateError as error:
        raise CommandError(f"no gateway would take this policy: {error.message}") from error
    return {
        "token": upload_token.sign(text, pair),
        "expires_at": policy["deadline"],
        "policy": policy,
    }


def _pair(connection: Connection) -> KeyPair:
    pair = connection.key_pair
    if pair is None:
        raise click.UsageError(
            "give --access-key and --secret-key (or UPGATE_ACCESS_KEY and UPGATE_SECRET_KEY), "
            "or --preset NAME"
        )
    return pair


def _ask(
    connection: Connection, preset: str, bearer: str | None, api_url: str | None
) -> dict[str, Any]:
    from upgate_cli.gateway.client import GatewayClient
    from upgate_cli.gateway.token_request import Identity, ask_for_token

    client = GatewayClient(connection.url, threading.Event())
    try:
        return ask_for_token(client, preset, Identity(bearer, api_url)).document
    finally:
        client.close()
