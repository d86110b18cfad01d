"""An SDK's side of a form upload: it repeats what was answered 5xx or not at all, but for 579."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests import events
from tests.simulation.faults import KilledError
from upgate.contents import qetag

if TYPE_CHECKING:
    from tests.simulation.stack import Stack

ATTEMPTS = 4
_PAUSE_SECONDS = 0.5
_GATEWAY_ERROR = 500  # what the front door says for a function that died
# What may be answered once an object is stored (DESIGN "An upload, in order").
FINAL = frozenset((200, 301, 303, 579))


@dataclass(slots=True)
class Upload:
    """One upload, sent `attempts` times at most; `statuses` has an answer for each time.

    `early` are those of the function's own that left while the object was there already.
    """

    key: str
    content: bytes
    etag: str
    attempts: int
    statuses: list[int] = field(default_factory=list)
    early: list[int] = field(default_factory=list)
    body: Any = None
    is_lost: bool = False
    """Whether it was acknowledged while its object could not be read."""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the client believes that its object is stored."""
        return self.statuses[-1] in FINAL


def upload(stack: Stack, token: str, key: str, content: bytes, attempts: int = ATTEMPTS) -> Upload:
    """Send until it is answered for good, or `attempts` times."""
    event = events.form_of({"token": token, "key": key}, content)
    made = Upload(key, content, qetag.of(content), attempts)
    for _ in range(attempts):
        _send(stack, event, made)
        if made.statuses[-1] < 500 or made.statuses[-1] == 579:
            break
        stack.clock.sleep(_PAUSE_SECONDS)
    found = stack.s3.objects.get(("s3-demo", key))
    made.is_lost = made.is_acknowledged and (found is None or found.body != content)
    return made


def _send(stack: Stack, event: dict[str, Any], made: Upload) -> None:
    before = len(stack.s3.stored)
    try:
        answer = stack.invoke("upload", event)
    except KilledError:
        made.statuses.append(_GATEWAY_ERROR)
        return
    made.statuses.append(answer["statusCode"])
    made.body = json.loads(answer["body"]) if answer.get("body") else None
    if len(stack.s3.stored) > before and made.statuses[-1] not in FINAL:
        made.early.append(made.statuses[-1])
