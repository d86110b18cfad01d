"""Whether a callback's signature would open one of the gateway's own calls (protocol.md 7.1).

QBox covers a path, a query and a form, and no host: a receiver of a callback to
`https://app.example.com/delete/<entry>` could send the same header here and delete. Kodo's
signature cannot be changed, so no such callback is made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from upgate import encoding
from upgate.tokens.put_policy import FORM_BODY

DOCTOR_PREFIX = "upgate-doctor/"
"""Keys whose `/stat` may be called back: `upgate doctor` has the stack answer for itself."""

_ENTRY_CALLS = ("stat", "delete", "chgm", "copy", "move")
_BUCKET_CALLS = ("separator", "style", "unstyle", "accessMode", "private", "info")
_FACTS = (
    ("buckets",),
    ("v2", "buckets"),
    ("v3", "buckets"),
    ("v2", "bucketInfo"),
    ("v2", "bucketInfos"),
    ("v2", "domains"),
    ("v3", "domains"),
    ("v6", "domain", "list"),
    ("regions",),
)


def is_own_call(url: str, content_type: str, body: str, buckets: Collection[str]) -> bool:
    """Whether a request like this, sent here, would be carried out on one of `buckets`.

    `buckets` are this stack's, by their logical names; a business server's own `/delete/123` or
    `/batch` names none of them and is no affair of ours.
    """
    parts = urlsplit(url)
    fields = parse_qs(parts.query)
    if content_type == FORM_BODY:
        for name, values in parse_qs(body).items():
            fields.setdefault(name, []).extend(values)
    match [*unquote(parts.path).strip("/").split("/")]:
        case [call, entry, *_] if call in _ENTRY_CALLS:
            return _is_ours(call, entry, buckets)
        case ["list"]:
            return _names(fields, "bucket", buckets)
        case ["batch"]:
            return "op" in fields
        case ["pfop"]:
            return _names(fields, "bucket", buckets)
        case [call, *rest] if call in _BUCKET_CALLS:
            return rest[0] in buckets if rest else _names(fields, "bucket", buckets)
        case [*segments]:
            return tuple(segments) in _FACTS
    return False


def _is_ours(call: str, entry: str, buckets: Collection[str]) -> bool:
    try:
        bucket, _, key = encoding.decode_text(entry).partition(":")
    except ValueError:
        return False
    is_doctors = call == "stat" and key.startswith(DOCTOR_PREFIX)
    return bucket in buckets and not is_doctors


def _names(fields: dict[str, list[str]], name: str, buckets: Collection[str]) -> bool:
    given: Sequence[str] = fields.get(name, ())
    return any(value in buckets for value in given)
