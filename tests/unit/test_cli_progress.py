"""The bar: on a terminal, and only for what takes over a second."""

from __future__ import annotations

import io
import sys

import pytest

from upgate_cli import output, progress
from upgate_cli.progress import TransferProgress


class Terminal(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self) -> bool:
        return True

    def getvalue(self) -> str:
        self.flush()
        self.seek(0)
        return self.read()


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put one in; in the test itself, because pytest's own capture comes after fixtures."""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    return stderr


def test_without_a_terminal_there_is_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0)
    with TransferProgress("a", total_bytes=10) as bar:
        bar.advance(10)
    assert capsys.readouterr() == ("", "")


def test_within_a_second_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    with TransferProgress("a", total_bytes=10) as bar:
        bar.advance(10)
    assert stderr.getvalue() == ""


def test_after_it_there_are_name_share_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0)
    monkeypatch.setenv("COLUMNS", "120")
    with TransferProgress("[red]a.bin", total_bytes=4 * 1024 * 1024) as bar:
        bar.advance(1024 * 1024)
        bar.advance(1024 * 1024)
    shown = stderr.getvalue()
    assert all(words in shown for words in ("[red]a.bin", "50%", "2.1/4.2 MB"))


def test_what_is_sent_again_is_taken_back() -> None:
    bar = TransferProgress("a", total_bytes=10)
    bar.advance(7)
    bar.advance(-7)
    assert bar.done_bytes == 0


def test_a_script_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("hello")
    assert capsys.readouterr() == ("", "")


def test_a_human_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    output.say("hello")
    assert stderr.getvalue() == "hello\n"


def test_a_complaint_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.complain("a\nb\x1b[31m\udcff")
    assert capsys.readouterr().err == "Error: a b\ufffd[31m\ufffd\n"


def test_half_a_surrogate_pair_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"k": "\udcffé"})
    assert capsys.readouterr().out == '{"k": "\\udcff\\u00e9"}\n'
