"""The environment of child processes: nothing in it may lead to a real account."""

from __future__ import annotations

from pathlib import Path

from upgate_cli.local import cloud


def test_credentials_and_python_settings_are_dropped(tmp_path: Path) -> None:
    user = {
        "AWS_PROFILE": "work",
        "AWS_SECRET_ACCESS_KEY": "real",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/y",
        "UPGATE_URL": "z",
        "HOME": "/home/u",
    }
    clean = cloud.clean_environment(user, tmp_path)
    assert clean.keys() & user.keys() == {"HOME"}


def test_proxy_is_not_used_for_this_machine(tmp_path: Path) -> None:
    clean = cloud.clean_environment({"NO_PROXY": "intranet"}, tmp_path)
    assert clean["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_temporary_files_go_below_the_state(tmp_path: Path) -> None:
    clean = cloud.clean_environment({"TMPDIR": "/tmp"}, tmp_path)
    assert clean["TMPDIR"] == str(tmp_path / "tmp")


def test_clients_read_no_configuration_of_the_user() -> None:
    env = cloud.client_environment("http://127.0.0.1:1")
    assert env["AWS_CONFIG_FILE"] == env["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
