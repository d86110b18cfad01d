"""The upload function: real handler, event in, answer out, strict S3 behind it."""

from __future__ import annotations

import base64
import io
import json
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from tests import events, sdk_bodies
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions
from upgate import limits
from upgate.encoding import encode

HELLO_ETAG = "Fqr0xh3cxeii2r7eDztILNmuqUNN"  # protocol.md 5


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    return functions.load("upload")


def send(app: ModuleType, event: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
    """Status, body (parsed where it is JSON) and headers."""
    answer = app.lambda_handler(event, None)
    body = answer.get("body", "")
    return answer["statusCode"], json.loads(body) if body else None, answer["headers"]


def upload(app: ModuleType, fields: dict[str, str] | None = None, **policy: Any) -> Any:
    status, body, _ = send(app, events.form_of({"token": events.token(**policy), **(fields or {})}))
    return status, body


# The plain answer


def test_form_sample_answers_hash_key_and_custom_variables(app: ModuleType) -> None:
    status, body, headers = send(app, events.load("upload-form"))
    assert (status, body) == (200, {"hash": HELLO_ETAG, "key": "a.txt", "x:name": "logo"})
    assert headers["Content-Type"] == "application/json"


def test_form_sample_is_stored_under_exactly_its_key(app: ModuleType, functions: Functions) -> None:
    send(app, events.load("upload-form"))
    stored = functions.aws.s3.objects["s3-demo", "a.txt"]
    assert stored.body == b"hello"
    assert stored.headers["content-type"] == "text/plain"


@pytest.mark.parametrize("key", ["你好?&=\r\n", 'a\\b\\c"hello', "/a//b/", "a%2Fb +c", "a b"])
def test_odd_keys_are_stored_and_answered_unchanged(
    app: ModuleType, functions: Functions, key: str
) -> None:
    status, body = upload(app, {"key": key})
    assert (status, body["key"]) == (200, key)
    assert ("s3-demo", key) in functions.aws.s3.objects


def test_empty_key_is_a_name_of_its_own(app: ModuleType, functions: Functions) -> None:
    status, body = upload(app, {"key": ""})
    assert (status, body["key"]) == (200, "")
    ((_, name),) = functions.aws.s3.objects
    assert len(name.encode()) > limits.KEY_BYTES


def test_no_key_is_named_by_its_etag(app: ModuleType) -> None:
    assert upload(app) == (200, {"hash": HELLO_ETAG, "key": HELLO_ETAG})


def test_metadata_and_headers_are_kept_with_the_object(
    app: ModuleType, functions: Functions
) -> None:
    upload(app, {"key": "k", "x-qn-meta-m1": "v1", "cacheControl": "max-age=60"})
    stored = functions.aws.s3.objects["s3-demo", "k"]
    assert stored.headers["cache-control"] == "max-age=60"
    assert stored.metadata["qn-m1"] == "v1"
    assert stored.metadata["upgate-etag"] == HELLO_ETAG


@pytest.mark.parametrize(
    ("label", "mime_type"), [("txt", "txt"), ("image/*", "text/plain"), ("<b>", "text/plain")]
)
def test_a_label_that_is_no_media_type_is_no_reason_to_refuse_a_file(
    app: ModuleType, functions: Functions, label: str, mime_type: str
) -> None:
    form = events.form_of({"token": events.token(), "key": "k"}, mime_type=label)
    assert send(app, form)[0] == 200
    path = f"/putb64/5/key/{encode(b'k2')}/mimeType/{encode(label.encode())}"
    headers = {"Authorization": f"UpToken {events.token()}"}
    body = base64.b64encode(b"hello")
    answer = send(app, events.http("POST", path, body, headers, route="POST /putb64/{proxy+}"))
    assert answer[0] == 200
    for key in ("k", "k2"):
        assert functions.aws.s3.objects["s3-demo", key].headers["content-type"] == mime_type


def test_putb64_sample_is_stored_like_a_form(app: ModuleType, functions: Functions) -> None:
    status, body, _ = send(app, events.load("upload-putb64"))
    assert (status, body) == (200, {"hash": HELLO_ETAG, "key": "a.txt"})
    assert functions.aws.s3.objects["s3-demo", "a.txt"].body == b"hello"


def test_content_above_one_block_is_stored_with_its_crc32(
    app: ModuleType, functions: Functions
) -> None:
    content = bytes(4 * 1024 * 1024 + 1)
    status, body, _ = send(app, events.form_of({"token": events.token()}, content))
    assert (status, body["hash"]) == (200, "lhCFgki5yzon0rjN9uJusf6qtsF6")  # protocol.md 5


@pytest.mark.parametrize("file_type", [1, 4])
def test_file_type_chooses_the_storage_class(
    app: ModuleType, functions: Functions, file_type: int
) -> None:
    upload(app, {"key": "k"}, fileType=file_type)
    storage_class = functions.aws.s3.objects["s3-demo", "k"].headers["x-amz-storage-class"]
    assert storage_class == {1: "STANDARD_IA", 4: "GLACIER_IR"}[file_type]


# returnBody


def test_return_body_sample_tells_of_the_picture(app: ModuleType) -> None:
    status, body, _ = send(app, events.load("upload-return-body"))
    assert status == 200
    assert body == {"name": "gogopher.jpg", "size": body["size"], "w": 64, "h": 48}


def test_return_body_of_a_blank_is_answered_as_it_is(app: ModuleType) -> None:
    answer = app.lambda_handler(events.form_of({"token": events.token(returnBody=" ")}), None)
    assert (answer["statusCode"], answer["body"]) == (200, " ")


def test_image_variables_of_a_text_file_are_null(app: ModuleType) -> None:
    body = '{"w":$(imageInfo.width),"e":$(exif),"c":"$(imageAve.RGB)","x":$(x:never)}'
    assert upload(app, returnBody=body) == (200, {"w": None, "e": None, "c": "", "x": None})


def test_all_plain_variables_have_their_values(app: ModuleType) -> None:
    plain = ("bucket", "key", "etag", "fname", "fsize", "mimeType", "endUser", "ext", "fprefix")
    template = json.dumps({name: f"$({name})" for name in (*plain, "x:a")})
    status, body = upload(app, {"key": "k", "x:a": "$(key)"}, endUser="u", returnBody=template)
    assert status == 200
    assert body == {
        "bucket": "demo",
        "key": "k",
        "etag": HELLO_ETAG,
        "fname": "a.txt",
        "fsize": "5",
        "mimeType": "text/plain",
        "endUser": "u",
        "ext": ".txt",
        "fprefix": "a",
        "x:a": "$(key)",
    }


def test_return_body_beyond_the_limit_is_refused_before_storing(
    app: ModuleType, functions: Functions
) -> None:
    body = json.dumps(["$(x:a)"] * 5)
    status, answer = upload(app, {"x:a": "a" * 60_000}, returnBody=body)
    assert (status, functions.aws.s3.puts) == (400, 0)
    assert "template" in answer["error"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html", "application/json"),
        ("application/json", "application/json"),
    ],
)
def test_accept_chooses_only_harmless_types(
    app: ModuleType, accept: str, content_type: str
) -> None:
    form = events.form_of({"token": events.token(), "accept": accept})
    assert send(app, form)[2]["Content-Type"] == content_type


