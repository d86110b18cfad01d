"""Leases and mailboxes as items of the ledger table: one place for both sides' names.

A lease: pk `listener#<authority>`, sk `lease`; which mailbox callbacks to this host go to, and
`until` (milliseconds). A letter: pk `mailbox#<mailbox>`, sk `letter#<id>`; `letter` and, once it is
there, `answer`. All have a TTL; a letter is removed by its sender when it does not wait any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upgate import limits
from upgate.dynamo_item import encode, number, text

_LETTER = "letter#"


def lease_key(authority: str) -> dict[str, Any]:
    """The key of the one lease of a host, as `Target.authority` writes it."""
    return encode({"pk": f"listener#{authority}", "sk": "lease"})


def lease_values(mailbox: str, now: float) -> dict[str, Any]:
    """A lease's attributes, good from `now` (seconds since 1970)."""
    return encode(
        {
            "mailbox": mailbox,
            "until": round((now + limits.LISTENER_LEASE_SECONDS) * 1000),
            "expires_at": int(now) + limits.MAILBOX_LIFETIME_SECONDS,
        }
    )


def mailbox_of(lease: Mapping[str, Any], now: float) -> str | None:
    """The mailbox that a lease's item names; None for one that has run out, or for no item."""
    return text(lease, "mailbox") or None if number(lease, "until") > now * 1000 else None


def letters_of(mailbox: str) -> dict[str, Any]:
    """What a Query for all letters of a mailbox binds: `:pk` and `:letter`."""
    return encode({":pk": f"mailbox#{mailbox}", ":letter": _LETTER})


def letter_key(mailbox: str, letter_id: str) -> dict[str, Any]:
    """The key of one letter."""
    return encode({"pk": f"mailbox#{mailbox}", "sk": f"{_LETTER}{letter_id}"})


def letter_id_of(item: Mapping[str, Any]) -> str:
    """The id of the letter that an item holds."""
    return text(item, "sk").removeprefix(_LETTER)


def letter_values(letter: str, now: float) -> dict[str, Any]:
    """A letter's attributes; `letter` is its JSON."""
    expires_at = int(now) + limits.MAILBOX_LIFETIME_SECONDS
    return encode({"letter": letter, "expires_at": expires_at})
