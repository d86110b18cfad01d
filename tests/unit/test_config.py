from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from upgate.answers.responses import CorsSettings
from upgate_aws.config.asyncops_config import asyncops_config
from upgate_aws.config.callback_config import CallbackConfig, callback_config
from upgate_aws.config.download_config import download_config
from upgate_aws.config.events_config import events_config
from upgate_aws.config.http_config import HttpConfig
from upgate_aws.config.query_config import query_config
from upgate_aws.config.redelivery_config import redelivery_config
from upgate_aws.config.token_config import token_config
from upgate_aws.config.upload_config import upload_config
from upgate_aws.config.variables import ConfigError

UPLOAD = {
    "UPGATE_BUCKETS": '{"photos":"stack-uploads-1"}',
    "UPGATE_LEDGER_TABLE": "ledger",
    "UPGATE_KEYS_SECRET": "arn:secret",
    "UPGATE_CALLBACK_FUNCTION": "callback",
    "UPGATE_AVINFO_FUNCTION": "avinfo",
    "UPGATE_OPS_QUEUE": "https://sqs/ops",
    "UPGATE_REDELIVERY_QUEUE": "https://sqs/redelivery",
    "UPGATE_REDELIVERY_WAITS": "5,30",
}
REDELIVERY = {
    "UPGATE_LEDGER_TABLE": "ledger",
    "UPGATE_OPS_QUEUE": "https://sqs/ops",
    "UPGATE_REDELIVERY_QUEUE": "https://sqs/redelivery",
    "UPGATE_REDELIVERY_DEAD_LETTERS": "https://sqs/dead",
    "UPGATE_CALLBACK_FUNCTION": "callback",
    "UPGATE_REDELIVERY_WAITS": "5,30",
}
TOKEN = {name: UPLOAD[name] for name in list(UPLOAD)[:3]}
CALLBACK = {
    "UPGATE_BUCKETS": '{"demo": "s3-demo"}',
    "UPGATE_KEYS_SECRET": "arn:secret",
    "UPGATE_LEDGER_TABLE": "ledger",
}
READERS: list[tuple[Callable[[Mapping[str, str]], Any], dict[str, str]]] = [
    (upload_config, UPLOAD),
    (token_config, TOKEN),
    (callback_config, CALLBACK),
]


def test_the_upload_function_has_the_documented_defaults() -> None:
    config = upload_config(UPLOAD)
    assert (config.buckets, config.ledger_table) == ({"photos": "stack-uploads-1"}, "ledger")
    assert (config.keys_secret, config.callback_function) == ("arn:secret", "callback")
    assert (config.callback_budget_seconds, config.redirect_status) == (8.0, 301)
    assert config.deadline_required is False
    assert config.time_zone.utcoffset(None) == timedelta(hours=8)
    assert config.http == HttpConfig(
        cors=CorsSettings(("*",)), standard_status=False, public_url=None, is_local=False
    )


def test_what_the_operator_sets_is_read() -> None:
    config = upload_config(
        UPLOAD
        | {
            "UPGATE_CALLBACK_BUDGET_SECONDS": "2.5",
            "UPGATE_REDIRECT_STATUS": "303",
            "UPGATE_DEADLINE_REQUIRED": "true",
            "UPGATE_TIME_ZONE": "-03:30",
            "UPGATE_CORS_ORIGINS": "https://a.example, https://b.example",
            "UPGATE_STATUS_MODE": "standard",
            "UPGATE_PUBLIC_URL": "https://up.example/",
        }
    )
    assert (config.callback_budget_seconds, config.redirect_status) == (2.5, 303)
    assert config.deadline_required is True
    assert config.time_zone.utcoffset(None) == -timedelta(hours=3, minutes=30)
    assert config.http == HttpConfig(
        cors=CorsSettings(("https://a.example", "https://b.example")),
        standard_status=True,
        public_url="https://up.example",
        is_local=False,
    )


@pytest.mark.parametrize(("lifetime", "seconds"), [(None, 3600), ("1", 1), ("604800", 604_800)])
def test_the_lifetime_of_tokens_is_read(lifetime: str | None, seconds: int) -> None:
    environ = TOKEN | ({"UPGATE_TOKEN_LIFETIME_SECONDS": lifetime} if lifetime else {})
    assert token_config(environ).token_lifetime_seconds == seconds


