from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake import object_metadata


def test_metadata_is_picked_by_its_prefix_in_any_case() -> None:
    fields = {"X-Qn-Meta-Author": "me", "x-qn-meta-!Content-Type": "a/b", "x:name": "c"}
    assert object_metadata.from_fields(fields) == {"Author": "me", "!Content-Type": "a/b"}


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nb", "é", "a/b", "\u212a"])
def test_a_name_that_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="x-qn-meta-"):
        object_metadata.from_fields({"x-qn-meta-" + name: "v"})


def test_two_names_that_differ_in_case_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="x-qn-meta-a is there twice"):
        object_metadata.from_fields({"x-qn-meta-a": "1", "x-qn-meta-A": "1"})


@pytest.mark.parametrize(("character", "size"), [("a", 1), ("é", 6)])
def test_metadata_may_fill_its_limit_as_s3_will_store_it(character: str, size: int) -> None:
    mark = len("UTF-8''") if size > 1 else 0
    room = limits.METADATA_BYTES - len("qn-" + "name") - mark
    value = character * (room // size)
    assert object_metadata.from_fields({"x-qn-meta-name": value}) == {"name": value}
    with pytest.raises(InvalidArgumentError, match="at most 1536"):
        object_metadata.from_fields({"x-qn-meta-name": value + character})


def test_many_short_entries_are_counted_with_what_storage_adds() -> None:
    fields = {f"x-qn-meta-{number:03}": "" for number in range(limits.METADATA_BYTES // 6)}
    assert len(object_metadata.from_fields(fields)) == 256
    with pytest.raises(InvalidArgumentError, match="at most 1536"):
        object_metadata.from_fields(fields | {"x-qn-meta-a": ""})


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("plain text", "plain text"),
        ("", ""),
        ("=?UTF-8?B?eA==?=", "=?UTF-8?B?eA==?="),
        ("照片", "UTF-8''%E7%85%A7%E7%89%87"),
        ("a\r\nX-Evil: 1", "UTF-8''a%0D%0AX-Evil%3A%201"),
        (" a", "UTF-8''%20a"),
        ("a ", "UTF-8''a%20"),
        ("UTF-8''a", "UTF-8''UTF-8%27%27a"),
    ],
)
def test_values_are_stored_as_printable_ascii(value: str, stored: str) -> None:
    assert object_metadata.to_entries({"name": value}) == {"qn-name": stored}


NAMES = st.text("ABYZabyz019-_!", min_size=1)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.dictionaries(NAMES, st.text()))
def test_every_text_comes_back_from_s3_under_its_own_name(given_ones: dict[str, str]) -> None:
    metadata = {name.lower(): (name, value) for name, value in given_ones.items()}
    as_given = dict(metadata.values())
    stored = object_metadata.to_entries(as_given)
    assert all(name == name.lower() for name in stored)
    assert all(v.isascii() and v.isprintable() and v == v.strip() for v in stored.values())
    assert object_metadata.from_entries(stored | {"upgate-etag": "x", "other": "y"}) == as_given


def test_spellings_cost_nothing_where_all_are_in_lower_case() -> None:
    assert object_metadata.to_entries({"a": "1"}) == {"qn-a": "1"}
    assert object_metadata.to_entries({"A": "1"}) == {"qn-a": "1", "upgate-names": "A"}


def test_spellings_count_against_the_limit() -> None:
    room = limits.METADATA_BYTES - len("qn-name")
    assert object_metadata.from_fields({"x-qn-meta-name": "v" * room})
    with pytest.raises(InvalidArgumentError, match="at most 1536"):
        object_metadata.from_fields({"x-qn-meta-Name": "v" * room})


def test_what_another_tool_wrote_stays_as_it_is() -> None:
    foreign = {"qn-a": "50%20", "qn-b": "UTF-8''%FF"}
    assert object_metadata.from_entries(foreign) == {"a": "50%20", "b": "UTF-8''%FF"}
