"""The listener's side of a mailbox: leases on hosts, letters taken out, answers put in."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from upgate.dynamo_item import encode, text
from upgate.listening import mailbox_items
from upgate.listening.letter import Letter, LocalAnswer
from upgate_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REFUSED = "ConditionalCheckFailedException"
_MAILBOX_BYTES = 16


class MailboxTable:
    """One run's mailbox, under a name that nobody else knows; one for all its hosts."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._mailbox = secrets.token_hex(_MAILBOX_BYTES)
        self._seen: set[str] = set()

    def lease(self, hosts: Sequence[str]) -> None:
        """Take the hosts, or keep them for longer.

        Raises:
            CommandError: another run has one of them.
        """
        for host in hosts:
            now = time.time()
            item = mailbox_items.lease_key(host) | mailbox_items.lease_values(self._mailbox, now)
            taken = self._write(
                self._client.put_item,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR #until < :now OR mailbox = :own",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues=encode(
                    {":now": round(now * 1000), ":own": self._mailbox}
                ),
            )
            if not taken:
                raise CommandError(
                    f"another `upgate listen` has the callbacks of {host}: end it, or wait until "
                    "it has been gone for 30 seconds"
                )

    def release(self, hosts: Sequence[str]) -> None:
        """Give the hosts back: their callbacks go out into the network again at once."""
        for host in hosts:
            self._write(
                self._client.delete_item,
                Key=mailbox_items.lease_key(host),
                ConditionExpression="mailbox = :own",
                ExpressionAttributeValues=encode({":own": self._mailbox}),
            )

    def take(self) -> list[Letter]:
        """The letters that were not taken yet; raises LetterError for one that is none."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :letter)",
            FilterExpression="attribute_not_exists(answer)",
            ExpressionAttributeValues=mailbox_items.letters_of(self._mailbox),
            ConsistentRead=True,
        )
        letters = [
            Letter.from_json(mailbox_items.letter_id_of(item), text(item, "letter"))
            for item in found["Items"]
        ]
        fresh = [letter for letter in letters if letter.letter_id not in self._seen]
        self._seen |= {letter.letter_id for letter in fresh}
        return fresh

    def answer(self, letter: Letter, answer: LocalAnswer) -> bool:
        """Put an answer in; False when nobody waits for it any more."""
        return self._write(
            self._client.update_item,
            Key=mailbox_items.letter_key(self._mailbox, letter.letter_id),
            UpdateExpression="SET answer = :answer",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=encode({":answer": answer.to_json()}),
        )

    def _write(self, operation: Any, **arguments: Any) -> bool:
        """Whether the condition held."""
        from botocore.exceptions import ClientError

        try:
            operation(TableName=self._table, **arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != _REFUSED:
                raise
            return False
        return True
