"""`upgate explain`: a token taken apart, without a gateway."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import qiniu

from tests.fakes.cli import Cli, Result
from tests.fakes.upload_gateway import PAIR
from upgate import encoding
from upgate.callbacks import callback_signature
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_cli.explain.snippets import LANGUAGES, snippet

JPEG = Path(__file__).parents[1] / "vectors" / "images" / "rgb.jpg"
CALLBACK: dict[str, Any] = {
    "callbackUrl": "http://app.example.com/cb?k=$(key)",
    "callbackBody": "k=$(key)",
}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    return Cli(capsys, monkeypatch, tmp_path)


def token(pair: KeyPair = PAIR, /, **policy: Any) -> str:
    fields = {"scope": "demo", "deadline": int(time.time()) + 600, **policy}
    text = json.dumps({name: value for name, value in fields.items() if value is not None})
    return upload_token.sign(text.encode(), pair)


def explain(cli: Cli, *arguments: str | Path) -> Result:
    return cli("explain", *arguments, "--json")


def refusals(result: Result) -> list[tuple[int, str]]:
    return [(item["code"], item["error"]) for item in result.json["refusals"]]


# The token.


def test_a_good_token_is_shown_field_by_field(cli: Cli) -> None:
    result = cli("explain", token(scope="demo:a.jpg", saveKey="x"))
    assert result.status == 0
    for words in ("testak", "holds", "the key a.jpg alone; may overwrite", "599 s left"):
        assert words.replace("599 s", "9 min") in result.out


def test_a_signature_of_another_secret_does_not_hold(cli: Cli) -> None:
    result = explain(cli, token(KeyPair("testak", "other")))
    assert (result.status, result.json["signature"]) == (1, "invalid")
    assert refusals(result) == [(401, "bad token")]


def test_without_a_secret_the_signature_is_not_checked(cli: Cli) -> None:
    result = explain(cli, token(KeyPair("testak", "other")), "--secret-key", "")
    assert (result.status, result.json["signature"]) == (0, "unchecked")


def test_the_token_may_come_from_standard_input(cli: Cli) -> None:
    assert cli("explain", "-", stdin=f"{token()}\n").status == 0


@pytest.mark.parametrize("text", ["", "x", "a:b", "a:b:c:d", ":a:b:c:d", ":b:c", "a:b:!"])
def test_what_is_no_token_is_one_line(cli: Cli, text: str) -> None:
    result = cli("explain", text)
    assert (result.status, result.out, len(result.err.splitlines())) == (1, "", 1)


@pytest.mark.parametrize(
    ("policy", "code", "words"),
    [
        ({"deadline": 1}, 401, "token expired"),
        ({"deadline": "1893456000"}, 401, "deadline must be an integer"),
        ({"scope": None}, 400, "scope not specified"),
        ({"callbackUrl": "http://x"}, 400, "callbackBody must be set"),
        ({"forceSaveKey": True}, 400, "forceSaveKey needs a saveKey"),
        ({"returnUrl": "ftp://x"}, 400, "returnUrl must be"),
        ({"mimeLimit": "image"}, 401, "mimeLimit is not a list"),
    ],
)
def test_the_rule_that_fails_is_named(
    cli: Cli, policy: dict[str, Any], code: int, words: str
) -> None:
    result = explain(cli, token(**policy))
    assert result.status == 1
    [(found, message)] = refusals(result)
    assert (found, words in message) == (code, True)


def test_a_policy_that_is_no_json_is_told(cli: Cli) -> None:
    signed = upload_token.sign(b"\x1b[31mnonsense", PAIR)
    assert refusals(explain(cli, signed)) == [(401, "invalid put policy encoding")]
    assert "\x1b" not in cli("explain", signed).out


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"deadline": None}, "Android"),
        ({**CALLBACK, "returnUrl": "http://x"}, "callbackUrl and returnUrl"),
        ({**CALLBACK, "returnBody": "{}"}, "callbackUrl and returnBody"),
        ({"callbackBody": "x"}, "without callbackUrl"),
        ({"isPrefixalScope": 1}, "isPrefixalScope"),
        ({"fsizeMin": 2, "fsizeLimit": 1}, "fsizeMin is above"),
        ({"scope": "demo:a", "keylimit": ["b"]}, "keylimit"),
        ({"return_body": "x"}, "unknown field return_body"),
    ],
)
def test_what_is_odd_is_told_and_no_failure(cli: Cli, policy: dict[str, Any], words: str) -> None:
    result = explain(cli, token(**policy))
    assert result.status == 0
    [oddity] = result.json["oddities"]
    assert words in oddity


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"fsizeMin": 1, "fsizeLimit": 1},
        {"scope": "demo:a", "keylimit": ["a"]},
        {"scope": "demo:p/", "isPrefixalScope": 1, "keylimit": ["p/a", "q"]},
        CALLBACK,
    ],
)
def test_what_is_not_odd_is_not_told(cli: Cli, policy: dict[str, Any]) -> None:
    assert explain(cli, token(**policy)).json["oddities"] == []


# The dry run.


def dry_run(cli: Cli, policy: dict[str, Any], *options: str) -> dict[str, Any]:
    result = explain(cli, token(**policy), "--sample", JPEG, *options)
    assert result.status == 0, result.out
    found: dict[str, Any] = result.json["dry_run"]
    return found


def test_a_return_body_is_filled_in_with_the_sample(cli: Cli) -> None:
    template = '{"w":$(imageInfo.width),"n":"$(fname)","u":$(x:user)}'
    found = dry_run(cli, {"returnBody": template}, "--var", "user=42")
    assert json.loads(found["answer"]) == {"w": 30, "n": "rgb.jpg", "u": "42"}


def test_a_save_key_names_the_object(cli: Cli) -> None:
    found = dry_run(cli, {"saveKey": "$(etag)$(ext)"})
    assert found["key"] == f"{found['etag']}.jpg"


def test_the_client_s_key_comes_first(cli: Cli) -> None:
    assert dry_run(cli, {"saveKey": "$(etag)"}, "--key", "k")["key"] == "k"


def test_a_callback_is_rendered_and_not_made(cli: Cli) -> None:
    found = dry_run(cli, CALLBACK, "--key", "a b")
    assert found["callbackUrl"] == ["http://app.example.com/cb?k=a%20b"]
    assert (found["callbackBody"], found["answer"]) == ("k=a%20b", None)


def test_operations_are_rendered(cli: Cli) -> None:
    found = dry_run(cli, {"persistentOps": "avthumb/$(x:to)|imageInfo"}, "--var", "to=mp3")
    assert found["operations"] == "avthumb/mp3|imageInfo"


def test_a_redirect_is_shown(cli: Cli) -> None:
    found = dry_run(cli, {"returnUrl": "http://app.example.com/"})
    assert found["location"].startswith("http://app.example.com/?upload_ret=")


def test_a_callback_that_names_the_key_is_rendered(cli: Cli) -> None:
    found = dry_run(cli, {**CALLBACK, "callbackFetchKey": 1}, "--key", "k")
    assert found["callbackBody"] == "k=k"


def test_variables_without_a_value_are_named(cli: Cli) -> None:
    template = '{"a":$(fsize),"b":$(x:none),"c":$(nonsense),"d":$(exif)}'
    assert dry_run(cli, {"returnBody": template})["withoutValue"] == [
        "$(exif) in returnBody",
        "$(nonsense) in returnBody",
        "$(x:none) in returnBody",
    ]


@pytest.mark.parametrize(
    ("policy", "code"),
    [({"fsizeLimit": 10}, 413), ({"mimeLimit": "!image/*"}, 403), ({"scope": "demo:other"}, 403)],
)
def test_a_sample_that_would_be_refused_is_told(
    cli: Cli, policy: dict[str, Any], code: int
) -> None:
    result = explain(cli, token(**policy), "--sample", JPEG, "--key", "k")
    assert result.status == 1
    assert [found for found, _ in refusals(result)] == [code]


def test_an_expired_token_is_run_all_the_same(cli: Cli) -> None:
    result = explain(cli, token(deadline=1000), "--sample", JPEG)
    assert (result.status, result.json["dry_run"]["key"][:1]) == (1, "F")


def test_a_missing_sample_is_one_line(cli: Cli, tmp_path: Path) -> None:
    result = cli("explain", token(), "--sample", tmp_path / "none")
    assert (result.status, result.out, "no such file" in result.err) == (1, "", True)


def test_people_get_a_table(cli: Cli) -> None:
    out = cli("explain", token(**CALLBACK), "--sample", JPEG, "--key", "k").out
    assert "An upload of rgb.jpg would be" in out
    assert "  callbackBody  k=k\n" in out


# Code that verifies callbacks.


def test_a_callback_comes_with_code_in_five_languages(cli: Cli) -> None:
    assert list(explain(cli, token(**CALLBACK)).json["verify"]) == list(LANGUAGES)


def test_one_language_can_be_asked_for(cli: Cli) -> None:
    assert list(explain(cli, token(**CALLBACK), "--verify", "go").json["verify"]) == ["go"]


def test_without_a_callback_there_is_no_code(cli: Cli) -> None:
    assert explain(cli, token()).json["verify"] == {}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json"])
def test_the_python_code_verifies_what_the_gateway_signs(content_type: str) -> None:
    url, body = "http://app.example.com/cb?x=1", b"k=v"
    names: dict[str, Any] = {"ACCESS_KEY": PAIR.access_key, "SECRET_KEY": PAIR.secret_key}
    exec(snippet("python", url, content_type), names)  # noqa: S102 - our own text

    class Request:
        def __init__(self, data: bytes) -> None:
            signed = callback_signature.sign_qbox(PAIR, url, content_type, body)
            self.headers = {"Authorization": signed}
            self._data = data

        def get_data(self, *, as_text: bool) -> str:
            assert as_text
            return self._data.decode()

    assert names["is_genuine"](Request(body))
    is_signed = content_type != "application/json"
    assert names["is_genuine"](Request(b"k=w")) is not is_signed
    assert qiniu.__version__


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_url_cannot_end_its_own_literal(language: str) -> None:
    quotes = "\"'\\"
    code = snippet(language, f"http://x/{quotes}", "application/json")
    assert f"http://x/{quotes}" not in code


def test_a_json_body_is_no_part_of_the_signature_in_node() -> None:
    assert "null, req.get" in snippet("node", "http://x/", "application/json").replace("  ", "")


def test_the_policy_is_shown_as_it_was_signed(cli: Cli) -> None:
    signed = upload_token.sign(b'{"scope":"demo","deadline":1893456000}', PAIR)
    assert encoding.decode(signed.split(":")[2]) == b'{"scope":"demo","deadline":1893456000}'
    assert explain(cli, signed).json["policy"] == {"scope": "demo", "deadline": 1893456000}
