"""What the ledger promises, among failures: `uv run python -m bench.ledger [uploads] [seed]`.

The real functions in one process (tests/simulation). Of the callbacks 10 % are refused; each call
of upload, callback, events and redelivery may be the end of its function, or is refused, lost or
carried out without an answer; S3 tells late and sometimes twice; messages are worked on in the
middle of other functions. Clients repeat as SDKs do. Ends with 1 when a promise is broken.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field

from tests import events
from tests.simulation import stack as simulation
from tests.simulation.business import CALLBACK_BODY, CALLBACK_URL
from tests.simulation.client import Upload, upload
from tests.simulation.faults import FAULTS, Call, Fault, no_fault
from tests.simulation.stack import Stack

UPLOADS = 2000
SEED = 5
REFUSED = 0.1  # of all callbacks
KILLED = 0.02  # of all calls, before or after
FAULTY = 0.02  # of all calls, in any other way
OVERTAKEN = 0.1  # of all calls: a message is worked on meanwhile
TWICE = 0.05  # of all events of S3
PLAIN = 0.1  # of all uploads
SAME_KEY = 0.15  # of all uploads: over the key of one before
WAITS = "5,30,120,600,3600,10800,21600,43200"  # RedeliveryWaits in template.yaml
MOST_CALLBACK_WRITES, MOST_PLAIN_WRITES = 2, 0

_KILLS = [fault for fault in FAULTS.values() if fault.is_killed]
_OTHERS = [fault for fault in FAULTS.values() if not fault.is_killed]


@dataclass(slots=True)
class Result:
    """What came of it; the first four numbers are broken promises."""

    unreported: int = 0
    ids_above_one: int = 0
    unreadable: int = 0
    invented: int = 0
    given_up: int = 0
    stored: int = 0
    kills: int = 0
    faults: int = 0
    callback_writes: int = 0
    plain_writes: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def is_kept(self) -> bool:
        """Whether every promise was."""
        broken = (self.unreported, self.ids_above_one, self.unreadable, self.invented)
        return (
            not any(broken)
            and self.callback_writes <= MOST_CALLBACK_WRITES
            and self.plain_writes <= MOST_PLAIN_WRITES
        )


class Campaign:
    """Uploads among failures, all of them drawn from one seed."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self._stack = stack
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._sent: list[tuple[Upload, bool]] = []
        self._is_overtaken = False
        self.result = Result()

    def run(self, uploads: int) -> Result:
        """Everything, until nothing is left to do."""
        stack = self._stack
        self.result.callback_writes = self._writes(is_plain=False)
        self.result.plain_writes = self._writes(is_plain=True)
        stack.reset()
        stack.business.refuses = lambda: self._random.random() < REFUSED
        stack.event_delays = self._event_delays
        stack.plan, stack.between = self._plan, self._overtake
        for number in range(uploads):
            is_plain = self._random.random() < PLAIN
            self._sent.append((self._send(number, is_plain), is_plain))
            stack.clock.sleep(self._random.uniform(0, 2))
            stack.drain(until=stack.clock.now)
        stack.between = lambda: None
        stack.drain()
        self._judge()
        return self.result

    def _writes(self, *, is_plain: bool) -> int:
        """Writes of one upload to which nothing happens, with all that follows it."""
        before = self._stack.table.writes
        upload(self._stack, _token("demo", is_plain, 0), f"clean-{is_plain}", b"clean")
        self._stack.drain()
        return self._stack.table.writes - before

    def _send(self, number: int, is_plain: bool) -> Upload:
        key, scope, content = f"k{number}", "demo", b"%d" % number
        if self._sent and self._random.random() < SAME_KEY:
            key = self._random.choice(self._sent[-20:])[0].key
            scope = f"demo:{key}"
        sent = upload(self._stack, _token(scope, is_plain, number), key, content)
        self.result.statuses.update(sent.statuses)
        return sent

    def _plan(self, _: Call) -> Fault | None:
        drawn = self._random.random()
        if drawn < KILLED:
            self.result.kills += 1
            return self._random.choice(_KILLS)
        if drawn < KILLED + FAULTY:
            self.result.faults += 1
            return self._random.choice(_OTHERS)
        return None

    def _overtake(self) -> None:
        """Have a message worked on that is due, while a function is about to make a call."""
        if self._is_overtaken or self._random.random() >= OVERTAKEN:
            return
        found = self._stack.queues.next()
        if found is None or found[1].visible_at > self._stack.clock.now:
            return
        self._is_overtaken = True
        try:
            self._stack.step(*found)
        finally:
            self._is_overtaken = False

    def _event_delays(self) -> list[float]:
        count = 2 if self._random.random() < TWICE else 1
        return [self._random.uniform(0, 30) for _ in range(count)]

    def _judge(self) -> None:
        stack, result = self._stack, self.result
        plain = {(sent.key, sent.etag) for sent, is_plain in self._sent if is_plain}
        stored = {
            (key, made.metadata["upgate-etag"], made.metadata["upgate-upload"])
            for key, made in stack.s3.stored
        }
        owed = {found for found in stored if found[:2] not in plain}
        reported = {(told.key, told.etag, told.delivery_id) for told in stack.business.accepted}
        given_up = {
            letter["upload_id"] for letter in stack.queues.dead_letters() if "rung" in letter
        }
        missing = {upload_id for *_, upload_id in owed - reported}
        result.stored = len(stored)
        result.given_up = len(missing & given_up)
        result.unreported = len(missing - given_up)
        result.invented = len(reported - stored)
        ids = Counter((key, etag) for key, etag, _ in reported)
        result.ids_above_one = sum(count > 1 for count in ids.values())
        result.unreadable = sum(sent.is_lost for sent, _ in self._sent)


def _token(scope: str, is_plain: bool, number: int) -> str:
    """A token of its own for each upload."""
    if is_plain:
        return events.token(scope=scope, deadline=4_000_000_000 + number)
    return events.token(
        scope=scope,
        deadline=4_000_000_000 + number,
        callbackUrl=CALLBACK_URL,
        callbackBody=CALLBACK_BODY,
    )


def measure(uploads: int, seed: int) -> Result:
    """One campaign on a stack of its own."""
    with simulation.running(WAITS) as stack:
        try:
            return Campaign(stack, seed).run(uploads)
        finally:
            stack.plan = no_fault


def main() -> None:
    """Print the result; the exit code says whether all was kept."""
    uploads = int(sys.argv[1]) if len(sys.argv) > 1 else UPLOADS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    result = measure(uploads, seed)
    print(f"{uploads} uploads, seed {seed}: {result.stored} objects stored,", end=" ")
    print(f"{result.kills} functions killed, {result.faults} other faults")
    print("answers:", ", ".join(f"{n} x {status}" for status, n in result.statuses.most_common()))
    rows = [
        ("stored and never reported", result.unreported, 0),
        ("reported twice with different ids", result.ids_above_one, 0),
        ("acknowledged and not downloadable", result.unreadable, 0),
        ("reported and never stored", result.invented, 0),
        ("writes of a callback upload", result.callback_writes, MOST_CALLBACK_WRITES),
        ("writes of a plain upload", result.plain_writes, MOST_PLAIN_WRITES),
    ]
    print(f"{'':36} {'found':>6} {'at most':>8}")
    for name, found, most in rows:
        print(f"{name:36} {found:6} {most:8}")
    print(f"{'given up, and a dead letter':36} {result.given_up:6}")
    sys.exit(0 if result.is_kept else 1)


if __name__ == "__main__":
    main()
