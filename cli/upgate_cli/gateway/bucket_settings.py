"""Kodo's own calls that set separators, styles and access, signed as `qboxrsctl` signs them."""

from __future__ import annotations

import threading
from typing import Any

from upgate import encoding
from upgate.callbacks.callback_signature import sign_qbox
from upgate_cli.connection import Connection
from upgate_cli.errors import CommandError
from upgate_cli.gateway.client import Call, GatewayClient
from upgate_cli.gateway.complaint import refusal


def call(connection: Connection, name: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    """Make one call for the connection's bucket; returns the settings as they are afterwards.

    Raises:
        CommandError: no key pair, or the gateway refused.
    """
    pair = connection.key_pair
    if pair is None:
        raise CommandError("only a key pair may do this: give --access-key and --secret-key")
    path = "/".join(("", name, connection.bucket, *(part for pair in pairs for part in pair)))
    headers = {"Authorization": sign_qbox(pair, path, "", b"")}
    client = GatewayClient(connection.url, threading.Event())
    try:
        answer = client.send(Call("POST", path, headers))
    finally:
        client.close()
    if not answer.is_success or not isinstance(answer.document, dict):
        raise refusal(connection.url, answer)
    settings: dict[str, Any] = answer.document
    return settings


def encoded(text: str) -> str:
    """A text as it stands in a path."""
    return encoding.encode(text.encode())
