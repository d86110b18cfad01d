"""What clients send into a policy's commands stays an argument, and a result stays in its scope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.sample_facts import ETAG, sample_variables
from upgate import encoding, limits
from upgate.errors import (
    ForbiddenError,
    InvalidArgumentError,
    KeyNotListedError,
    KeyScopeMismatchError,
    UpgateError,
)
from upgate.fops import fop, policy_operations
from upgate.tokens import put_policy

VIEW = "imageView2/2/w/20"
PREFIX = {"scope": "photos:u/1/", "isPrefixalScope": 1}


def entry(text: str) -> str:
    return encoding.encode(text.encode())


def fill(operations: str, policy: dict[str, Any] | None = None, **facts: Any) -> str | None:
    fields = {"scope": "photos", "persistentOps": operations, **(policy or {})}
    return policy_operations.fill(
        put_policy.parse(json.dumps(fields).encode()), sample_variables(**facts)
    )


def fill_x(
    operations: str, values: dict[str, str], policy: dict[str, Any] | None = None
) -> str | None:
    custom = {f"x:{name}": value for name, value in values.items()}
    return fill(operations, policy, custom_variables=custom)


def test_policy_without_operations_has_none() -> None:
    assert fill("") is None


def test_template_without_variables_stays_as_it_is() -> None:
    template = f"{VIEW}|saveas/{entry('films:a')};avthumb//mp3|;"
    assert fill(template) == template


def test_both_lists_are_filled() -> None:
    policy = {"asyncOps": "imageView2/2/w/$(x:w)"}
    assert fill_x("vframe/jpg/offset/$(x:at)", {"w": "5", "at": "1.5"}, policy) == (
        "imageView2/2/w/5;vframe/jpg/offset/1.5"
    )


def test_every_argument_and_a_part_of_one_is_filled() -> None:
    template = "imageView2/$(x:m)/w/${x:w}|watermark/2/text/a$(etag)b;$(x:c)/$(fsize)"
    assert fill_x(template, {"m": "2", "w": "1", "c": "imageInfo"}) == (
        f"imageView2/2/w/1|watermark/2/text/a{ETAG}b;imageInfo/5"
    )


# A value is one argument.


@pytest.mark.parametrize(
    "value", ["32|saveas/cGhvdG9zOmE=", "32;imageInfo", "1/h/1", "/", "|", ";", "a/../b"]
)
@pytest.mark.parametrize("template", ["imageView2/2/w/$(x:w)", "x$(x:w)y", f"{VIEW}|a/${{x:w}}"])
def test_value_with_a_separator_is_refused(template: str, value: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"\$\(x:w\) holds"):
        fill_x(template, {"w": value})


@pytest.mark.parametrize(
    "value", ["32", "32%7Csaveas", "32\uff5cx", "32 | x".replace("|", "¦"), ""]
)
def test_value_without_one_is_taken(value: str) -> None:
    assert fill_x("imageView2/2/w/$(x:w)", {"w": value}) == f"imageView2/2/w/{value}"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("fname", {"file_name": "a|saveas"}),
        ("fprefix", {"file_name": "a;b.jpg"}),
        ("ext", {"file_name": "a.b|c", "mime_type": "application/x-nothing"}),
        ("key", {"key": "a/b.jpg"}),
        ("endUser", {"end_user": "u/2"}),
        ("mimeType", {"mime_type": "image/jpeg"}),
        ("avinfo.tags.title", {"describe_media": lambda *_: {"tags": {"title": "a|b"}}}),
    ],
)
def test_no_other_variable_may_bring_one_either(name: str, facts: dict[str, Any]) -> None:
    facts = {"mime_type": "video/mp4"} | facts
    with pytest.raises(InvalidArgumentError, match="holds a"):
        fill(f"imageInfo/$({name})", **facts)


def test_value_is_no_template() -> None:
    assert fill_x("a/$(x:a)", {"a": "$(x:b)", "b": "c"}) == "a/$(x:b)"


def test_all_commands_together_have_one_budget() -> None:
    most = "v" * limits.RENDERED_BYTES
    assert fill_x("a/$(x:v)", {"v": most}) == f"a/{most}"
    with pytest.raises(InvalidArgumentError, match="exceeds"):
        fill_x("a/$(x:v);b/$(x:w)", {"v": most, "w": "1"})


# Where a result is saved.


def test_signers_entry_goes_where_the_signer_wants() -> None:
    template = f"imageView2/2/w/$(x:w)|saveas/{entry('films:other')}"
    assert fill_x(template, {"w": "5"}, PREFIX) == template.replace("$(x:w)", "5")


def test_client_may_choose_a_name_of_its_own_scope() -> None:
    own = entry("photos:u/1/thumb.jpg")
    assert fill_x(f"{VIEW}|saveas/$(x:to)", {"to": own}, PREFIX) == (
        f"{VIEW}|saveas/{own}/insertOnly/1"
    )


def test_client_whose_token_overwrites_may_overwrite_that_name() -> None:
    own = entry("photos:a.jpg")
    policy = {"scope": "photos:a.jpg"}
    assert fill_x(f"{VIEW}|saveas/$(x:to)", {"to": own}, policy) == f"{VIEW}|saveas/{own}"


def test_what_inserts_only_is_read_back_as_such() -> None:
    filled = fill_x(
        f"{VIEW}|saveas/$(x:to)/deleteAfterDays/3", {"to": entry("photos:new")}, {"scope": "photos"}
    )
    assert filled is not None
    save_as = fop.parse_pipe(filled).save_as
    assert save_as is not None
    assert (save_as.key, save_as.insert_only, save_as.delete_after_days) == ("new", True, 3)


@pytest.mark.parametrize(
    ("to", "policy", "error"),
    [
        ("photos:u/2/a.jpg", PREFIX, KeyScopeMismatchError),
        ("photos:u/1", PREFIX, KeyScopeMismatchError),
        ("photos", PREFIX, KeyScopeMismatchError),
        ("films:u/1/a.jpg", PREFIX, ForbiddenError),
        ("films:a", {}, ForbiddenError),
        ("films", {}, ForbiddenError),
        ("photos:b", {"scope": "photos:a"}, KeyScopeMismatchError),
        ("photos:b", {"keylimit": ["a"]}, KeyNotListedError),
        ("photos:../b", {}, InvalidArgumentError),
        ("photos:" + "k" * 751, {}, UpgateError),
        ("photos:", {}, InvalidArgumentError),
    ],
)
def test_clients_entry_outside_of_the_scope_is_refused(
    to: str, policy: dict[str, Any], error: type[UpgateError]
) -> None:
    with pytest.raises(error):
        fill_x(f"{VIEW}|saveas/$(x:to)", {"to": entry(to)}, policy)


@pytest.mark.parametrize("value", ["", "!", "photos:u", "%"])
def test_clients_entry_that_is_none_is_refused_before_anything_is_stored(value: str) -> None:
    with pytest.raises(InvalidArgumentError, match="saveas"):
        fill_x(f"{VIEW}|saveas/$(x:to)", {"to": value})


@pytest.mark.parametrize("name", ["fname", "fprefix", "key", "etag", "fsize", "imageAve.RGB"])
def test_whatever_a_client_chooses_is_held(name: str) -> None:
    value = entry("photos:u/2/a.jpg")
    facts = {"file_name": value, "key": value, "etag": value}
    with pytest.raises((KeyScopeMismatchError, InvalidArgumentError)):
        fill(f"{VIEW}|saveas/$({name})", PREFIX, **facts)


def test_what_the_signer_or_the_clock_decides_is_not() -> None:
    assert fill(f"{VIEW}|saveas/$(endUser)", PREFIX, end_user=entry("films:a")) == (
        f"{VIEW}|saveas/{entry('films:a')}"
    )


@pytest.mark.parametrize(
    "template",
    [
        "$(x:a)/$(x:b)",
        f"$(x:a)/{entry('photos:a')}",
        f"saveas/{entry('photos')}/saveKey/$(x:b)",
        f"saveas/{entry('photos:a')}/$(x:c)/$(x:b)",
    ],
)
def test_entry_is_all_of_a_saveas_that_a_client_may_fill_in(template: str) -> None:
    values = {"a": "saveas", "b": entry("photos:a"), "c": "saveKey"}
    with pytest.raises(InvalidArgumentError, match="the entry and no more"):
        fill_x(f"{VIEW}|{template}", values)


def test_days_and_force_are_no_destination() -> None:
    template = f"{VIEW}|saveas/{entry('films:a')}/deleteAfterDays/$(x:d)/forceSaveKey/$(x:f)"
    assert fill_x(template, {"d": "5", "f": "0"}, PREFIX) == (
        f"{VIEW}|saveas/{entry('films:a')}/deleteAfterDays/5/forceSaveKey/0"
    )


def test_key_that_the_signer_forces_is_the_signers() -> None:
    key = encoding.encode(b"thumbs/$(etag)")
    template = f"{VIEW}|saveas/$(x:to)/saveKey/{key}/forceSaveKey/1"
    assert fill_x(template, {"to": entry("photos:u/2/a")}, PREFIX) is not None
    with pytest.raises(ForbiddenError):
        fill_x(template, {"to": entry("films:u/1/a")}, PREFIX)


def test_entry_in_base64_is_no_template() -> None:
    """Nor is it one in Kodo: what `saveKey` holds is."""
    template = f"{VIEW}|saveas/{entry('photos:$(x:to)')}"
    assert fill_x(template, {"to": "anything"}, PREFIX) == template
