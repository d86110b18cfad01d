"""The command `upgate local`: options, what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_cli.local.options import Options
from upgate_cli.local.token_auth import TokenAuth, is_issuer

if TYPE_CHECKING:
    from upgate_cli.local.rig import Running

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE_TOKEN_SECONDS = 86_400

_ACCESS_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PARAMETER = re.compile(r"(?!Architecture=)[A-Za-z0-9]+=[^\s\"']*")  # as SAM CLI takes them
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--bucket", default="demo", show_default=True, metavar="NAME", help="Bucket for scopes."
)
@click.option("--access-key", metavar="AK", help="Access key; a fresh one by default.")
@click.option("--secret-key", metavar="SK", help="Secret key; a fresh one by default.")
@click.option(
    "--token-auth",
    type=click.Choice(("open", "iam")),
    default="open",
    show_default=True,
    help="Who may ask POST /token: everybody, or who signs with AWS credentials (test/test here).",
)
@click.option(
    "--jwt-issuer",
    metavar="URL",
    help="POST /token wants a JWT of this OpenID Connect issuer; plain http on loopback only.",
)
@click.option("--jwt-audience", metavar="NAME", help="Audience that the issuer's JWTs must have.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of template.yaml, such as StatusMode=standard.  [repeatable]",
)
@click.option(
    "--edge/--no-edge",
    default=True,
    show_default=True,
    help="Whether bodies that are too large are refused as a stack with CloudFront does it.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="End after N seconds, counted from the start of the command.",
)
def local(
    *,
    host: str,
    port: int,
    bucket: str,
    access_key: str | None,
    secret_key: str | None,
    token_auth: Literal["open", "iam"],
    jwt_issuer: str | None,
    jwt_audience: str | None,
    parameters: tuple[str, ...],
    edge: bool,
    max_seconds: float | None,
) -> None:
    """Run the whole gateway on this machine: no account, no container.

    Routes, functions, policies and event sources are those of template.yaml. It runs until Ctrl-C,
    SIGTERM or --max-seconds.
    """
    if not _BUCKET.fullmatch(bucket):
        raise click.BadParameter("letters, digits, '-', '_' and '.' only", param_hint="--bucket")
    keys = _key_pair(access_key, secret_key)
    auth = _token_auth(token_auth, jwt_issuer, jwt_audience)
    options = Options(ROOT, host, port, bucket, keys, auth, _parameters(parameters), edge)
    raise SystemExit(asyncio.run(_serve(options, max_seconds)))


def _parameters(texts: tuple[str, ...]) -> dict[str, str]:
    for text in texts:
        if not _PARAMETER.fullmatch(text):
            raise click.BadParameter(
                f"{text!r} is not NAME=VALUE without blanks and quotes (and not Architecture)",
                param_hint="--parameter",
            )
    return dict(text.split("=", 1) for text in texts)


def _key_pair(access_key: str | None, secret_key: str | None) -> KeyPair:
    if access_key is not None and not _ACCESS_KEY.fullmatch(access_key):
        raise click.BadParameter("letters, digits, '-' and '_' only", param_hint="--access-key")
    if secret_key is not None and not secret_key:
        raise click.BadParameter("must not be empty", param_hint="--secret-key")
    return KeyPair(access_key or secrets.token_urlsafe(30), secret_key or secrets.token_urlsafe(30))


def _token_auth(
    kind: Literal["open", "iam"], issuer: str | None, audience: str | None
) -> TokenAuth:
    if issuer is None and audience is None:
        return TokenAuth(kind)
    if not issuer or not audience:
        raise click.UsageError("--jwt-issuer and --jwt-audience are given together")
    if kind != "open":
        raise click.UsageError("--token-auth iam and --jwt-issuer exclude each other")
    if not is_issuer(issuer):
        raise click.BadParameter(
            "an https URL, or plain http on this machine", param_hint="--jwt-issuer"
        )
    if not re.fullmatch(r"\S+", audience):
        raise click.BadParameter("must not hold blanks", param_hint="--jwt-audience")
    return TokenAuth("jwt", issuer, audience)


async def _serve(options: Options, max_seconds: float | None) -> int:
    """Run until told to end; return the exit status."""
    work = asyncio.create_task(_run(options))
    loop = asyncio.get_running_loop()
    ending: list[int] = []

    def end(status: int) -> None:
        # Once: a second Ctrl-C must not break into the tidying up that the first one started.
        if not ending:
            ending.append(status)
            work.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end, 0)
    if max_seconds is not None:
        loop.call_later(max_seconds, end, 0)
    await asyncio.wait([work])
    if work.cancelled():
        return ending[0] if ending else 1
    return work.result()


async def _run(options: Options) -> int:
    # Only this command pays for importing an HTTP server and an AWS client.
    from upgate_cli.local.errors import StartError
    from upgate_cli.local.rig import rig

    running: Running
    try:
        async with rig(options, click.echo) as running:
            click.echo(_summary(running, options))
            click.echo(f"log {running.emulator.log}\n")
            click.echo(f"ready {running.url}")
            raise await running.emulator.ended()
    except StartError as error:
        details = f" (see {error.log})" if error.log else ""
        click.echo(f"Error: {error}{details}", err=True)
        return 1


def _summary(running: Running, options: Options) -> str:
    url, bucket, keys = running.url, options.bucket, options.keys
    policy = {"scope": bucket, "deadline": int(time.time()) + EXAMPLE_TOKEN_SECONDS}
    token = upload_token.sign(json.dumps(policy).encode(), keys)
    return "\n".join(
        (
            "",
            f"bucket {bucket}",
            f"access key {keys.access_key}",
            f"secret key {keys.secret_key}",
            "",
            "Upload something (this token is good for a day):",
            f"  curl -F token={token} -F key=hello.txt -F 'file=hello;filename=hello.txt' {url}/",
            "",
            f"aws {running.emulator.endpoint}",
        )
    )
