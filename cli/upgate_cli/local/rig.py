"""Puts the parts together: emulator, stack, keys and front, started at once where they can be."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from upgate.answers.responses import CorsSettings
from upgate.tokens.keys import KeyPair
from upgate_cli.local import cloud, demo_preset, front, stack
from upgate_cli.local.authorizer import Authorizer
from upgate_cli.local.edge import Edge
from upgate_cli.local.emulator import Emulator, emulator
from upgate_cli.local.errors import StartError
from upgate_cli.local.gateway import Gateway
from upgate_cli.local.invoker import Invoker
from upgate_cli.local.options import Options
from upgate_cli.local.plain_http import allow_plain_http
from upgate_cli.local.routes import Route, RouteTable, routes_of
from upgate_cli.local.security import JwtScheme
from upgate_cli.local.template_source import check_parameters

_BACKLOG = 128
_REDELIVERY_WAITS = "1,1,2,5,30,120"  # nobody tries something out for hours
_WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not bound

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """What runs: the origin for clients, and the emulator behind it."""

    url: str
    emulator: Emulator


@asynccontextmanager
async def rig(options: Options, say: Say) -> AsyncIterator[Running]:
    """Run the whole bundle for as long as the block lasts; `say` gets a line for every step.

    Raises:
        StartError: a part does not start. Its log stays; everything else is gone.
    """
    if not (options.root / "template.yaml").is_file():
        raise StartError(f"no template.yaml in {options.root}: run this from a clone of Upgate")
    check_parameters(options.root, options.parameters)
    page = options.root / "web" / "index.html"
    with _listening(options.host, options.port) as listener, _state_folder() as state:
        url = _url(options.host, listener.getsockname()[1])
        async with (
            _deployed(options, url, state, say) as (cloud_emulator, deployed),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        ):
            routes = routes_of(deployed)
            is_open = options.token_auth.kind == "open"
            gate = Gateway(
                RouteTable(routes),
                Invoker(http, cloud_emulator.endpoint),
                authorizers={} if is_open else _authorizers(routes, http),
            )
            async with front.serving(listener, gate, page, _edge(options)):
                yield Running(url, cloud_emulator)


@asynccontextmanager
async def _deployed(
    options: Options, url: str, state: Path, say: Say
) -> AsyncIterator[tuple[Emulator, stack.Stack]]:
    say("building the template and starting the emulator")
    building = asyncio.create_task(stack.build(options.root, state))
    try:
        async with emulator(options.root, state) as running:
            await asyncio.to_thread(stack.create_artifact_bucket, running.endpoint)
            template = await building
            say("deploying")
            parameters = {"LogicalBucket": options.bucket, "RedeliveryWaits": _REDELIVERY_WAITS}
            if options.host not in _WILDCARDS:  # else clients come by many names: their own counts
                parameters["PublicUrl"] = url
            parameters |= {**options.token_auth.parameters, **options.parameters}
            deployed = await stack.deploy(
                options.root, state, running.endpoint, template, parameters
            )
            await asyncio.to_thread(allow_plain_http, running.endpoint, deployed)
            secret = deployed.resources["KeysSecret"]
            await asyncio.to_thread(_store_keys, running.endpoint, secret, options.keys)
            if options.token_auth.kind == "open":  # closed, it has the operator's presets alone
                table = deployed.resources["LedgerTable"]
                await asyncio.to_thread(
                    demo_preset.store, running.endpoint, table, options.bucket, f"{url}/"
                )
            yield running, deployed
    finally:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)


def _edge(options: Options) -> Edge | None:
    origins = options.parameters.get("CorsOrigins", "*").split(",")
    return Edge(CorsSettings(tuple(origins))) if options.has_edge else None


def _authorizers(routes: Iterable[Route], http: aiohttp.ClientSession) -> dict[str, Authorizer]:
    # Only who asks for them pays for importing their libraries.
    from upgate_cli.local.iam_authorizer import IamAuthorizer
    from upgate_cli.local.jwt_authorizer import JwtAuthorizer

    return {
        route.key: JwtAuthorizer(http, route.scheme)
        if isinstance(route.scheme, JwtScheme)
        else IamAuthorizer()
        for route in routes
        if route.scheme is not None
    }


def _store_keys(endpoint: str, secret: str, keys: KeyPair) -> None:
    pair = {"access_key": keys.access_key, "secret_key": keys.secret_key}
    client = cloud.session().client("secretsmanager", endpoint_url=endpoint)
    client.put_secret_value(SecretId=secret, SecretString=json.dumps(pair))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is started: who comes early waits in the queue."""
    try:
        listener = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=_BACKLOG,
        )
    except OSError as error:
        # create_server() repeats the address in its own text; a failed look-up has no real errno.
        number = error.errno or 0
        reason = os.strerror(number).lower() if number > 0 else str(error)
        raise StartError(f"cannot listen on {host}:{port}: {reason}; try --port") from error
    with listener:
        yield listener


def _url(host: str, port: int) -> str:
    name = "127.0.0.1" if host in _WILDCARDS else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


@contextmanager
def _state_folder() -> Iterator[Path]:
    """A folder for one run; what is left of a failed start is the log that tells why."""
    state = Path(tempfile.mkdtemp(prefix="upgate-"))
    try:
        yield state
    except StartError as error:
        for path in state.iterdir():
            if path != error.log:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        if error.log is None:
            state.rmdir()
        raise
    except BaseException:
        shutil.rmtree(state, ignore_errors=True)
        raise
    shutil.rmtree(state, ignore_errors=True)
