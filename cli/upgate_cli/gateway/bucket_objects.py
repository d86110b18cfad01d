"""What a bucket holds, and removing some of it: Kodo's management calls, signed with a key pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any
from urllib.parse import urlencode

from upgate import encoding, limits
from upgate.callbacks.callback_signature import sign_qbox
from upgate.tokens.keys import KeyPair
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient
from upgate_cli.gateway.complaint import refusal

_FORM = "application/x-www-form-urlencoded"
_PARTLY_DONE, _NO_SUCH_ENTRY = 298, 612


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object as the bucket lists it."""

    etag: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BucketObjects:
    """One bucket's objects, through the gateway."""

    client: GatewayClient
    pair: KeyPair
    bucket: str

    def under(self, prefix: str) -> dict[str, RemoteObject]:
        """All objects whose keys begin so, by key.

        Raises:
            CommandError: the gateway refused.
        """
        return {
            item["key"]: RemoteObject(item["hash"], item["fsize"]) for item in self._items(prefix)
        }

    def remove(self, keys: Sequence[str], removed: Callable[[str], None]) -> list[str]:
        """Remove objects, telling each to `removed`; gives a line for each that stays.

        One that is gone already counts as removed.
        """
        complaints = []
        for some in batched(keys, limits.BATCH_CALLS, strict=False):
            lines = [f"/delete/{_entry(self.bucket, key)}" for key in some]
            answer = self._send("/batch", urlencode({"op": lines}, doseq=True).encode())
            for key, line in zip(some, answer.document, strict=True):
                if line["code"] in (200, _NO_SUCH_ENTRY):
                    removed(key)
                else:
                    complaints.append(f"{key}: {line['data']['error']} ({line['code']})")
        return complaints

    def _items(self, prefix: str) -> Iterator[dict[str, Any]]:
        marker = ""
        while True:
            query = urlencode({"bucket": self.bucket, "prefix": prefix, "marker": marker})
            page: Any = self._send(f"/list?{query}", b"").document
            yield from page["items"]
            marker = page.get("marker", "")
            if not marker:
                return

    def _send(self, path: str, body: bytes) -> Answer:
        headers = {"Authorization": sign_qbox(self.pair, path, _FORM, body), "Content-Type": _FORM}
        answer = self.client.send(Call("POST", path, headers, body))
        if not (answer.is_success or answer.status == _PARTLY_DONE):
            raise refusal(self.client.url, answer)
        return answer


def _entry(bucket: str, key: str) -> str:
    return encoding.encode(f"{bucket}:{key}".encode())
