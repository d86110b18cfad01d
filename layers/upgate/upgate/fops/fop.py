"""The grammar of processing: `command|command|saveas/...;command` (protocol.md 9.1 and 9.4).

Only the grammar: what the arguments of a command mean is the command's own affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from upgate import encoding, limits
from upgate.errors import BadFopError

SAVE_AS = "saveas"
INSERT_ONLY = "insertOnly"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z", re.ASCII)
_DAYS = re.compile(r"[1-9][0-9]{0,4}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fop:
    """One command: `avthumb/mp3/ab/32k` has the name `avthumb` and the arguments mp3, ab, 32k.

    `text` is exactly as it was written.
    """

    name: str
    args: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SaveAs:
    """Where the result of a pipe goes: a logical bucket, and a key unless it is left open.

    `save_key` is a template for the key, used when none is given or `force_save_key` is set.
    `signature` is the part after `/sign/` (`AK:signature`) and `text` everything before it, which
    is what was signed together with the URL (protocol.md 9.4). `insert_only` is the gateway's own:
    another object that is there stays.
    """

    bucket: str
    key: str | None
    text: str
    delete_after_days: int | None = None
    save_key: str | None = None
    force_save_key: bool = False
    signature: str | None = None
    insert_only: bool = False


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands of which each processes the result of the one before; `text` names the result."""

    commands: tuple[Fop, ...]
    save_as: SaveAs | None
    text: str


def split_job(text: str) -> tuple[str, ...]:
    """The pipes of a job's list as texts; each is parsed by itself, so one may fail alone.

    Raises:
        BadFopError: an empty list, or more than limits.FOP_JOB_PIPES.
    """
    if not text:
        raise BadFopError("no command is given")
    pipes = text.split(";")
    if len(pipes) > limits.FOP_JOB_PIPES:
        raise BadFopError(f"more than {limits.FOP_JOB_PIPES} commands in one job")
    return tuple(pipes)


def parse_pipe(text: str) -> Pipe:
    """Parse `command|command[|saveas/...]`.

    Raises:
        BadFopError: too long, an empty command or argument, a name of other characters, or a
            saveas that is broken, alone or not the last.
    """
    if len(text.encode()) > limits.FOP_BYTES:
        raise BadFopError(f"the command is longer than {limits.FOP_BYTES} bytes")
    pieces = text.split("|")
    if len(pieces) > limits.FOP_PIPE_COMMANDS + 1:
        raise BadFopError(f"more than {limits.FOP_PIPE_COMMANDS} commands in one pipe")
    fops = [_parse_fop(piece) for piece in pieces]
    save_as = None
    if fops[-1].name == SAVE_AS:
        save_as = _parse_save_as(fops.pop())
    if any(fop.name == SAVE_AS for fop in fops):
        raise BadFopError("saveas must be the last command of its pipe")
    if not fops:
        raise BadFopError("saveas needs a command before it")
    if len(fops) > limits.FOP_PIPE_COMMANDS:
        raise BadFopError(f"more than {limits.FOP_PIPE_COMMANDS} commands in one pipe")
    return Pipe(tuple(fops), save_as, text)


def parse_save_as(text: str) -> SaveAs:
    """Parse `saveas/<entry>[/<name>/<value>...]`; raises BadFopError."""
    return _parse_save_as(_parse_fop(text))


def _parse_fop(text: str) -> Fop:
    name, *args = text.split("/")
    if not name:
        raise BadFopError("empty command")
    if not _NAME.match(name):
        raise BadFopError("a command's name has letters, digits, - and _ only")
    if "" in args:
        raise BadFopError(f"{name}: empty argument")
    if not text.isprintable():
        raise BadFopError(f"{name}: control character in an argument")
    return Fop(name, tuple(args), text)


def _parse_save_as(fop: Fop) -> SaveAs:
    if not fop.args:
        raise BadFopError("saveas: the encoded entry is missing")
    entry, *rest = fop.args
    bucket, colon, key = _decode(entry, "the entry").partition(":")
    if not bucket or (colon and not key):
        raise BadFopError("saveas: the entry must be bucket:key")
    options = _pairs(rest)
    days = options.get("deleteAfterDays")
    if days is not None and not _DAYS.match(days):
        raise BadFopError("saveas: deleteAfterDays must be a number of days from 1")
    save_key = options.get("saveKey")
    signature = options.get("sign")
    return SaveAs(
        bucket=bucket,
        key=key or None,
        text=fop.text if signature is None else fop.text.removesuffix(f"/sign/{signature}"),
        delete_after_days=int(days) if days else None,
        save_key=_decode(save_key, "saveKey") if save_key else None,
        force_save_key=_flag(options, "forceSaveKey"),
        signature=signature,
        insert_only=_flag(options, INSERT_ONLY),
    )


def _flag(options: dict[str, str], name: str) -> bool:
    value = options.get(name, "0")
    if value not in ("0", "1"):
        raise BadFopError(f"saveas: {name} must be 0 or 1")
    return value == "1"


def _pairs(args: list[str]) -> dict[str, str]:
    if len(args) % 2:
        raise BadFopError(f"saveas: {args[-1][:40]} has no value")
    options: dict[str, str] = {}
    for name, value in zip(args[::2], args[1::2], strict=True):
        if name not in ("deleteAfterDays", "saveKey", "forceSaveKey", INSERT_ONLY, "sign"):
            raise BadFopError(f"saveas: unknown parameter {name[:40]}")
        if name in options:
            raise BadFopError(f"saveas: {name} is given twice")
        if "sign" in options:
            raise BadFopError("saveas: sign must be the last parameter")
        options[name] = value
    return options


def _decode(text: str, what: str) -> str:
    try:
        return encoding.decode_text(text)
    except ValueError as error:
        raise BadFopError(f"saveas: {what} is not URL-safe base64 of a text") from error
