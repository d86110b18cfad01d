"""The callback function's side of a mailbox: who listens, a letter put in, its answer awaited."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.dynamo_item import text
from upgate.errors import StorageFailedError
from upgate.listening import mailbox_items
from upgate.listening.letter import Letter, LocalAnswer
from upgate.objects import storage
from upgate.outbound.egress_socket import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_SECONDS = 0.1


class Mailbox:
    """Leases and letters in the ledger table; `wait` is for tests."""

    def __init__(
        self,
        client: Callable[[], DynamoDBClient],
        table: str,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._wait = wait

    def find(self, authority: str) -> str | None:
        """The mailbox of whoever listens to a host now, or None.

        Raises:
            StorageFailedError: the table did not say.
        """
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table,
                Key=mailbox_items.lease_key(authority),
                ConsistentRead=True,
            )
        return mailbox_items.mailbox_of(found.get("Item", {}), time.time())

    def exchange(self, mailbox: str, letter: Letter, deadline: Deadline) -> LocalAnswer:
        """Put a letter in and wait for its answer; it is gone afterwards, answered or not.

        Raises:
            EgressTimeoutError: no answer in time.
            StorageFailedError: the table failed.
            LetterError: the answer is not one.
        """
        key = mailbox_items.letter_key(mailbox, letter.letter_id)
        values = mailbox_items.letter_values(letter.to_json(), time.time())
        with storage.failures():
            self._client().put_item(TableName=self._table, Item=key | values)
        try:
            while True:
                with storage.failures():
                    found = self._client().get_item(
                        TableName=self._table, Key=key, ConsistentRead=True
                    )
                if answer := text(found.get("Item", {}), "answer"):
                    return LocalAnswer.from_json(answer)
                self._wait(min(_POLL_SECONDS, deadline.remaining_seconds()))
        finally:
            # Its TTL removes what stays behind; an answer that came counts all the same.
            with contextlib.suppress(StorageFailedError), storage.failures():
                self._client().delete_item(TableName=self._table, Key=key)