# Naming


def test_save_key_names_what_the_client_did_not(app: ModuleType) -> None:
    status, body = upload(app, {"x:album": "7"}, saveKey="al/$(x:album)/$(fname)$(ext)")
    assert (status, body["key"]) == (200, "al/7/a.txt.txt")


def test_forced_save_key_wins_over_the_clients_key(app: ModuleType) -> None:
    assert upload(app, {"key": "mine"}, saveKey="forced", forceSaveKey=True)[1]["key"] == "forced"


@pytest.mark.parametrize(
    ("fields", "policy", "status", "text"),
    [
        ({"key": "b"}, {"scope": "demo:a"}, 403, "key doesn't match with scope"),
        ({}, {"scope": "demo:a"}, 403, "key doesn't match with scope"),
        (
            {"key": "b/1"},
            {"scope": "demo:a/", "isPrefixalScope": 1},
            403,
            "key doesn't match with scope",
        ),
        ({"key": "b"}, {"keylimit": ["a"]}, 403, "keylimit"),
        ({"key": "k" * 751}, {}, 414, "key too long"),
        ({"key": "a/../b"}, {}, 400, "segment"),
        ({"key": f"{'A' * 27}=/F{'0' * 27}"}, {}, 400, "form of a result's"),
        ({}, {"saveKey": "$(fname)/../b"}, 400, "segment"),
        ({"key": "a"}, {"fsizeLimit": 4}, 413, "fsizeLimit is 4"),
        ({"key": "a"}, {"fsizeMin": 6}, 403, "smaller than FsizeMin"),
        ({"key": "a"}, {"mimeLimit": "image/*"}, 403, "(text/plain) is forbidden"),
        ({"key": "a", "crc32": "1"}, {}, 406, "crc32 check error"),
        ({"key": "a", "crc32": "abc"}, {}, 400, "crc32"),
        ({"key": "a", "contentEncoding": "gzip, aws-chunked"}, {}, 400, "aws-chunked"),
        ({"key": "a"}, {"scope": "other"}, 631, "no such bucket"),
        ({"key": "a"}, {"scope": ""}, 400, "scope not specified"),
        ({"key": "a"}, {"deadline": 1451491200}, 401, "expired"),
        ({"key": "a"}, {"fsizeLimit": "4"}, 401, "invalid put policy encoding"),
        ({"key": "a"}, {"callbackUrl": "https://app.example.com/"}, 400, "callbackBody"),
        (
            {"key": "a"},
            {"callbackUrl": "qiniu/callback", "callbackBody": "a=1"},
            400,
            "not an absolute http or https URL",
        ),
        ({"key": "a"}, {"returnUrl": "https://x/\r\nSet-Cookie: a"}, 400, "returnUrl"),
    ],
)
def test_refusal_has_its_own_number_and_stores_nothing(
    app: ModuleType,
    functions: Functions,
    fields: dict[str, str],
    policy: dict[str, Any],
    status: int,
    text: str,
) -> None:
    answered, body = upload(app, fields, **policy)
    assert answered == status
    assert text in body["error"]
    assert functions.aws.s3.puts == 0


