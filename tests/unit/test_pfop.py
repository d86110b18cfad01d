from __future__ import annotations

from urllib.parse import urlencode

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.jobs import pfop

LEAST = {"bucket": "demo", "key": "a b.mp4", "fops": "avthumb/mp3;vframe/jpg/offset/1"}


def parse(**fields: str) -> pfop.PfopRequest:
    return pfop.parse(urlencode(LEAST | fields).encode())


def test_least_form_is_read() -> None:
    found = parse()
    assert (found.bucket, found.key, found.fops) == ("demo", LEAST["key"], LEAST["fops"])
    assert (found.notify_url, found.force, found.pipeline, found.kind) == (None, False, None, 0)


def test_whole_form_is_read() -> None:
    found = parse(notifyURL="https://a.example/n", force="1", pipeline="p", type="1")
    assert (found.notify_url, found.force) == ("https://a.example/n", True)
    assert (found.pipeline, found.kind) == ("p", 1)


def test_empty_key_is_a_key() -> None:
    assert parse(key="").key == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"bucket": ""},
        {"fops": ""},
        {"force": "2"},
        {"type": "x"},
        {"notifyURL": "http://a/" + "a" * limits.NOTIFY_URL_BYTES},
        {"fops": "a" * (limits.RENDERED_BYTES + 1)},
        {"fops": ";".join(["a"] * (limits.FOP_JOB_PIPES + 1))},
    ],
)
def test_field_out_of_range_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidArgumentError):
        parse(**fields)


@pytest.mark.parametrize("body", [b"", b"{}", b"bucket=demo&key=a", b"bucket=\xff&key=a&fops=a"])
def test_other_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgumentError):
        pfop.parse(body)
