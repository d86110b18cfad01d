from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.unit.sample_facts import ETAG, sample_variables
from upgate import limits
from upgate.callbacks import callback_request
from upgate.callbacks.callback import CallbackRequest
from upgate.errors import InvalidArgumentError
from upgate.tokens import put_policy
from upgate.tokens.put_policy import FORM_BODY, JSON_BODY

URL = "https://app.example/cb"


def _build(policy: dict[str, Any], **facts: Any) -> CallbackRequest | None:
    fields = {"scope": "photos", "callbackUrl": URL, "callbackBody": "key=$(key)", **policy}
    return callback_request.build(
        put_policy.parse(json.dumps(fields).encode()),
        sample_variables(**facts),
        delivery_id="d1",
        access_key="ak",
        budget_seconds=8.0,
        buckets=("photos",),
    )


def _built(policy: dict[str, Any] | None = None, **facts: Any) -> CallbackRequest:
    request = _build(policy or {}, **facts)
    assert request is not None
    return request


def test_a_policy_without_callback_has_none() -> None:
    assert _build({"callbackUrl": None}) is None


def test_the_callback_carries_what_delivering_it_takes() -> None:
    assert _built({"callbackHost": "host.example"}) == CallbackRequest(
        urls=(URL,),
        host="host.example",
        body="key=a%2Fb.jpg",
        content_type=FORM_BODY,
        delivery_id="d1",
        access_key="ak",
        budget_seconds=8.0,
    )


# A value stays in its segment of the URL's path.


@pytest.mark.parametrize("value", [".", ".."])
def test_value_that_climbs_out_of_its_segment_is_refused(value: str) -> None:
    with pytest.raises(InvalidArgumentError, match="callbackUrl: a variable makes"):
        _built({"callbackUrl": f"{URL}/$(x:a)/done"}, custom_variables={"x:a": value})


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        ("$(x:a)/done", "...", "/.../done"),
        ("v$(x:a)/done", "..", "/v../done"),
        ("../$(x:a)", "b", "/../b"),
        ("?a=/$(x:a)/", "..", "/?a=/../"),
        ("$(x:a)", "../b?c;d#e", "/..%2Fb%3Fc%3Bd%23e"),
    ],
)
def test_other_values_are_data(template: str, value: str, url: str) -> None:
    built = _built({"callbackUrl": f"{URL}/{template}"}, custom_variables={"x:a": value})
    assert built.urls == (URL + url,)


# Body.


def test_a_form_body_is_percent_encoded_value_by_value() -> None:
    template = "key=$(key)&hash=$(etag)&n=${fname}&s=$(fsize)&x=$(x:a)&none=$(x:b)&k=&v"
    request = _built({"callbackBody": template}, custom_variables={"x:a": "1&key=evil"})
    assert request.body == (
        f"key=a%2Fb.jpg&hash={ETAG}&n=sun%20flower.jpg&s=5&x=1%26key%3Devil&none=&k=&v"
    )


def test_the_form_body_of_seed_002_is_read_back() -> None:
    template = "test=$(x:test)&key=$(etag)&size=$(fsize)&uid=$(endUser)"
    request = _built({"callbackBody": template}, custom_variables={"x:test": "图 +"})
    assert parse_qs(request.body) == {
        "test": ["图 +"],
        "key": [ETAG],
        "size": ["5"],
        "uid": ["u1"],
    }


@pytest.mark.parametrize("key", ["\r\n?&r=6144k", 'a\\b\\c"hello', "图片\u2028", '","evil":"'])
@pytest.mark.parametrize("template", ['{"key":"$(key)"}', '{"key":$(key)}'])
def test_a_json_body_holds_any_key(template: str, key: str) -> None:
    request = _built({"callbackBody": template, "callbackBodyType": JSON_BODY}, key=key)
    assert (json.loads(request.body), request.content_type) == ({"key": key}, JSON_BODY)


def test_a_missing_value_in_a_json_body_is_null() -> None:
    request = _built({"callbackBody": '{"a":$(x:a)}', "callbackBodyType": JSON_BODY})
    assert request.body == '{"a":null}'


@pytest.mark.parametrize(
    "template",
    [
        '{"key":$(key)',
        "key=$(key)",
        " ",
        '{"a":$(fsize)$(fsize)x}',
        '{"a":NaN}',
        '{"a":"$(key)}',
        "[" * 5000 + "]" * 4999,
        '{"a":"line\nbreak"}',
    ],
)
def test_a_body_that_is_not_the_json_it_says_is_refused(template: str) -> None:
    with pytest.raises(InvalidArgumentError):
        _build({"callbackBody": template, "callbackBodyType": JSON_BODY})


def test_a_form_body_need_not_be_json() -> None:
    assert _built({"callbackBody": '{"key":$(key)'}).body == '{"key":a%2Fb.jpg'