@pytest.mark.parametrize(
    ("fields", "policy"),
    [
        ({"key": "a"}, {"scope": "demo:a"}),
        ({"key": "a/1"}, {"scope": "demo:a/", "isPrefixalScope": 1}),
        ({"key": "a"}, {"keylimit": ["a"]}),
        ({"key": "k" * 750}, {}),
        ({"key": "a/..b"}, {}),
        ({"key": f"{'A' * 26}=/F{'0' * 27}"}, {}),
        ({"key": "a"}, {"fsizeLimit": 5}),
        ({"key": "a"}, {"fsizeMin": 5}),
        ({"key": "a"}, {"mimeLimit": "text/*"}),
        ({"key": "a", "crc32": "907060870"}, {}),
    ],
)
def test_the_nearest_neighbour_of_a_refusal_is_stored(
    app: ModuleType, fields: dict[str, str], policy: dict[str, Any]
) -> None:
    assert upload(app, fields, **policy)[0] == 200


def test_wrong_signature_says_bad_token_and_nothing_more(app: ModuleType) -> None:
    status, body, headers = send(app, events.load("upload-bad-token"))
    assert (status, body) == (401, {"error": "bad token"})
    assert headers["X-Reqid"]
    assert headers["X-Log"]


def test_the_older_key_of_the_ring_still_verifies(app: ModuleType) -> None:
    from tests.fakes.aws import OLD_ACCESS_KEY, OLD_SECRET_KEY
    from upgate.tokens.keys import KeyPair

    token = events.token(pair=KeyPair(OLD_ACCESS_KEY, OLD_SECRET_KEY))
    assert send(app, events.form_of({"token": token}))[0] == 200


# Insert and overwrite


def test_same_key_with_other_content_is_614_and_keeps_the_first(
    app: ModuleType, functions: Functions
) -> None:
    token = events.token()
    send(app, events.form_of({"token": token, "key": "k"}, b"first"))
    status, body, _ = send(app, events.form_of({"token": token, "key": "k"}, b"second"))
    assert (status, body) == (614, {"error": "file exists"})
    assert functions.aws.s3.objects["s3-demo", "k"].body == b"first"


def test_same_key_with_the_same_content_is_success(app: ModuleType) -> None:
    event = events.form_of({"token": events.token(), "key": "k"})
    assert send(app, event)[:2] == send(app, event)[:2] == (200, {"hash": HELLO_ETAG, "key": "k"})


def test_scope_with_key_overwrites(app: ModuleType, functions: Functions) -> None:
    token = events.token(scope="demo:k")
    send(app, events.form_of({"token": token, "key": "k"}, b"first"))
    status, _, _ = send(app, events.form_of({"token": token, "key": "k"}, b"second"))
    assert status == 200
    assert functions.aws.s3.objects["s3-demo", "k"].body == b"second"


def test_insert_only_scope_with_key_does_not_overwrite(app: ModuleType) -> None:
    token = events.token(scope="demo:k", insertOnly=1)
    send(app, events.form_of({"token": token, "key": "k"}, b"first"))
    assert send(app, events.form_of({"token": token, "key": "k"}, b"second"))[0] == 614


