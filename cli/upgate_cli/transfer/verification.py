"""Whether what the gateway says it has is what is here."""

from __future__ import annotations

import re

from upgate.tokens.put_policy import PutPolicy
from upgate_cli.errors import CommandError
from upgate_cli.gateway.answer import Answer

_ETAG = re.compile(r"[Fln][A-Za-z0-9_-]{27}", re.ASCII)


def check_hash(answer: Answer, policy: PutPolicy | None, etag: str, name: str) -> None:
    """Hold the `hash` of the gateway's own answer against the file's.

    A callback's answer is the business server's, and proves nothing. A returnBody may call
    something else `hash`: only what looks like one is compared.

    Raises:
        CommandError: they differ, or the default answer has none.
    """
    if policy is not None and policy.callback_url:
        return
    document = answer.document
    answered = document.get("hash") if isinstance(document, dict) else None
    looks_like_one = isinstance(answered, str) and _ETAG.fullmatch(answered)
    if policy is not None and policy.return_body and not looks_like_one:
        return
    if answered != etag:
        raise CommandError(
            f"{name} arrived damaged: the gateway has {answered}, here it is {etag}; run it again"
        )
