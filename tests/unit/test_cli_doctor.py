"""`upgate doctor` against a gateway in memory, whole and then broken in each way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import loopback, whole_gateway
from tests.fakes.cli import Cli
from tests.fakes.loopback import Received, Reply
from tests.fakes.upload_gateway import answer
from tests.fakes.whole_gateway import WholeGateway
from upgate_cli.doctor import body_checks, examination, result_checks, token_checks
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Patient
from upgate_cli.output import printable

type Spoil = Callable[[Received, Reply], Reply]


@pytest.fixture
def gateway() -> Iterator[WholeGateway]:
    with whole_gateway.serve() as running:
        yield running


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gateway: WholeGateway,
) -> Cli:
    monkeypatch.setattr(body_checks, "_SDK_CHUNK_BYTES", 60_000)
    monkeypatch.setattr(body_checks, "_TOO_LARGE_BYTES", 80_000)
    monkeypatch.setattr(whole_gateway, "REQUEST_BYTES", 70_000)
    monkeypatch.setattr(result_checks, "JOB_SECONDS", 0.2)
    monkeypatch.setattr(result_checks, "_BEING_MADE_SECONDS", 0.2)
    monkeypatch.setattr(result_checks, "_POLL_SECONDS", 0.05)
    return Cli(capsys, monkeypatch, tmp_path, gateway.url)


def findings(cli: Cli, *options: str) -> dict[str, Any]:
    """By check; the exit status has to fit."""
    done = cli("doctor", "--json", *options)
    rows = done.json["findings"]
    has_failed = any(row["result"] == "fail" for row in rows)
    assert (done.status, done.json["ok"]) == (int(has_failed), not has_failed)
    return {row["check"]: row for row in rows}


def failed(rows: dict[str, Any]) -> set[str]:
    return {check for check, row in rows.items() if row["result"] == "fail"}


def on(part: str, change: Callable[[Reply], Reply], method: str | None = None) -> Spoil:
    """Change the answers to paths with this in them."""

    def spoil(request: Received, reply: Reply) -> Reply:
        fits = part in request.path and method in (None, request.method)
        return change(reply) if fits else reply

    return spoil


def status(old: int, new: int) -> Spoil:
    return lambda _, reply: replace(reply, status=new) if reply.status == old else reply


def without(*names: str) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        kept = {name: value for name, value in reply.headers.items() if name not in names}
        return replace(reply, headers=kept)

    return change


def header(name: str, value: str) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, headers={**reply.headers, name: value})


# A good stack.


def test_a_good_stack_is_ok_but_for_the_bare_413(cli: Cli) -> None:
    rows = findings(cli)
    assert {check for check, row in rows.items() if row["result"] != "ok"} == {"5 MiB at once"}
    assert len(rows) > 45


def test_nothing_is_left_and_nothing_else_touched(cli: Cli, gateway: WholeGateway) -> None:
    gateway.objects["theirs"], gateway.etags["theirs"] = b"1", "e"
    findings(cli)
    assert gateway.objects == {"theirs": b"1"}


def test_every_finding_that_is_not_ok_has_advice(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda _, reply: replace(reply, status=502) if reply.status > 299 else reply
    gateway.job_code = 3
    rows = findings(cli)
    assert all(bool(row["advice"]) != (row["result"] == "ok") for row in rows.values())


def test_the_table_has_a_row_and_advice_for_each_failure(
    cli: Cli, gateway: WholeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    gateway.spoil = status(614, 502)
    done = cli("doctor")
    lines = [line.split() for line in done.out.splitlines()]
    [row] = [number for number, words in enumerate(lines) if words[:1] == ["614"]]
    assert lines[row][3:] == ["fail", "502", "(file", "exists)", "came", "instead", "of", "614"]
    assert "StatusMode=standard" in " ".join(lines[row + 2] + lines[row + 1])
    assert done.out.splitlines()[-1].endswith("1 failed")
    assert done.status == 1


def test_the_table_is_printable_whatever_the_stack_says(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/mkblk", lambda _: answer(400, {"error": "\x1b[2J"}))
    assert all(printable(line) == line for line in cli("doctor").out.splitlines())


def test_the_address_may_be_an_argument(cli: Cli, gateway: WholeGateway) -> None:
    assert cli("doctor", gateway.url, "--url", "http://127.0.0.1:1", "--json").json["ok"]


# Wrong use.


def test_no_keys_are_wrong_use(cli: Cli) -> None:
    assert cli("doctor", "--access-key", "", "--secret-key", "").status == 2


@pytest.mark.parametrize("option", ["--callback", "--origin"])
def test_an_address_without_scheme_is_wrong_use(cli: Cli, option: str) -> None:
    assert cli("doctor", option, "app.example.com").status == 2


def test_an_address_with_a_path_is_wrong_use(cli: Cli, gateway: WholeGateway) -> None:
    assert cli("doctor", f"{gateway.url}/prod").status == 2


# Gates: what makes everything else pointless.


def test_nobody_there_ends_it(cli: Cli) -> None:
    rows = findings(cli, "--url", "http://127.0.0.1:1")
    assert failed(rows) == {"address"}
    assert rows["everything else"]["seen"] == "not tried"


def test_another_server_ends_it(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda _, __: Reply(404, b"<html>")
    assert "X-Reqid" in findings(cli)["address"]["seen"]


def test_a_redirect_ends_it(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda _, __: Reply(301, b"", {"Location": "https://other.example/"})
    assert "other.example" in findings(cli)["address"]["seen"]


def test_another_content_type_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/", header("Content-Type", "application/json; charset=utf-8"))
    assert "exactly application/json" in findings(cli)["address"]["advice"]


def test_wrong_keys_end_it_and_leave_no_warning_of_their_own(cli: Cli) -> None:
    rows = findings(cli, "--secret-key", "wrong")
    assert failed(rows) == {"signed here"}
    assert "--secret-key" in rows["signed here"]["advice"]
    assert "removal" not in rows


def test_a_wrong_bucket_ends_it(cli: Cli) -> None:
    assert findings(cli, "--bucket", "other")["signed here"]["advice"] == "check --bucket"


# Connection.


@pytest.mark.parametrize(
    ("seconds", "result"), [(0, "ok"), (30, "warn"), (-30, "warn"), (90, "fail"), (-90, "fail")]
)
def test_a_clock_that_differs_is_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, seconds: int, result: str
) -> None:
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string",
        lambda *_: formatdate(time.time() + seconds, usegmt=True),
    )
    assert findings(cli)["clock"]["result"] == result


# Tokens.


def test_a_gateway_that_takes_anything_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda request, reply: (
        answer(200, {}) if reply.status == 401 and b'name="file"' in request.body else reply
    )
    assert failed(findings(cli)) == {"expired an hour ago", "wrong signature"}


def test_an_open_token_endpoint_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.is_open = True
    assert findings(cli)["token endpoint"]["result"] == "warn"  # on this machine only a warning


def test_an_open_token_endpoint_of_a_server_is_a_failure(
    cli: Cli, gateway: WholeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Patient, "is_on_this_machine", False)
    gateway.is_open = True
    row = findings(cli)["token endpoint"]
    assert (row["result"], "JwtIssuer" in row["advice"]) == ("fail", True)


def test_aws_signatures_for_a_stack_behind_cloudfront_go_to_the_api_itself(
    cli: Cli, gateway: WholeGateway
) -> None:
    assert findings(cli)["token endpoint"]["result"] == "ok"
    gateway.spoil = on("/token", header("X-Amz-Cf-Id", "d2Vi"))
    row = findings(cli)["token endpoint"]
    assert (row["result"], "ApiUrl" in row["advice"]) == ("warn", True)


# Status numbers.


@pytest.mark.parametrize("number", [612, 614, 631, 701])
@pytest.mark.parametrize("instead", [502, 500, 200, 404])
def test_a_number_above_599_that_is_lost_asks_for_standard_mode(
    cli: Cli, gateway: WholeGateway, number: int, instead: int
) -> None:
    gateway.spoil = status(number, instead)
    rows = findings(cli)
    [check] = [name for name in rows if name.startswith(str(number))]
    assert rows[check]["result"] == "fail"
    assert "StatusMode=standard" in rows[check]["advice"]


@pytest.mark.parametrize(("number", "stands_for"), [(409, 614), (404, 612), (404, 631), (410, 701)])
def test_standard_mode_is_as_good(
    cli: Cli, gateway: WholeGateway, number: int, stands_for: int
) -> None:
    def spoil(_: Received, reply: Reply) -> Reply:
        if reply.status != stands_for:
            return reply
        return replace(header("X-Upgate-Code", str(stands_for))(reply), status=number)

    gateway.spoil = spoil
    assert failed(findings(cli)) == set()


def test_a_409_without_the_code_is_not(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = status(614, 409)
    rows = findings(cli)
    assert failed(rows) == {"614 file exists"}
    assert "X-Upgate-Code" in rows["614 file exists"]["advice"]


@pytest.mark.parametrize("number", [400, 403, 404, 405, 406, 579])
def test_a_lower_number_that_is_lost_is_of_something_in_front(
    cli: Cli, gateway: WholeGateway, number: int
) -> None:
    gateway.spoil = status(number, 502)
    rows = findings(cli)
    [check] = [
        name for name in rows if name.startswith(f"{number} ") and rows[name]["result"] == "fail"
    ]
    assert "rewrites errors" in rows[check]["advice"]


def test_the_number_with_a_page_of_the_proxy_s_is_not_enough(
    cli: Cli, gateway: WholeGateway
) -> None:
    gateway.spoil = lambda _, reply: Reply(614, b"oops") if reply.status == 614 else reply
    assert failed(findings(cli)) == {"614 file exists"}


def test_579_is_provoked_without_storing_anything(cli: Cli, gateway: WholeGateway) -> None:
    seen: list[set[str]] = []

    def spoil(_: Received, reply: Reply) -> Reply:
        if reply.status == 579:
            seen.append({key for key in gateway.objects if "callback-failed" in key})
        return reply

    gateway.spoil = spoil
    findings(cli)
    assert seen
    assert not any(seen)


# Browsers.


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda reply: replace(reply, status=403), "preflight"),
        (without("Access-Control-Allow-Origin"), "preflight"),
        (header("Access-Control-Allow-Methods", "GET, POST"), "preflight"),
        (header("Access-Control-Allow-Headers", "content-type"), "preflight"),
        (header("Access-Control-Allow-Headers", "*"), "preflight"),  # not Authorization
    ],
)
def test_a_preflight_that_does_not_allow_an_upload_is_told(
    cli: Cli, gateway: WholeGateway, change: Callable[[Reply], Reply], check: str
) -> None:
    gateway.spoil = on("/", change, "OPTIONS")
    assert failed(findings(cli)) == {check}


@pytest.mark.parametrize(
    "change",
    [without("Access-Control-Allow-Origin"), without("Access-Control-Expose-Headers")],
)
def test_an_error_that_no_app_can_read_is_told(
    cli: Cli, gateway: WholeGateway, change: Callable[[Reply], Reply]
) -> None:
    gateway.spoil = on("/", change, "POST")
    assert failed(findings(cli)) == {"errors to be read"}


def listed(*origins: str) -> Spoil:
    def spoil(request: Received, reply: Reply) -> Reply:
        reply = without("Access-Control-Allow-Origin")(header("Vary", "Origin")(reply))
        origin = request.headers.get("origin", "")
        return header("Access-Control-Allow-Origin", origin)(reply) if origin in origins else reply

    return spoil


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ((), "warn"),
        (("--origin", "https://app.example.com"), "ok"),
        (("--origin", "https://app.example.org"), "fail"),
    ],
)
def test_a_list_of_origins_is_held_against_the_app_s(
    cli: Cli, gateway: WholeGateway, options: tuple[str, ...], result: str
) -> None:
    gateway.spoil = listed("https://app.example.com")
    assert findings(cli, *options)["preflight"]["result"] == result


# Bodies.


@pytest.mark.parametrize(
    ("path", "check"),
    [("/putb64", "putb64"), ("/mkblk", "application/octet-stream"), ("/mkblk", "text/plain")],
)
def test_a_body_that_arrives_otherwise_is_told(
    cli: Cli, gateway: WholeGateway, path: str, check: str
) -> None:
    document = {"hash": "F", "crc32": 1, "ctx": "x", "host": gateway.url}
    gateway.spoil = on(path, lambda _: answer(200, document))
    assert check in failed(findings(cli))


def test_a_header_that_is_taken_away_is_told_by_its_name(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/mkblk", lambda _: answer(401, {"error": "token not specified"}))
    assert "Authorization" in findings(cli)["text/plain"]["advice"]


def test_mislabelled_bytes_that_are_kept_damaged_are_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda request, reply: (
        answer(200, {"crc32": 1, "ctx": "x", "host": gateway.url})
        if request.path.startswith("/mkblk") and reply.status == 400
        else reply
    )
    assert failed(findings(cli)) == {"bytes labelled text/plain"}


def test_a_proxy_with_a_small_limit_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda request, reply: (
        Reply(413, b"<html>") if len(request.body) > 50_000 and request.path == "/" else reply
    )
    rows = findings(cli)
    assert failed(rows) == {"4 MiB at once"}
    assert "client_max_body_size" in rows["4 MiB at once"]["advice"]


def test_the_protocol_s_own_413_is_ok(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = lambda _, reply: (
        answer(413, {"error": "request entity too large"}) if reply.status == 413 else reply
    )
    assert findings(cli)["5 MiB at once"]["result"] == "ok"


@pytest.mark.parametrize("instead", [0, 502])
def test_no_413_is_told(cli: Cli, gateway: WholeGateway, instead: int) -> None:
    gateway.spoil = status(413, instead)
    assert failed(findings(cli)) == {"5 MiB at once"}


# Paths.


def test_a_proxy_that_merges_slashes_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("c//d", lambda _: answer(404, {"error": "Document not found"}))
    assert failed(findings(cli)) == {"c//d in a path"}


def test_a_path_that_ends_with_a_slash_and_finds_another_function_is_told(
    cli: Cli, gateway: WholeGateway
) -> None:
    gateway.spoil = on("/pfop/", lambda _: answer(405, {"error": "method not allowed"}))
    assert failed(findings(cli)) == {"/pfop/ with its slash"}


def test_the_http_api_s_own_cut_is_a_warning(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("a%3Fb", lambda _: answer(404, {"error": "Document not found"}))
    assert findings(cli)["a%3Fb in a path"]["result"] == "warn"


def test_a_front_door_without_a_bare_bar_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("raw|bar", lambda _: Reply(400))
    assert failed(findings(cli)) == {"| as it is"}


def test_a_query_that_is_lost_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("attname", header("Location", "http://127.0.0.1/"))
    assert failed(findings(cli)) >= {"= and + in a query"}


# Resumable uploads.


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/bput/ctx", "v1 in two chunks"),
        ("/mkfile", "v1 in two chunks"),
        ("/uploads/id0/2", "v2 in two parts"),
        ("/uploads/upgate-doctor/", "v2, an unknown upload"),
    ],
)
def test_a_resumable_call_that_fails_is_told(
    cli: Cli, gateway: WholeGateway, path: str, check: str
) -> None:
    gateway.spoil = on(path, lambda _: answer(599, {"error": "server operation failed"}))
    assert failed(findings(cli)) == {check}


def test_a_list_of_parts_that_the_download_route_takes_is_told(
    cli: Cli, gateway: WholeGateway
) -> None:
    """As if `GET /{proxy+}` had won."""
    no_object = answer(404, {"error": "no such file or directory"})
    gateway.spoil = on("/uploads/id0", lambda _: no_object, "GET")
    rows = findings(cli)
    assert failed(rows) == {"v2, parts are listed"}
    assert "GET /{proxy+}" in rows["v2, parts are listed"]["advice"]


@pytest.mark.parametrize(("host", "result"), [("", "fail"), ("http://10.0.0.1", "warn")])
def test_another_host_for_the_next_chunk_is_told(
    cli: Cli, gateway: WholeGateway, host: str, result: str
) -> None:
    def elsewhere(reply: Reply) -> Reply:
        document = json.loads(reply.body)
        return answer(reply.status, document | {"host": host} if "ctx" in document else document)

    gateway.spoil = on("/mkblk", elsewhere)
    assert findings(cli)["v1, where it goes on"]["result"] == result


# Downloads and processing.


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda reply: replace(reply, body=b"other"), "GET"),
        (lambda reply: replace(reply, status=403), "GET"),
    ],
)
def test_other_bytes_from_s3_are_told(
    cli: Cli, gateway: WholeGateway, change: Callable[[Reply], Reply], check: str
) -> None:
    gateway.spoil = on("/s3/", change)
    assert check in failed(findings(cli))


def test_s3_that_is_not_reached_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/s3/", lambda reply: replace(reply, status=0))
    rows = findings(cli)
    assert failed(rows) == {"GET", "range", "HEAD", "imageView2"}
    assert "S3" in rows["GET"]["advice"]


def test_a_range_that_is_not_kept_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = status(206, 200)
    assert failed(findings(cli)) == {"range"}


def test_head_with_another_length_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/s3/", lambda reply: replace(reply, body=b""), "HEAD")
    assert failed(findings(cli)) == {"HEAD"}


@pytest.mark.parametrize(
    ("part", "check"), [("imageInfo&", "imageInfo"), ("?imageView2/2/w/8/", "imageView2")]
)
def test_a_picture_that_fails_is_told(
    cli: Cli, gateway: WholeGateway, part: str, check: str
) -> None:
    def spoil(request: Received, reply: Reply) -> Reply:
        is_it = part in request.path and "raw" not in request.path
        return answer(599, {"error": "server operation failed"}) if is_it else reply

    gateway.spoil = spoil
    assert failed(findings(cli)) == {check}


def test_a_picture_that_is_never_made_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("?imageView2/2/w/8/", lambda _: answer(202, {"status": "processing"}))
    assert failed(findings(cli)) == {"imageView2"}


def test_a_bucket_of_styles_only_is_a_warning(cli: Cli, gateway: WholeGateway) -> None:
    refusal = answer(403, {"error": "this bucket takes styles only, no commands in a URL"})
    gateway.spoil = on("?image", lambda _: refusal)
    rows = findings(cli)
    assert (rows["imageInfo"]["result"], rows["imageView2"]["result"]) == ("warn", "warn")
    assert failed(rows) == set()


@pytest.mark.parametrize(("code", "words"), [(1, "not done"), (3, "failed")])
def test_a_job_that_is_not_done_is_told(
    cli: Cli, gateway: WholeGateway, code: int, words: str
) -> None:
    gateway.job_code = code
    row = findings(cli)["asyncOps job"]
    assert words in row["seen"]
    assert "dead-letter" in row["advice"]


# Callbacks.


def test_a_callback_that_is_not_believed_is_told(cli: Cli, gateway: WholeGateway) -> None:
    gateway.spoil = on("/stat/", lambda _: answer(401, {"error": "bad token"}))
    rows = findings(cli)
    assert failed(rows) == {"to the gateway itself"}
    assert "signature" in rows["to the gateway itself"]["advice"]


def test_hosts_that_are_listed_are_no_fault(cli: Cli, gateway: WholeGateway) -> None:
    gateway.callback_hosts = ("app.example.com",)
    row = findings(cli)["to the gateway itself"]
    assert row["result"] == "warn"
    assert "--callback" in row["advice"]


@pytest.mark.parametrize(("is_careful", "forged"), [(True, "ok"), (False, "fail")])
def test_a_server_of_one_s_own_is_called_and_forged_at(
    cli: Cli, is_careful: bool, forged: str
) -> None:
    def server(request: Received) -> Reply:
        is_forged = "forged" in request.headers["authorization"]
        return Reply(401 if is_careful and is_forged else 200, b"{}")

    with loopback.serve(server) as url:
        rows = findings(cli, "--callback", f"{url}/done?a=1")
    assert rows["to your server"]["result"] == "ok"
    assert rows["a forged one to it"]["result"] == forged


@pytest.mark.parametrize(
    ("number", "words"), [(401, "signature"), (404, "200 with JSON"), (0, "public")]
)
def test_a_server_that_refuses_is_told_with_a_reason(cli: Cli, number: int, words: str) -> None:
    with loopback.serve(lambda _: Reply(number)) as url:
        rows = findings(cli, "--callback", f"{url}/done")
    assert failed(rows) == {"to your server"}
    assert words in rows["to your server"]["advice"]


# Tidying up.


def test_ctrl_c_leaves_nothing(
    cli: Cli, gateway: WholeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []

    def interrupt(_: object) -> list[Finding]:
        stored.append(len(gateway.objects))
        raise KeyboardInterrupt

    subjects = (token_checks.SUBJECT, Subject("Then", (Check("Ctrl-C", interrupt),)))
    monkeypatch.setattr(examination, "SUBJECTS", subjects)
    assert cli("doctor").status == 130
    assert stored[0] > 0
    assert gateway.objects == {}


def test_what_would_not_go_is_told(cli: Cli, gateway: WholeGateway) -> None:
    def spoil(request: Received, reply: Reply) -> Reply:
        gateway.kept |= {key for key in gateway.objects if key.endswith("named")}
        return reply

    gateway.spoil = spoil
    row = findings(cli)["removal"]
    assert row["result"] == "warn"
    assert "upgate-doctor/" in row["advice"]
