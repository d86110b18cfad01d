"""Which key a file gets."""

from __future__ import annotations

import pytest

from upgate.tokens.put_policy import PutPolicy, Scope
from upgate_cli.errors import CommandError
from upgate_cli.transfer.naming import choose_key

ANY = PutPolicy(scope=Scope("demo"))
ONE = PutPolicy(scope=Scope("demo", "one"))
PREFIX = PutPolicy(scope=Scope("demo", "p/"), is_prefixal_scope=True)
SAVED = PutPolicy(scope=Scope("demo"), save_key="$(etag)")


@pytest.mark.parametrize(
    ("policy", "key", "prefix", "chosen"),
    [
        (None, None, None, "a.txt"),
        (None, "k", None, "k"),
        (None, "", None, ""),
        (None, None, "p/", "p/a.txt"),
        (ANY, None, None, "a.txt"),
        (ONE, None, None, "one"),
        (ONE, "k", None, "k"),
        (PREFIX, None, None, "p/a.txt"),
        (SAVED, None, None, None),
        (SAVED, None, "q/", "q/a.txt"),
    ],
)
def test_the_user_s_word_comes_before_the_policy_s(
    policy: PutPolicy | None, key: str | None, prefix: str | None, chosen: str | None
) -> None:
    assert choose_key(policy, key, prefix, "a.txt") == chosen


def test_a_key_of_the_longest_length_is_taken() -> None:
    assert choose_key(None, "k" * 750, None, "a") == "k" * 750


def test_one_byte_more_is_refused() -> None:
    with pytest.raises(CommandError, match="750 bytes"):
        choose_key(None, "k" * 749 + "é", None, "a")
