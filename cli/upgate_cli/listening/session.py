"""A run of `upgate listen`: leases kept, letters answered side by side, each one told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from upgate import limits
from upgate.listening.letter import Letter, LocalAnswer
from upgate.outbound.egress_url import Target
from upgate_cli.listening.local_server import replay
from upgate_cli.stack.mailbox_table import MailboxTable

_AT_ONCE = 8
_POLL_SECONDS = 0.2
_RENEWAL_SECONDS = limits.LISTENER_LEASE_SECONDS / 3


@dataclass(frozen=True, slots=True)
class Delivered:
    """One callback that came by; `is_in_time` is whether the stack still waited for the answer."""

    letter: Letter
    answer: LocalAnswer
    milliseconds: int
    is_in_time: bool

    def document(self) -> dict[str, object]:
        """For --json; the path without its query, which may hold secrets."""
        return {
            "delivery": self.letter.headers.get("X-Upgate-Delivery", ""),
            "host": self.letter.host,
            "path": self.letter.path.partition("?")[0],
            "status": self.answer.status,
            "error": self.answer.error,
            "milliseconds": self.milliseconds,
            "in_time": self.is_in_time,
        }

    def line(self) -> str:
        """For people."""
        outcome = self.answer.error or str(self.answer.status)
        late = () if self.is_in_time else ("too late: the stack waits no longer",)
        where = f"{self.letter.host}{self.letter.path.partition('?')[0]}"
        columns = (self.letter.method, where, outcome, f"{self.milliseconds} ms", *late)
        return "  ".join(columns)


type Tell = Callable[[Delivered], None]


@contextmanager
def leased(table: MailboxTable, hosts: Sequence[str]) -> Iterator[None]:
    """Hold the hosts until the block ends."""
    try:
        table.lease(hosts)
        yield
    finally:
        table.release(hosts)


def serve(table: MailboxTable, hosts: Sequence[str], to: Target, tell: Tell) -> None:
    """Answer letters for ever; raises what AWS raises, and CommandError for a lost lease."""
    under_way: list[Future[None]] = []
    renew_at = time.monotonic() + _RENEWAL_SECONDS
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while True:
            under_way += [pool.submit(_answer, table, letter, to, tell) for letter in table.take()]
            for answered in [future for future in under_way if future.done()]:
                answered.result()  # what AWS refused in a thread ends the run here
                under_way.remove(answered)
            if time.monotonic() >= renew_at:
                table.lease(hosts)
                renew_at = time.monotonic() + _RENEWAL_SECONDS
            time.sleep(_POLL_SECONDS)


def _answer(table: MailboxTable, letter: Letter, to: Target, tell: Tell) -> None:
    started_at = time.monotonic()
    answer = replay(to, letter)
    milliseconds = round((time.monotonic() - started_at) * 1000)
    tell(Delivered(letter, answer, milliseconds, table.answer(letter, answer)))
