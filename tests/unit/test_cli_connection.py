"""Which stack a command talks to."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from upgate_cli.connection import Connection, check_bucket, connection_options
from upgate_cli.parameters import Assignment, Duration


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("https://up.example.com/", "https://up.example.com"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_origin_is_taken(given: str, url: str) -> None:
    assert Connection(given).url == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        "up.example.com",
        "localhost:8787",
        "ftp://up.example.com",
        "http://",
        "http://up.example.com/path",
        "http://up.example.com?x",
        "http://user@up.example.com",
        "http://up.example.com:port",
        "http://up.example.com:0",
        "http://[::1",
    ],
)
def test_anything_else_is_wrong_use(given: str) -> None:
    with pytest.raises(click.UsageError):
        _ = Connection(given).url


def test_both_keys_are_a_pair() -> None:
    pair = Connection(None, "ak", "sk").key_pair
    assert pair is not None
    assert (pair.access_key, pair.secret_key) == ("ak", "sk")


def test_no_key_is_no_pair() -> None:
    assert Connection().key_pair is None


@pytest.mark.parametrize(("access", "secret"), [("ak", None), (None, "sk"), ("a:k", "sk")])
def test_half_a_pair_is_wrong_use(access: str | None, secret: str | None) -> None:
    with pytest.raises(click.UsageError):
        _ = Connection(None, access, secret).key_pair


def test_the_secret_is_in_no_repr() -> None:
    assert "sesame" not in repr(Connection(None, "ak", "sesame"))


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "a\n"])
def test_what_no_scope_can_name_is_wrong_use(name: str) -> None:
    with pytest.raises(click.UsageError):
        check_bucket(name)


def test_an_option_wins_over_the_environment() -> None:
    @click.command()
    @connection_options
    def show(connection: Connection) -> None:
        click.echo(f"{connection.given_url} {connection.given_bucket}")

    environment = {"UPGATE_URL": "http://environment", "UPGATE_BUCKET": "environment"}
    result = CliRunner().invoke(show, ["--url", "http://option"], env=environment)
    assert result.output == "http://option environment\n"


# Types of options.


@pytest.mark.parametrize(
    ("text", "seconds"), [("1", 1), ("90s", 90), ("2m", 120), ("1h", 3600), ("7d", 604800)]
)
def test_a_time_is_read_as_seconds(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "0h", "-1", "1.5h", "1w", "h", "1 h", "1234567890"])
def test_another_time_is_wrong_use(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


def test_an_assignment_is_split_at_the_first_equals_sign() -> None:
    assert Assignment().convert("a=b=c", None, None) == ("a", "b=c")


@pytest.mark.parametrize("text", ["a", "=b", ""])
def test_half_an_assignment_is_wrong_use(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Assignment().convert(text, None, None)
