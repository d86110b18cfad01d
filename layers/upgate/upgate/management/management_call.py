"""One management call by its path, alone or as a line of a `/batch` (protocol.md 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from upgate import limits
from upgate.answers import missing_calls
from upgate.errors import InvalidArgumentError, NoSuchBucketError, NotFoundError, UpgateError
from upgate.management import (
    batch_order,
    changed_headers,
    entry,
    object_changes,
    object_listing,
    object_stat,
)
from upgate.management.batch_order import Touched
from upgate.management.entry import EntryWithoutKeyError
from upgate.objects import legal_key, storage
from upgate.tokens.keys import KeyPair

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PARTLY_DONE = 298
_FORCE: Mapping[tuple[str, ...], bool] = {
    **{(): False, ("force", "false"): False, ("force", "true"): True},
    **{("force", "0"): False, ("force", "1"): True},  # C
}


class Manager:
    """Carries out calls on the buckets of one stack; the caller has checked who asks."""

    def __init__(
        self,
        client: Callable[[], S3Client],
        buckets: Mapping[str, str],
        keys: Callable[[], Iterable[KeyPair]],
    ) -> None:
        """`keys` are asked for when a call may tell what only they can read."""
        self._client = client
        self._buckets = buckets
        self._keys = keys

    def answer(self, path: str, query: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON of one request.

        Raises:
            UpgateError: as the calls do; a line of a batch answers for itself.
        """
        if path == "/batch":
            return self._batch(query, body)
        if path == "/list":
            fields = {name: values[-1] for name, values in parse_qs(query).items()}
            wanted = object_listing.parse(fields, self._buckets)
            return 200, object_listing.page(self._client(), wanted, self._keys())
        return 200, self._call(path, query)

    def _call(self, path: str, query: str) -> dict[str, Any]:
        call, *arguments = path.strip("/").split("/")
        match call, arguments:
            case "stat", [text]:
                found = object_stat.head(self._client(), self._entry(text))
                with_parts = parse_qs(query).get("needparts") == ["true"]
                return object_stat.document(found, self._keys(), with_parts=with_parts)
            case "delete", [text]:
                object_changes.delete(self._client(), self._deleted(text))
            case "copy" | "move", [first, second, *rest] if tuple(rest) in _FORCE:
                change = object_changes.copy if call == "copy" else object_changes.move
                source, target = self._entry(first), self._entry(second)
                legal_key.check(target.key)
                change(self._client(), source, target, force=_FORCE[tuple(rest)])
            case "chgm", [text, *pairs]:
                changed = changed_headers.parse(pairs)
                object_changes.change(self._client(), self._entry(text), changed)
            case _:
                missing_calls.refuse(path)
                raise NotFoundError
        return {}

    def _entry(self, text: str) -> entry.Entry:
        return entry.parse(text, self._buckets)

    def _deleted(self, text: str) -> entry.Entry:
        """The entry of a delete; without a key it would be the bucket (protocol.md 12)."""
        try:
            return self._entry(text)
        except EntryWithoutKeyError as error:
            raise NoSuchBucketError from error

    def _batch(self, query: str, body: bytes) -> tuple[int, list[dict[str, Any]]]:
        """The lines are in a form; qshell and old SDKs put them into the query."""
        try:
            form = "&".join(filter(None, (query, body.decode())))
            lines = parse_qs(form, max_num_fields=limits.BATCH_CALLS).get("op", [])
        except ValueError as error:
            raise InvalidArgumentError(
                f"a batch is a form of 1 to {limits.BATCH_CALLS} fields op"
            ) from error
        if not lines:
            raise InvalidArgumentError("a batch needs a field op")
        answers: dict[int, dict[str, Any]] = {}

        def carry_out(number: int) -> None:
            answers[number] = self._line(lines[number])

        with ThreadPoolExecutor(storage.CONNECTIONS) as pool:
            for wave in batch_order.waves([self._touched(line) for line in lines]):
                list(pool.map(carry_out, wave))
        is_done = all(answer["code"] == 200 for answer in answers.values())
        return 200 if is_done else _PARTLY_DONE, [answers[number] for number in range(len(lines))]

    def _touched(self, line: str) -> Touched:
        """The objects that a line may read or change; none where it is refused anyway."""
        call, *arguments = line.partition("?")[0].strip("/").split("/")
        try:
            match call, arguments:
                case "stat", [text, *_]:
                    return Touched(reads={self._entry(text)})
                case "delete" | "chgm", [text, *_]:
                    return Touched(changes={self._entry(text)})
                case "copy", [first, second, *_]:
                    return Touched({self._entry(first)}, {self._entry(second)})
                case "move", [first, second, *_]:
                    return Touched(changes={self._entry(first), self._entry(second)})
        except UpgateError:
            pass
        return Touched()

    def _line(self, line: str) -> dict[str, Any]:
        try:
            path, _, query = line.partition("?")
            shown = self._call(path, query)
        except UpgateError as error:
            return {"code": error.status, "data": {"error": error.message}}
        return {"code": 200, "data": shown} if shown else {"code": 200}
