"""Options of `upgate local` that are refused before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from upgate_cli.main import main


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--bucket", "a b"], "--bucket"),
        (["--bucket", ""], "--bucket"),
        (["--bucket", "b" * 64], "--bucket"),
        (["--access-key", "a:b"], "--access-key"),
        (["--access-key", ""], "--access-key"),
        (["--secret-key", ""], "--secret-key"),
        (["--port", "65536"], "--port"),
        (["--max-seconds", "0"], "--max-seconds"),
        (["--token-auth", "closed"], "--token-auth"),
        (["--jwt-issuer", "https://i.example"], "together"),
        (["--jwt-audience", "app"], "together"),
        (["--jwt-issuer", "http://i.example", "--jwt-audience", "app"], "--jwt-issuer"),
        (["--jwt-issuer", "https://i.example", "--jwt-audience", "a b"], "--jwt-audience"),
        (
            ["--jwt-issuer", "https://i.example", "--jwt-audience", "a", "--token-auth", "iam"],
            "exclude each other",
        ),
        (["--parameter", "StatusMode"], "--parameter"),
        (["--parameter", "Status Mode=standard"], "--parameter"),
        (["--parameter", "CallbackHosts=a b"], "--parameter"),
        (["--parameter", "Architecture=arm64"], "--parameter"),
    ],
)
def test_wrong_option_is_wrong_use(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(main, ["local", *arguments])
    assert result.exit_code == 2
    assert complaint in result.output


def test_parameter_that_the_template_has_not_is_named_before_anything_starts() -> None:
    result = CliRunner().invoke(main, ["local", "--port", "0", "--parameter", "StatusMod=standard"])
    assert result.exit_code == 1
    assert "template.yaml has no parameter StatusMod" in result.output


def test_help_names_every_option_of_the_contract() -> None:
    output = CliRunner().invoke(main, ["local", "--help"]).output
    for option in ("--host", "--port", "--bucket", "--access-key", "--secret-key", "--max-seconds"):
        assert option in output