def test_the_callback_function_has_its_hosts() -> None:
    config = callback_config(CALLBACK | {"UPGATE_CALLBACK_HOSTS": "a.example, *.b.example,"})
    assert config == CallbackConfig(
        keys_secret="arn:secret",
        buckets={"demo": "s3-demo"},
        callback_hosts=frozenset(("a.example", "*.b.example")),
        is_local=False,
        ledger_table="ledger",
        listens=False,
    )


def test_nobody_listens_unless_the_stack_says_so() -> None:
    assert callback_config(CALLBACK).listens is False
    assert callback_config(CALLBACK | {"UPGATE_CALLBACK_LISTEN": "true"}).listens is True
    with pytest.raises(ConfigError):
        callback_config(CALLBACK | {"UPGATE_CALLBACK_LISTEN": "yes"})


def test_an_empty_list_of_hosts_has_none() -> None:
    assert callback_config(CALLBACK | {"UPGATE_CALLBACK_HOSTS": ""}).callback_hosts == frozenset()


@pytest.mark.parametrize(
    ("read", "environ", "name"),
    [
        (read, environ, name)
        for read, environ in [*READERS, (redelivery_config, REDELIVERY)]
        for name in environ
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(
    read: Callable[[Mapping[str, str]], Any],
    environ: dict[str, str],
    name: str,
    value: str | None,
) -> None:
    broken = {key: text for key, text in environ.items() if key != name}
    if value is not None:
        broken[name] = value
    with pytest.raises(ConfigError, match=f"^{name} is not set$"):
        read(broken)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPGATE_BUCKETS", "photos"),
        ("UPGATE_BUCKETS", "{}"),
        ("UPGATE_BUCKETS", "[]"),
        ("UPGATE_BUCKETS", '["photos"]'),
        ("UPGATE_BUCKETS", '{"photos":1}'),
        ("UPGATE_BUCKETS", '{"photos":null}'),
        ("UPGATE_BUCKETS", '{"photos":""}'),
        ("UPGATE_BUCKETS", '{"":"bucket"}'),
        ("UPGATE_CALLBACK_BUDGET_SECONDS", "0.9"),
        ("UPGATE_CALLBACK_BUDGET_SECONDS", "20.1"),
        ("UPGATE_CALLBACK_BUDGET_SECONDS", "nan"),
        ("UPGATE_CALLBACK_BUDGET_SECONDS", "inf"),
        ("UPGATE_CALLBACK_BUDGET_SECONDS", "8s"),
        ("UPGATE_REDIRECT_STATUS", "302"),
        ("UPGATE_REDIRECT_STATUS", "0301"),
        ("UPGATE_DEADLINE_REQUIRED", "yes"),
        ("UPGATE_DEADLINE_REQUIRED", "True"),
        ("UPGATE_TIME_ZONE", "8"),
        ("UPGATE_TIME_ZONE", "+8:00"),
        ("UPGATE_TIME_ZONE", "+08:60"),
        ("UPGATE_TIME_ZONE", "+24:00"),
        ("UPGATE_TIME_ZONE", "Asia/Shanghai"),
        ("UPGATE_TIME_ZONE", "+08:00\n"),
        ("UPGATE_STATUS_MODE", "Standard"),
        ("AWS_ENDPOINT_URL", "http://["),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is wrong: "):
        upload_config(UPLOAD | {name: value})


@pytest.mark.parametrize("value", ["0", "604801", "x"])
def test_a_lifetime_out_of_range_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^UPGATE_TOKEN_LIFETIME_SECONDS is wrong: "):
        token_config(TOKEN | {"UPGATE_TOKEN_LIFETIME_SECONDS": value})


@pytest.mark.parametrize("value", ["1", "20"])
def test_a_budget_at_its_limits_is_read(value: str) -> None:
    config = upload_config(UPLOAD | {"UPGATE_CALLBACK_BUDGET_SECONDS": value})
    assert config.callback_budget_seconds == float(value)


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:4566", "http://localhost:4566", "https://LOCALHOST", "http://[::1]:4566"],
)
@pytest.mark.parametrize(("read", "environ"), READERS)
def test_an_endpoint_on_this_machine_is_local(
    read: Callable[[Mapping[str, str]], Any], environ: dict[str, str], endpoint: str
) -> None:
    config = read(environ | {"AWS_ENDPOINT_URL": endpoint})
    assert getattr(config, "http", config).is_local


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "",
        "https://s3.amazonaws.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://evil.example/127.0.0.1",
        "http://127.0.0.1@evil.example",
        "http://evil.example#@127.0.0.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "127.0.0.1:4566",
        "localhost",
    ],
)
@pytest.mark.parametrize(("read", "environ"), READERS)
def test_any_other_endpoint_is_not_local(
    read: Callable[[Mapping[str, str]], Any], environ: dict[str, str], endpoint: str | None
) -> None:
    config = read(environ | ({} if endpoint is None else {"AWS_ENDPOINT_URL": endpoint}))
    assert not getattr(config, "http", config).is_local


