"""What `upgate presets put` refuses beyond what every reading of a preset does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from upgate import limits
from upgate.errors import InvalidPresetError
from upgate.issuing import preset_check, presets

CALLBACK = {"callbackUrl": "https://app.example/cb", "callbackBody": "key=$(key)"}
JSON_CALLBACK = {"callbackUrl": "https://app.example/cb", "callbackBodyType": "application/json"}


def check(policy: dict[str, Any], bucket: str = "photos") -> None:
    preset = presets.parse(json.dumps({"bucket": bucket, "policy": policy}))
    preset_check.check(preset, {"photos", "films"})


def save_as(entry: str) -> str:
    return "saveas/" + base64.urlsafe_b64encode(entry.encode()).decode()


GOOD: list[dict[str, Any]] = [
    {},
    # Templates.
    {"saveKey": "$(year)/$(etag)$(ext)"},
    {"saveKey": "${x:folder}/$(fname)"},
    {"returnBody": '{"k":$(key),"w":$(imageInfo.width),"n":"${fname}"}'},
    {"returnBody": " "},
    {"returnBody": "$(etag)"},
    {"returnBody": '{"price":"$5"}'},
    # Callbacks.
    CALLBACK,
    CALLBACK | {"callbackBody": "anything at all"},
    CALLBACK | {"callbackUrl": "https://a.example/$(bucket)?u=$(endUser);http://b.example"},
    CALLBACK | {"callbackUrl": ";".join(["https://a.example"] * limits.CALLBACK_URLS)},
    CALLBACK | {"callbackHost": "up.example:8443"},
    CALLBACK | {"callbackUrl": "http://127.0.0.1:8000/"},  # upgate local
    CALLBACK | {"callbackUrl": "http://a.example:1024/"},
    {"deleteAfterDays": 1},  # a field of Kodo's that nothing here knows
    JSON_CALLBACK | {"callbackBody": '{"key":$(key)}'},
    # Limits.
    {"fsizeMin": 0, "fsizeLimit": 0},
    {"fsizeMin": 5, "fsizeLimit": 5},
    {"mimeLimit": "image/*;video/mp4"},
    {"mimeLimit": "!text/html;"},
    {"mimeLimit": ""},
    # Operations.
    {"persistentOps": "avthumb/mp4;imageView2/2/w/20|" + save_as("films:a.jpg")},
    {"asyncOps": "vframe/jpg/offset/1"},
    {"persistentOps": "imageInfo", "persistentNotifyUrl": "https://app.example/notify?a=b"},
    {"persistentOps": "avthumb/$(x:format)|" + save_as("films:a.jpg")},
    {"persistentOps": "avthumb/mp4|saveas/$(endUser)"},
    {"persistentOps": f"avthumb/mp4|{save_as('films:a')}/deleteAfterDays/$(x:days)"},
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"saveKey": "$(year/$(etag)"}, "saveKey"),
    ({"saveKey": "a/$(etag"}, "saveKey has a variable without its closing bracket"),
    ({"saveKey": "a/${etag)"}, "saveKey has a variable without its closing bracket"),
    ({"saveKey": "$(eatg)"}, "saveKey names $(eatg)"),
    ({"saveKey": "$(Etag)"}, "saveKey names $(Etag)"),
    ({"saveKey": "$()"}, "saveKey names $()"),
    ({"saveKey": "$(uuid)"}, "saveKey names $(uuid)"),  # protocol.md 6.2: not there
    ({"returnBody": '{"k":$(kye)}'}, "returnBody names $(kye)"),
    ({"returnBody": '{"k":"$(kye)"}'}, "returnBody names $(kye)"),
    ({"returnBody": '{"k":$(key)'}, "returnBody is not JSON"),
    ({"returnBody": "key=$(key)"}, "returnBody is not JSON"),
    ({"returnBody": "{'k':$(key)}"}, "returnBody is not JSON"),
    (CALLBACK | {"callbackBody": "key=$(kye)"}, "callbackBody names $(kye)"),
    (JSON_CALLBACK | {"callbackBody": "key=$(key)"}, "callbackBody is not JSON"),
    (CALLBACK | {"callbackUrl": "https://a.example/$(kye)"}, "callbackUrl names $(kye)"),
    (CALLBACK | {"callbackUrl": "https://$(x:host)/cb"}, "no variable in its host"),
    (CALLBACK | {"callbackUrl": "https://a.example${x:tail}"}, "no variable in its host"),
    (CALLBACK | {"callbackUrl": "https://a.example:$(x:port)/"}, "no variable in its host"),
    (CALLBACK | {"callbackUrl": "https://u:p@a.example/"}, "user information"),
    (CALLBACK | {"callbackUrl": "https://"}, "callbackUrl"),
    (CALLBACK | {"callbackUrl": "https://a.example/#x"}, "callbackUrl"),
    (CALLBACK | {"callbackUrl": "https://a.example/a b"}, "callbackUrl"),
    (CALLBACK | {"callbackUrl": "http://0x7f.1/"}, "callbackUrl"),
    (CALLBACK | {"callbackUrl": ";".join(["https://a.example"] * 11)}, "1 to 10 URLs"),
    (CALLBACK | {"callbackUrl": "http://10.0.0.1/"}, "not public"),
    (CALLBACK | {"callbackUrl": "http://[::ffff:169.254.169.254]/"}, "not public"),
    (CALLBACK | {"callbackUrl": "http://a.example:1023/"}, "port 1023 is not allowed"),
    (CALLBACK | {"callbackHost": "up.example/path"}, "callbackHost"),
    ({"fsizelimit": 5}, "policy has no field fsizelimit: write fsizeLimit"),
    ({"fsizeMin": -1}, "fsizeMin"),
    ({"fsizeLimit": -1}, "fsizeLimit"),
    ({"fsizeMin": 6, "fsizeLimit": 5}, "fsizeMin is above fsizeLimit"),
    ({"mimeLimit": "image"}, "mimeLimit"),
    ({"mimeLimit": "*/png"}, "mimeLimit"),
    ({"mimeLimit": "!"}, "mimeLimit"),
    ({"persistentOps": "avthumb/mp4;"}, "persistentOps: empty command"),
    ({"persistentOps": "avthumb//mp4"}, "persistentOps: avthumb: empty argument"),
    ({"asyncOps": "avthumb/mp4|"}, "asyncOps: empty command"),
    ({"asyncOps": "avthum/mp4"}, "asyncOps: there is no command avthum"),
    ({"asyncOps": "avthumb/mp4|saveas"}, "asyncOps: saveas"),
    ({"asyncOps": save_as("films:a")}, "asyncOps: saveas needs a command"),
    ({"asyncOps": "avthumb/mp4|" + save_as("attic:a")}, "no bucket attic"),
    ({"asyncOps": ";".join(["imageInfo"] * (limits.FOP_JOB_PIPES + 1))}, "asyncOps: more than"),
    ({"asyncOps": "avthumb/$(x:format"}, "asyncOps has a variable without"),
    ({"asyncOps": "avthumb/$(exif.Make)"}, "asyncOps names $(exif.Make)"),
    ({"asyncOps": "avthumb/$(mimeType)"}, "$(mimeType) has a slash"),
    ({"persistentOps": "avthumb/mp4|saveas/$(x:to)"}, "fills in $(x:to) would choose where"),
    ({"persistentOps": "avthumb/mp4|saveas/${fname}"}, "fills in $(fname) would choose where"),
    ({"persistentOps": "avthumb/mp4|saveas/$(key)"}, "fills in $(key) would choose where"),
    ({"persistentOps": "avthumb/mp4|$(x:any)/a"}, "fills in $(x:any) would choose where"),
    (
        {"persistentOps": f"avthumb/mp4|{save_as('films')}/saveKey/$(x:name)"},
        "fills in $(x:name) would choose where",
    ),
    (
        {"persistentOps": "avthumb/mp4|" + save_as("films:$(x:name)")},
        "saveas has a variable in its entry, which is not filled in",
    ),
    ({"asyncOps": "imageInfo", "persistentNotifyUrl": "/notify"}, "persistentNotifyUrl"),
    ({"asyncOps": "imageInfo", "persistentNotifyUrl": "ftp://a.example/"}, "persistentNotifyUrl"),
    (
        {"asyncOps": "imageInfo", "persistentNotifyUrl": "https://a.example/?k=$(key)"},
        "persistentNotifyUrl has a variable, and is not filled in",
    ),
    ({"returnUrl": "https://a.example/?k=$(key)"}, "returnUrl has a variable"),
    (CALLBACK | {"callbackHost": "$(x:host)"}, "callbackHost has a variable"),
]


@pytest.mark.parametrize("policy", GOOD)
def test_policy_that_works_is_let_pass(policy: dict[str, Any]) -> None:
    check(policy)


@pytest.mark.parametrize(("policy", "words"), WRONG)
def test_policy_that_would_fail_at_the_upload_is_refused(
    policy: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidPresetError) as caught:
        check(policy)
    assert words in caught.value.message


def test_bucket_that_the_stack_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidPresetError, match="no bucket attic: it has films, photos"):
        check({}, bucket="attic")


def test_any_bucket_passes_where_the_stacks_are_not_known() -> None:
    preset_check.check(presets.parse('{"bucket":"attic"}'), None)