def test_object_of_unknown_origin_under_the_key_is_614(
    app: ModuleType, functions: Functions
) -> None:
    from tests.fakes.s3 import StoredObject

    functions.aws.s3.objects["s3-demo", "k"] = StoredObject(b"hello", {})
    assert upload(app, {"key": "k"})[0] == 614


def test_conflicting_write_is_tried_again(app: ModuleType, functions: Functions) -> None:
    conflicts = [s3_error(409, "ConditionalRequestConflict")] * 2
    functions.aws.s3.before_put = lambda _: conflicts.pop() if conflicts else None
    assert upload(app)[0] == 200
    assert functions.aws.s3.puts == 3


def test_conflict_that_does_not_end_is_599_and_nothing_is_stored(
    app: ModuleType, functions: Functions
) -> None:
    functions.aws.s3.before_put = lambda _: s3_error(409, "ConditionalRequestConflict")
    assert upload(app) == (599, {"error": "server operation failed"})
    assert functions.aws.s3.objects == {}


def test_bytes_damaged_on_the_way_to_s3_are_not_stored(
    app: ModuleType, functions: Functions
) -> None:
    def damage(request: Received) -> Reply | None:
        assert "x-amz-checksum-sha1" in request.headers
        return s3_error(400, "BadDigest")

    functions.aws.s3.before_put = damage
    assert upload(app)[0] == 599


def test_refusal_of_s3_is_in_the_log_with_its_code(
    app: ModuleType, functions: Functions, log: io.StringIO
) -> None:
    functions.aws.s3.before_put = lambda _: s3_error(403, "AccessDenied")
    upload(app)
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert line["cause"]["code"] == "AccessDenied"
    assert line["cause"]["status"] == 403
    assert line["cause"]["operation"] == "PutObject"


# Redirect


def test_redirect_sample_carries_the_return_body(app: ModuleType) -> None:
    status, body, headers = send(app, events.load("upload-redirect"))
    location = urlsplit(headers["Location"])
    upload_ret = parse_qs(location.query)["upload_ret"][0]
    assert (status, body) == (301, None)
    assert location._replace(query="").geturl() == "https://app.example.com/done"
    assert json.loads(base64.urlsafe_b64decode(upload_ret)) == {"key": "a.txt"}
    assert headers["Cache-Control"] == "no-store"


def test_redirect_status_is_the_operators_choice(functions: Functions) -> None:
    app = functions.load("upload", UPGATE_REDIRECT_STATUS="303")
    assert send(app, events.load("upload-redirect"))[0] == 303


def test_redirect_without_body_and_key_names_the_key_beside(app: ModuleType) -> None:
    token = events.token(returnUrl="https://app.example.com/done?a=1")
    _, _, headers = send(app, events.form_of({"token": token}))
    query = parse_qs(urlsplit(headers["Location"]).query)
    assert query["a"] == ["1"]
    assert query["key"] == [HELLO_ETAG]
    assert json.loads(base64.urlsafe_b64decode(query["upload_ret"][0]))["key"] == HELLO_ETAG


def test_failure_is_redirected_with_code_and_error(app: ModuleType) -> None:
    token = events.token(scope="demo:a", returnUrl="https://app.example.com/done")
    status, _, headers = send(app, events.form_of({"token": token, "key": "b"}))
    assert status == 301
    assert headers["Location"] == (
        "https://app.example.com/done?code=403&error=key%20doesn%27t%20match%20with%20scope"
    )


@pytest.mark.parametrize("fields", [{"crc32": "abc"}, {"x-qn-meta-a b": "v"}, {"accept": "\x01"}])
def test_fault_of_a_field_is_redirected_too(app: ModuleType, fields: dict[str, str]) -> None:
    token = events.token(returnUrl="https://app.example.com/done")
    status, _, headers = send(app, events.form_of({"token": token, **fields}))
    assert status == 301
    assert headers["Location"].startswith("https://app.example.com/done?code=400&error=")


def test_fault_of_a_field_under_a_bad_token_is_401(app: ModuleType) -> None:
    token = events.token(returnUrl="https://app.example.com/done")[:-8]
    assert send(app, events.form_of({"token": token, "crc32": "abc"}))[0] == 401


def test_fault_of_a_field_without_a_return_url_is_400(app: ModuleType) -> None:
    assert upload(app, {"crc32": "abc"})[0] == 400


def test_expired_token_is_not_redirected(app: ModuleType) -> None:
    token = events.token(deadline=1, returnUrl="https://app.example.com/done")
    assert send(app, events.form_of({"token": token}))[0] == 401