GATEWAY = "a1b2.execute-api.eu-west-1.amazonaws.com"
OPS = {
    "UPGATE_BUCKETS": '{"photos":"stack-uploads-1"}',
    "UPGATE_WORK_BUCKET": "stack-work-1",
    "UPGATE_LEDGER_TABLE": "ledger",
    "UPGATE_KEYS_SECRET": "arn:secret",
    "UPGATE_EVENT_QUEUE": "https://sqs/events",
    "UPGATE_OPS_QUEUE": "https://sqs/ops",
    "UPGATE_REDELIVERY_QUEUE": "https://sqs/redelivery",
    "UPGATE_CALLBACK_FUNCTION": "callback",
}


@pytest.mark.parametrize("read", [asyncops_config, download_config])
def test_results_are_kept_for_a_year_by_default(read: Callable[[Mapping[str, str]], Any]) -> None:
    assert read(OPS).result_days == 365


@pytest.mark.parametrize("read", [asyncops_config, download_config])
@pytest.mark.parametrize("days", ["1", "0", "x"])
def test_results_of_less_than_two_days_are_refused(
    read: Callable[[Mapping[str, str]], Any], days: str
) -> None:
    with pytest.raises(ConfigError, match="UPGATE_RESULT_DAYS"):
        read(OPS | {"UPGATE_RESULT_DAYS": days})


@pytest.mark.parametrize(("text", "seconds"), [(None, 3600), ("60", 60), ("43200", 43_200)])
def test_the_lifetime_of_download_urls_is_read(text: str | None, seconds: int) -> None:
    environ = OPS | ({"UPGATE_DOWNLOAD_URL_SECONDS": text} if text else {})
    assert download_config(environ).url_lifetime_seconds == seconds


@pytest.mark.parametrize("text", ["59", "43201", "1h"])
def test_a_lifetime_of_download_urls_out_of_range_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^UPGATE_DOWNLOAD_URL_SECONDS is wrong: "):
        download_config(OPS | {"UPGATE_DOWNLOAD_URL_SECONDS": text})


@pytest.mark.parametrize(
    ("public_url", "requested", "host"),
    [
        ("https://up.example", GATEWAY, "up.example"),
        ("https://up.example:8443", f"{GATEWAY}.cn", "up.example:8443"),
        ("https://up.example", "other.example", "other.example"),
        ("https://up.example", f"{GATEWAY}.example", f"{GATEWAY}.example"),
        ("", GATEWAY, GATEWAY),
    ],
)
def test_host_that_a_client_signs_is_never_the_api_behind_a_domain(
    public_url: str, requested: str, host: str
) -> None:
    config = download_config(OPS | {"UPGATE_PUBLIC_URL": public_url})
    assert config.http.host(requested) == host


@pytest.mark.parametrize("read", [asyncops_config, download_config, events_config, query_config])
def test_a_missing_queue_is_named(read: Callable[[Mapping[str, str]], Any]) -> None:
    with pytest.raises(ConfigError, match="UPGATE_OPS_QUEUE"):
        read({name: value for name, value in OPS.items() if name != "UPGATE_OPS_QUEUE"})


def test_the_ladder_is_read_in_order() -> None:
    assert redelivery_config(REDELIVERY).waits == (5, 30)


@pytest.mark.parametrize("waits", ["0", "86400", ",".join(["1"] * 12)])
def test_a_ladder_at_its_limits_is_read(waits: str) -> None:
    waits_read = redelivery_config(REDELIVERY | {"UPGATE_REDELIVERY_WAITS": waits}).waits
    assert ",".join(map(str, waits_read)) == waits


@pytest.mark.parametrize("waits", ["", "-1", "86401", "5,", "5;30", "x", ",".join(["1"] * 13)])
def test_a_wrong_ladder_is_named(waits: str) -> None:
    with pytest.raises(ConfigError, match="UPGATE_REDELIVERY_WAITS"):
        redelivery_config(REDELIVERY | {"UPGATE_REDELIVERY_WAITS": waits})