def test_a_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        _build(
            {"callbackBody": "a=$(x:a)"},
            custom_variables={"x:a": "a" * (limits.RENDERED_BYTES + 1)},
        )


# URLs.


@pytest.mark.parametrize(
    ("template", "urls"),
    [
        ("https://a.example;http://b.example/x", ("https://a.example", "http://b.example/x")),
        (" https://a.example ; ;https://b.example;", ("https://a.example", "https://b.example")),
        ("https://a.example/$(bucket)?k=$(key)", ("https://a.example/photos?k=a%2Fb.jpg",)),
        ("https://a.example/?x=$(x:none)", ("https://a.example/?x=",)),
        ("http://app.example:1024/", ("http://app.example:1024/",)),
        ("http://93.184.216.34/", ("http://93.184.216.34/",)),
        ("http://127.0.0.1:65535/", ("http://127.0.0.1:65535/",)),  # only `upgate local` calls it
    ],
)
def test_every_url_of_the_list_is_filled_in(template: str, urls: tuple[str, ...]) -> None:
    assert _built({"callbackUrl": template}).urls == urls


def test_a_semicolon_in_a_value_does_not_add_a_url() -> None:
    request = _built(
        {"callbackUrl": "https://a.example/?x=$(x:a)"},
        custom_variables={"x:a": ";https://evil.example/"},
    )
    assert request.urls == ("https://a.example/?x=%3Bhttps%3A%2F%2Fevil.example%2F",)


def test_body_sha1_stands_in_the_url() -> None:
    request = _built({"callbackUrl": "https://a.example/?s=$(bodySha1)"})
    digest = hashlib.sha1(b"key=a%2Fb.jpg", usedforsecurity=False).hexdigest()
    assert request.urls == (f"https://a.example/?s={digest}",)


def test_as_many_urls_as_the_limit_are_accepted() -> None:
    urls = ";".join([URL] * limits.CALLBACK_URLS)
    assert len(_built({"callbackUrl": urls}).urls) == limits.CALLBACK_URLS


@pytest.mark.parametrize("url", [" ", ";", " ; ", ";".join([URL] * (limits.CALLBACK_URLS + 1))])
def test_no_url_or_one_too_many_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError):
        _build({"callbackUrl": url})


@pytest.mark.parametrize(
    "url",
    [
        "/cb",
        "app.example/cb",
        "//app.example/cb",
        "ftp://app.example/cb",
        "http://",
        "http:///cb",
        "http://[::1",
        "https://app.example/a b",
        "https://app.example/\r\nX: 1",
        "https://user:password@app.example/",
        "$(x:url)",
        "http://app.example:22/",
        "http://app.example:1023/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_a_url_that_could_never_be_called_is_refused_while_nothing_is_stored(url: str) -> None:
    with pytest.raises(InvalidArgumentError):
        _build({"callbackUrl": url}, custom_variables={"x:url": "https://evil.example"})


@pytest.mark.parametrize(
    "bad",
    [
        "/cb",
        "ftp://app.example/cb",
        "http://10.0.0.1/",
        "http://app.example:22/",
        "$(x:url)",
        f"{URL}?".ljust(limits.CALLBACK_URL_BYTES + 1, "a"),
    ],
)
def test_of_several_urls_the_one_that_cannot_be_called_is_left_out(
    bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    other = "https://other.example/cb"
    for template in (f"{bad};{URL};{other}", f"{URL};{bad};{other}", f"{URL};{other};{bad}"):
        assert _built({"callbackUrl": template}).urls == (URL, other)
    assert len(caplog.records) == 3
    assert "other.example" not in caplog.text


def test_several_urls_of_which_none_can_be_called_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="callbackUrl cannot be called: URL is not an"):
        _build({"callbackUrl": "/cb;http://10.0.0.1/"})


def test_a_url_at_the_limit_is_accepted() -> None:
    url = f"{URL}?".ljust(limits.CALLBACK_URL_BYTES, "a")
    assert _built({"callbackUrl": url}).urls == (url,)


def test_a_url_one_byte_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        _build({"callbackUrl": f"{URL}?".ljust(limits.CALLBACK_URL_BYTES + 1, "a")})


# callbackHost.


@pytest.mark.parametrize(
    ("host", "expected"),
    [(None, None), ("", None), ("app.example", "app.example"), ("a.example:81", "a.example:81")],
)
def test_a_host_is_passed_on_and_an_empty_one_is_none(
    host: str | None, expected: str | None
) -> None:
    assert _built({"callbackHost": host}).host == expected


@pytest.mark.parametrize(
    "host", ["a.example\r\nX: 1", "a b", "http://a.example", "a.example/", "图"]
)
def test_a_host_that_is_none_is_refused_while_nothing_is_stored(host: str) -> None:
    with pytest.raises(InvalidArgumentError):
        _build({"callbackHost": host})