# What every answer has


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("upload-unknown-route", 404, "not found"),
        ("upload-wrong-method", 405, "method not allowed: use POST or OPTIONS"),
    ],
)
def test_other_routes_are_refused_in_json(
    app: ModuleType, name: str, status: int, error: str
) -> None:
    answered, body, headers = send(app, events.load(name))
    assert (answered, body) == (status, {"error": error})
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Reqid"]


def test_wrong_method_names_the_right_ones(app: ModuleType) -> None:
    assert send(app, events.load("upload-wrong-method"))[2]["Allow"] == "POST, OPTIONS"


def test_preflight_admits_what_browsers_of_the_js_sdk_ask_for(app: ModuleType) -> None:
    status, body, headers = send(app, events.load("upload-preflight"))
    assert (status, body) == (204, None)
    assert headers["Access-Control-Allow-Origin"] == "*"
    for method in ("POST", "PUT", "DELETE"):
        assert method in headers["Access-Control-Allow-Methods"]
    for header in ("Authorization", "Content-Type", "Content-MD5"):
        assert header in headers["Access-Control-Allow-Headers"]


def test_cors_list_admits_its_own_origins_only(functions: Functions) -> None:
    app = functions.load("upload", UPGATE_CORS_ORIGINS="https://app.example.com")
    known = events.load("upload-preflight")
    assert send(app, known)[2]["Access-Control-Allow-Origin"] == "https://app.example.com"
    known["headers"]["origin"] = "https://evil.example.com"
    assert "Access-Control-Allow-Origin" not in send(app, known)[2]


def test_stage_timings_are_in_the_log_header(app: ModuleType) -> None:
    headers = send(app, events.load("upload-return-body"))[2]
    stages = dict(stage.split(":") for stage in headers["X-Log"].split(";"))
    assert {"parse", "token", "hash", "sniff", "render", "put", "UP"} == stages.keys()
    assert all(milliseconds.isdigit() for milliseconds in stages.values())


def test_request_ids_differ(app: ModuleType) -> None:
    event = events.load("upload-form")
    assert send(app, event)[2]["X-Reqid"] != send(app, event)[2]["X-Reqid"]


def test_standard_status_mode_keeps_the_number_in_body_and_header(functions: Functions) -> None:
    app = functions.load("upload", UPGATE_STATUS_MODE="standard")
    token = events.token(scope="other")
    status, body, headers = send(app, events.form_of({"token": token}))
    assert (status, body) == (404, {"error": "no such bucket", "code": 631})
    assert headers["X-Upgate-Code"] == "631"


def test_deadline_can_be_required(functions: Functions) -> None:
    app = functions.load("upload", UPGATE_DEADLINE_REQUIRED="true")
    assert send(app, events.form_of({"token": events.token()}))[0] == 401
    assert send(app, events.form_of({"token": events.token(deadline=4_000_000_000)}))[0] == 200


def test_fault_of_our_own_is_599_in_json(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(app.UPLOADER, "receive", explode)
    status, body, headers = send(app, events.load("upload-form"))
    assert (status, body) == (599, {"error": "server operation failed"})
    assert headers["X-Reqid"]


def test_no_secret_token_or_body_is_logged(app: ModuleType, log: io.StringIO) -> None:
    token = events.token(returnBody='{"k":$(key)}', endUser="somebody")
    send(app, events.form_of({"token": token, "key": "private-name"}, b"private-content"))
    send(app, events.form_of({"token": token[:-4], "key": "private-name"}, b"private-content"))
    assert log.getvalue().count('"request"') == 2
    for word in ("testsk", token[:40], "private-name", "private-content", "somebody"):
        assert word not in log.getvalue()


# The official SDKs' own bytes (protocol.md 2.2)


@pytest.mark.parametrize("client", sdk_bodies.CLIENTS)
def test_bytes_of_every_client_are_stored(
    app: ModuleType, functions: Functions, client: str
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (3, 2)).save(picture, "PNG")
    token = events.token(returnBody='{"key":$(key),"w":$(imageInfo.width),"a":$(x:a)}')
    sent = sdk_bodies.CLIENTS[client](
        sdk_bodies.Upload(
            token=token,
            content=picture.getvalue(),
            key="k.png",
            mime_type="image/png",
            custom_variables={"x:a": "1"},
        )
    )
    status, body, _ = send(app, events.form(sent.body, sent.content_type))
    assert (status, body) == (200, {"key": "k.png", "w": 3, "a": "1"})
    assert functions.aws.s3.objects["s3-demo", "k.png"].body == picture.getvalue()
