"""What `upgate explain` prints for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from upgate.tokens.put_policy import PutPolicy
from upgate_cli.explain.dry_run import DryRun
from upgate_cli.explain.findings import Findings, Signature
from upgate_cli.explain.policy_fields import EXTENSIONS, PURPOSES
from upgate_cli.output import printable

_SIGNATURES = {
    Signature.VALID: "holds",
    Signature.INVALID: "DOES NOT HOLD with this secret key",
    Signature.UNCHECKED: "not checked: give --secret-key",
}


def token_lines(findings: Findings, now_seconds: float) -> Iterator[str]:
    """The token: who signed, what it says, what is wrong with it."""
    yield f"Access key  {findings.access_key}"
    yield f"Signature   {_SIGNATURES[findings.signature]}"
    yield ""
    yield "Policy"
    yield from _table(
        (name, _value(value), _meaning(name, findings.policy, now_seconds))
        for name, value in findings.fields.items()
    )
    if not findings.fields:
        yield f"  {findings.text[:200].decode(errors='replace')}"
    if findings.policy is not None:
        yield ""
        yield "Extensions in it"
        yield from _table(
            (name, _value(value), PURPOSES[name]) for name, value in findings.extensions.items()
        )
        if not findings.extensions:
            yield f"  none: if you wrote {' or '.join(EXTENSIONS)}, your SDK has dropped it"
    if findings.refusals:
        yield ""
        yield "The gateway would refuse it now"
        yield from (f"  {refusal.code}  {refusal.message}" for refusal in findings.refusals)
    if findings.oddities:
        yield ""
        yield "Mind"
        yield from (f"  {oddity}" for oddity in findings.oddities)


def dry_run_lines(result: DryRun, name: str) -> Iterator[str]:
    """An upload of the sample, had it been one."""
    yield ""
    yield f"An upload of {name} would be"
    callback = result.callback
    rows = [
        ("key", json.dumps(result.key, ensure_ascii=False)),
        ("mimeType", result.mime_type),
        ("etag", result.etag),
    ]
    if callback is not None:
        rows += [("callbackUrl", url) for url in callback.urls]
        rows += [("callbackBody", callback.body), ("answer", "what the business server answers")]
    if result.answer is not None:
        rows.append(("answer", result.answer))
    if result.location is not None:
        rows.append(("Location", result.location))
    if result.operations:
        rows.append(("operations", result.operations))
    yield from _table((name, value, "") for name, value in rows)
    if result.without_value:
        yield f"  no value: {', '.join(result.without_value)}"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text)


def _meaning(name: str, policy: PutPolicy | None, now_seconds: float) -> str:
    if policy is not None and name == "scope":
        return _scope(policy)
    if policy is not None and name == "deadline" and policy.deadline is not None:
        return _deadline(policy.deadline, now_seconds)
    return PURPOSES.get(name, "unknown: ignored")


def _scope(policy: PutPolicy) -> str:
    bucket, key = policy.scope.bucket, policy.scope.key
    if key is None:
        return f"bucket {bucket}, any key; never overwrites"
    if policy.is_prefixal_scope:
        return f"bucket {bucket}, keys that begin with {_value(key)}; never overwrites"
    overwrites = "never overwrites" if policy.inserts_only else "may overwrite"
    return f"bucket {bucket}, the key {_value(key)} alone; {overwrites}"


def _deadline(deadline: int, now_seconds: float) -> str:
    left = int(deadline - now_seconds)
    try:
        moment = f"{datetime.fromtimestamp(deadline, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        moment = "a time beyond the calendar"
    return f"{moment}, {_span(left)} left" if left > 0 else f"{moment}, {_span(-left)} ago"


def _span(seconds: int) -> str:
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _table(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    listed = list(rows)
    width = max((len(name) for name, _, _ in listed), default=0)
    for name, value, meaning in listed:
        yield f"  {_value(name):{width}}  {_value(value)}"
        if meaning:
            yield f"  {'':{width}}    {meaning}"
