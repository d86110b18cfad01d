"""`upgate upload` against a gateway in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from tests.fakes.cli import Cli
from tests.fakes.loopback import Received, Reply
from tests.fakes.upload_gateway import UploadGateway, answer
from upgate import encoding
from upgate.contents import qetag
from upgate_cli.transfer.source_file import SourceFile

MIB = 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(b"".join(bytes([n]) * MIB for n in range(9)) + b"end")
    return path


def records(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state" / "uploads").iterdir())


def fail_part(number: int, reply: Reply, gateway: UploadGateway) -> None:
    def interfere(request: Received) -> Reply | None:
        return reply if request.path.endswith(f"/{number}") else None

    gateway.interfere = interfere


# One small file.


def test_a_small_file_is_one_form_under_its_name(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    result = cli("upload", small)
    assert (result.status, gateway.objects) == (0, {"a.txt": b"hello"})
    assert gateway.requests == {"form": 1}
    assert result.out == "Fqr0xh3cxeii2r7eDztILNmuqUNN  a.txt\n"


@pytest.mark.parametrize("options", [("--token", ""), ("--preset", "")])
def test_an_empty_token_is_no_leave_to_sign_with_the_keys(
    cli: Cli, gateway: UploadGateway, small: Path, options: tuple[str, str]
) -> None:
    """What `--token "$(command that failed)"` comes to."""
    assert cli("upload", small, *options).status == 1
    assert gateway.objects == {}


def test_a_host_that_is_silent_twice_is_given_up(
    cli: Cli, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def silent(_session: requests.Session, method: str, *_: object, **__: object) -> None:
        asked.append(method)
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", silent)
    result = cli("upload", small)
    assert (result.status, "does not answer in time" in result.err) == (1, True)
    assert len(asked) == 2


def test_json_is_the_gateway_s_own_answer(cli: Cli, small: Path) -> None:
    result = cli("upload", small, "--key", "k", "--json")
    assert result.out == '{"hash": "Fqr0xh3cxeii2r7eDztILNmuqUNN", "key": "k"}\n'


def test_nothing_is_said_without_a_terminal(cli: Cli, small: Path) -> None:
    assert cli("upload", small).err == ""


def test_a_form_carries_variables_metadata_and_type(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    options = ("--var", "user=4 2", "--var", "x:y=", "--meta", "m=1", "--mime-type", "text/x-a")
    assert cli("upload", small, *options, "--json").json["x:user"] == "4 2"
    [form] = gateway.forms
    assert (form["x:y"], form["x-qn-meta-m"], form["type"]) == ("", "1", "text/x-a")


@pytest.mark.parametrize("name", ["50%22.jpg", 'say "hi".jpg', "a%20%22b.txt", "你 b.txt", "a\\b"])
def test_the_field_fname_says_the_file_s_name_exactly(
    cli: Cli, gateway: UploadGateway, small: Path, name: str
) -> None:
    cli("upload", small.rename(small.with_name(name)), "--key", "k")
    assert gateway.forms[-1]["fname"] == name


def test_an_empty_file_and_an_empty_key_are_something(
    cli: Cli, gateway: UploadGateway, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert cli("upload", tmp_path / "empty", "--key", "").status == 0
    assert gateway.objects == {"": b""}


def test_without_a_key_a_save_key_names_the_object(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    token = cli("token", "--policy", "-", stdin='{"saveKey":"s"}').out.strip()
    assert cli("upload", small, "--token", token).status == 0
    assert "key" not in gateway.forms[0]


def test_a_preset_s_token_is_asked_for(cli: Cli, gateway: UploadGateway, small: Path) -> None:
    assert cli("upload", small, "--preset", "default").status == 0
    assert gateway.requests == {"token": 1, "form": 1}


# Several files.


def test_several_files_are_a_list_in_their_order(
    cli: Cli, gateway: UploadGateway, small: Path, large: Path
) -> None:
    result = cli("upload", large, small, "--prefix", "p/", "--json")
    assert [item["key"] for item in result.json] == ["p/large.bin", "p/a.txt"]


def test_one_bad_file_fails_alone(cli: Cli, gateway: UploadGateway, small: Path) -> None:
    result = cli("upload", small.with_name("none"), small, "--json")
    assert result.status == 1
    assert "error" in result.json[0]
    assert result.json[1]["key"] == "a.txt"
    assert len(result.err.splitlines()) == 1


def test_the_same_answer_shape_for_one_file_that_fails(cli: Cli, tmp_path: Path) -> None:
    result = cli("upload", tmp_path / "none", "--json")
    assert (result.status, list(result.json)) == (1, ["error"])


# A large file.


def test_a_large_file_goes_in_parts_of_4_mib(
    cli: Cli, gateway: UploadGateway, large: Path, tmp_path: Path
) -> None:
    result = cli("upload", large, "--json", "--var", "u=1", "--meta", "m=2")
    assert result.json == {"hash": qetag.of(large.read_bytes()), "key": "large.bin"}
    assert gateway.objects["large.bin"] == large.read_bytes()
    assert gateway.requests == {"initiate": 1, "part": 3, "complete": 1}
    [complete] = gateway.completes
    assert complete["fname"] == "large.bin"
    assert (complete["customVars"], complete["metadata"]) == ({"x:u": "1"}, {"x-qn-meta-m": "2"})
    assert records(tmp_path) == []


def test_exactly_4_mib_is_a_form(cli: Cli, gateway: UploadGateway, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(4 * MIB))
    assert cli("upload", tmp_path / "f").status == 0
    assert gateway.requests == {"form": 1}


def test_one_byte_more_is_not(cli: Cli, gateway: UploadGateway, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(4 * MIB + 1))
    assert cli("upload", tmp_path / "f").status == 0
    assert gateway.requests == {"initiate": 1, "part": 2, "complete": 1}


def test_another_part_size_has_the_composite_hash(cli: Cli, large: Path) -> None:
    result = cli("upload", large, "--part-size", "3", "--json")
    assert result.status == 0
    assert result.json["hash"].startswith("n")


def test_an_upload_that_failed_sends_only_what_is_missing(
    cli: Cli, gateway: UploadGateway, large: Path, tmp_path: Path
) -> None:
    fail_part(3, answer(400, {"error": "no"}), gateway)
    assert cli("upload", large, "--parallel", "1").status == 1
    assert len(records(tmp_path)) == 1
    gateway.interfere = lambda _: None
    gateway.requests.clear()
    assert cli("upload", large).status == 0
    assert gateway.requests == {"part": 1, "complete": 1}


def test_a_part_that_changed_behind_the_record_is_sent_again(
    cli: Cli, gateway: UploadGateway, large: Path
) -> None:
    fail_part(3, answer(400, {"error": "no"}), gateway)
    cli("upload", large, "--parallel", "1")
    gateway.interfere = lambda _: None
    gateway.requests.clear()
    times = large.stat()
    with large.open("r+b") as file:
        file.write(b"!")
    os.utime(large, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cli("upload", large).status == 0
    assert gateway.requests["part"] == 2
    assert gateway.objects["large.bin"] == large.read_bytes()


def test_an_upload_that_the_gateway_forgot_begins_anew(
    cli: Cli, gateway: UploadGateway, large: Path
) -> None:
    fail_part(3, answer(400, {"error": "no"}), gateway)
    cli("upload", large, "--parallel", "1")
    gateway.interfere = lambda _: None
    gateway.uploads.clear()
    assert cli("upload", large).status == 0
    assert gateway.objects["large.bin"] == large.read_bytes()


def test_a_gateway_that_always_forgets_is_asked_twice_at_most(
    cli: Cli, gateway: UploadGateway, large: Path
) -> None:
    fail_part(1, answer(612, {"error": "no such uploadId"}), gateway)
    assert cli("upload", large, "--parallel", "1").status == 1
    assert gateway.requests["initiate"] == 1
    assert cli("upload", large, "--parallel", "1").status == 1
    assert gateway.requests["initiate"] == 2


def test_a_gateway_without_parts_says_so(cli: Cli, gateway: UploadGateway, large: Path) -> None:
    gateway.interfere = lambda _: answer(404, {"error": "not found"})
    assert "takes no uploads in parts" in cli("upload", large).err


# Trouble.


@pytest.mark.parametrize("status", [406, 502, 0])
def test_what_may_pass_is_sent_again(
    cli: Cli, gateway: UploadGateway, small: Path, status: int
) -> None:
    gateway.interfere = lambda _: (
        answer(status, {"error": "x"})
        if gateway.requests["form"] < 3 and status
        else (Reply(0) if gateway.requests["form"] < 3 else None)
    )
    assert cli("upload", small).status == 0
    assert gateway.requests == {"form": 3}


@pytest.mark.parametrize("status", [400, 401, 403, 429, 579, 614, 631])
def test_what_will_not_change_is_sent_once(
    cli: Cli, gateway: UploadGateway, small: Path, status: int
) -> None:
    gateway.interfere = lambda _: answer(status, {"error": "x"})
    result = cli("upload", small, "--json")
    assert (result.status, result.json) == (1, {"error": "x"})
    assert gateway.requests == {"form": 1}


def test_a_damaged_part_is_sent_again(cli: Cli, gateway: UploadGateway, large: Path) -> None:
    gateway.interfere = lambda request: (
        answer(406, {"error": "md5 check error"})
        if gateway.requests["part"] == 1 and request.method == "PUT"
        else None
    )
    assert cli("upload", large, "--parallel", "1").status == 0
    assert gateway.requests["part"] == 4


def test_another_content_under_the_key_needs_overwrite(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    gateway.objects["a.txt"], gateway.etags["a.txt"] = b"old", qetag.of(b"old")
    refused = cli("upload", small)
    assert (refused.status, "--overwrite" in refused.err) == (1, True)
    assert cli("upload", small, "--overwrite").status == 0
    assert gateway.objects["a.txt"] == b"hello"


def test_an_answer_with_another_hash_is_damage(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    gateway.interfere = lambda _: answer(200, {"hash": qetag.of(b"other"), "key": "a.txt"})
    result = cli("upload", small)
    assert (result.status, "arrived damaged" in result.err) == (1, True)


def test_a_business_server_s_answer_is_relayed_and_not_compared(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    policy = '{"callbackUrl":"http://app.example.com/","callbackBody":"k=$(key)"}'
    token = cli("token", "--policy", "-", stdin=policy).out.strip()
    gateway.interfere = lambda _: answer(200, {"hash": "ok"})
    result = cli("upload", small, "--token", token, "--json")
    assert (result.status, result.json) == (0, {"hash": "ok"})


def test_a_redirect_is_not_followed_and_its_answer_is_shown(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    said = encoding.encode(b'{"hash":"Fqr0xh3cxeii2r7eDztILNmuqUNN","key":"k"}')
    location = f"http://127.0.0.1:1/?upload_ret={said}"
    gateway.interfere = lambda _: answer(301, {}, Location=location)
    assert cli("upload", small, "--json").json["key"] == "k"


def test_an_answer_that_is_no_json_is_a_string(
    cli: Cli, gateway: UploadGateway, small: Path
) -> None:
    token = cli("token", "--policy", "-", stdin='{"returnBody":" "}').out.strip()
    gateway.interfere = lambda _: Reply(200, b" ", {"X-Reqid": "r"})
    assert cli("upload", small, "--token", token, "--json").out == '" "\n'


def test_a_netrc_s_password_does_not_take_the_token_s_place(
    cli: Cli, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert cli("upload", large).status == 0


def test_a_host_that_is_no_gateway_is_told(cli: Cli, gateway: UploadGateway, small: Path) -> None:
    gateway.interfere = lambda _: Reply(200, b"<html>")
    assert "is no upload gateway" in cli("upload", small).err


def test_no_network_is_one_line_and_the_record_stays(
    cli: Cli, gateway: UploadGateway, large: Path, tmp_path: Path
) -> None:
    fail_part(3, Reply(0), gateway)
    result = cli("upload", large, "--parallel", "1")
    assert (result.status, len(result.err.splitlines())) == (1, 1)
    [record] = records(tmp_path)
    gateway.interfere = lambda _: None
    gateway.requests.clear()
    assert record.read_bytes().count(b"\n") == 3
    assert cli("upload", large).status == 0
    assert gateway.requests["part"] == 1


def test_a_file_that_changes_meanwhile_is_not_completed(
    cli: Cli, gateway: UploadGateway, large: Path, tmp_path: Path
) -> None:
    def touch(request: Received) -> None:
        if request.path.endswith("/2"):
            with large.open("r+b") as file:
                file.write(b"!")

    gateway.interfere = touch
    result = cli("upload", large)
    assert result.status == 1
    assert result.err.startswith(f"Error: {large} changed while it was uploaded")
    assert gateway.requests["complete"] == 0
    assert len(records(tmp_path)) == 1


def test_a_small_file_that_changes_while_it_is_read_is_not_sent(
    cli: Cli, gateway: UploadGateway, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_read = SourceFile.read

    def read(source: SourceFile, offset: int, size: int) -> bytes:
        data = real_read(source, offset, size)
        small.write_bytes(b"HELLO!")
        return data

    monkeypatch.setattr(SourceFile, "read", read)
    assert "changed while it was uploaded" in cli("upload", small).err
    assert not gateway.requests


def test_a_name_that_is_not_utf8_is_told(cli: Cli, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    path.write_bytes(b"x")
    assert "not UTF-8" in cli("upload", path).err


# Wrong use.


@pytest.mark.parametrize(
    "options",
    [
        ("--key", "k", "--prefix", "p"),
        ("--key", "k", "b.txt"),
        ("--token", "t", "--preset", "p"),
        ("--url", "nowhere"),
        ("--bucket", ""),
        ("--access-key", ""),
        ("--access-key", "", "--secret-key", ""),
        ("--part-size", "5"),
        ("--parallel", "0"),
        ("--var", "x"),
    ],
)
def test_wrong_use_is_one_line_and_sends_nothing(
    cli: Cli, gateway: UploadGateway, small: Path, options: tuple[str, ...]
) -> None:
    result = cli("upload", small, *options)
    assert (result.status, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert not gateway.requests


@pytest.mark.parametrize("token", ["x", "a:b", "a:b:c:d", "a:b:!!!", "a:b:e30="])
def test_a_token_that_is_none_is_told_before_anything_is_sent(
    cli: Cli, gateway: UploadGateway, small: Path, token: str
) -> None:
    result = cli("upload", small, "--token", token)
    assert (result.status, len(result.err.splitlines())) == (1, 1)
    assert not gateway.requests
