from __future__ import annotations

import pytest

from upgate.resumable import work_names
from upgate.resumable.work_names import Part

HELLO = Part(7, 5, "Fqr0xh3cxeii2r7eDztILNmuqUNN", "5d41402abc4b2a76b9719d911017c592")


def test_part_is_told_by_its_name_alone() -> None:
    name = work_names.part("id", HELLO)
    assert work_names.parse_part("id", name) == HELLO
    assert work_names.part_piece("id", HELLO).name == name


def test_etag_with_dashes_does_not_confuse() -> None:
    part = Part(1, 10, "F-_-_-_-_-_-_-_-_-_-_-_-_-_-", "0" * 32)
    assert work_names.parse_part("id", work_names.part("id", part)) == part


@pytest.mark.parametrize("name", ["v2/id/closed", "v2/id/part/7/5-x-y", "v2/other/part/00007/", ""])
def test_other_names_are_no_parts(name: str) -> None:
    assert work_names.parse_part("id", name) is None


def test_glued_object_tells_where_it_stands_and_what_it_holds() -> None:
    eight = Part(8, 5, HELLO.etag, HELLO.md5)
    other = Part(8, 5, "Fto5o-5ea0sNMlW_75VgGJCv2AcJ", HELLO.md5)
    name = work_names.glued("id", [HELLO, eight])
    assert work_names.parse_glued("id", name) == (7, 2)
    assert name != work_names.glued("id", [HELLO, other])


def test_listing_goes_on_after_all_of_a_number() -> None:
    after = work_names.parts_after("id", 7)
    next_one = Part(8, 5, HELLO.etag, HELLO.md5)
    assert work_names.part("id", HELLO) < after < work_names.part("id", next_one)
    assert work_names.parts_after("id", 0) < work_names.part("id", Part(1, 0, HELLO.etag, "0" * 32))


def test_mark_and_glued_are_listed_before_parts() -> None:
    names = [work_names.closed("id"), work_names.glued("id", [HELLO]), work_names.part("id", HELLO)]
    assert sorted(names) == names
    assert all(name.startswith(work_names.session("id")) for name in names)
