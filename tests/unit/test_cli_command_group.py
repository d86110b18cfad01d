"""The root of the command line: help, and how errors end it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from tests.fakes.cli import Cli
from upgate_cli.command_group import CommandGroup, LateCommand
from upgate_cli.main import main

COMMANDS = [
    *("upload", "sync", "watch", "token", "explain"),
    *("presets", "trace", "replay", "keys", "local", "completion"),
]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    return Cli(capsys, monkeypatch, tmp_path)


def test_help_lists_every_command_in_its_section(cli: Cli) -> None:
    out = cli("--help").out
    assert [name for name in COMMANDS if f"\n  {name}" in out] == COMMANDS
    assert out.index("Files:") < out.index("  upload") < out.index("Tokens:")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(cli: Cli, name: str) -> None:
    result = cli(name, "--help")
    assert result.status == 0
    assert result.out.startswith(f"Usage: upgate {name} ")


def test_unknown_command_is_one_line_and_wrong_use(cli: Cli) -> None:
    result = cli("uplaod")
    assert (result.status, result.out) == (2, "")
    assert result.err == "Error: No such command 'uplaod' (see upgate --help)\n"


def test_missing_argument_is_one_line_and_wrong_use(cli: Cli) -> None:
    result = cli("upload")
    assert result.status == 2
    assert result.err == "Error: Missing argument 'FILE...' (see upgate upload --help)\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("upload", "--json"), 2), (("explain", "a:b", "--json"), 1), (("nothing", "--json"), 2)],
)
def test_a_failure_is_a_json_document_for_who_asked_for_json(
    cli: Cli, arguments: tuple[str, ...], status: int
) -> None:
    result = cli(*arguments)
    assert result.status == status
    assert result.err == f"Error: {result.json['error']}\n"
    assert len(result.out.splitlines()) == 1


def test_a_failure_is_on_standard_error_alone_otherwise(cli: Cli) -> None:
    assert cli("explain", "a:b").out == ""


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["upload"], "file"),
        (["sync"], "dir"),
        (["watch"], "dir"),
        (["explain", "--sample"], "file"),
    ],
)
def test_the_shell_completes_paths(words: list[str], kind: str) -> None:
    complete = ShellComplete(main, {}, "upgate", "_UPGATE_COMPLETE")
    assert [found.type for found in complete.get_completions(words, "ho")] == [kind]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(cli: Cli, shell: str) -> None:
    assert "_UPGATE_COMPLETE" in cli("completion", shell).out


def test_completion_for_an_unknown_shell_is_wrong_use(cli: Cli) -> None:
    assert cli("completion", "csh").status == 2


# Endings that no command of ours has on purpose.


def _group(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> CommandGroup:
    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setitem(globals(), "broken", broken)
    return CommandGroup({"broken": LateCommand("X", __name__, "broken")}, name="upgate")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device"), 1, "Error: no space left on device"),
        (OSError(13, "Permission denied", "/x"), 1, "Error: /x: permission denied"),
        (click.ClickException("two\nlines"), 1, "Error: two lines"),
        (TypeError("secret"), 1, "Error: unexpected TypeError; this is a bug: please report it"),
    ],
)
def test_any_ending_is_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    line: str,
) -> None:
    monkeypatch.setattr("importlib.import_module", lambda _: __import__("sys").modules[__name__])
    monkeypatch.delenv("UPGATE_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        _group(monkeypatch, error).main(["broken"], prog_name="upgate")
    err = capsys.readouterr().err.strip()
    assert ended.value.code == status
    assert err.startswith(line)
    assert len(err.splitlines()) <= 1


def test_the_version_is_the_package_s(cli: Cli) -> None:
    assert cli("--version").out.startswith("upgate 0.")


def test_main_is_what_the_entry_point_calls() -> None:
    assert main.name == "upgate"
