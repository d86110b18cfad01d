"""Kodo's own calls to set separators, styles and access: what `qboxrsctl` sends (seed 002).

`/separator/<bucket>/sep/<b64>`, `/style/<bucket>/name/<b64>/style/<b64>`,
`/unstyle/<bucket>/name/<b64>`, `/accessMode/<bucket>/mode/<0|1>`,
`/private/<bucket>/private/<0|1>`, `/info/<bucket>`; all POST, all signed. The SDKs' managers send
`/private?bucket=<bucket>&private=<0|1>` instead, or the same two fields as a form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from upgate import encoding
from upgate.downloads import styles
from upgate.downloads.style_store import StyleStore
from upgate.downloads.styles import BucketSettings
from upgate.errors import InvalidArgumentError, NoSuchBucketError, NotFoundError

type Change = Callable[[BucketSettings, Mapping[str, str]], BucketSettings]


def carry_out(
    path: str, fields: Mapping[str, str], buckets: Mapping[str, str], store: StyleStore
) -> str:
    """Carry out one call; returns the settings afterwards, as JSON text.

    `fields` are the query's and a form's: they count where the path ends with the call's name.

    Raises:
        NotFoundError: no such call.
        NoSuchBucketError, InvalidArgumentError, StorageFailedError.
    """
    _, call, *rest = path.rstrip("/").split("/") if path.count("/") == 2 else path.split("/")
    bucket, pairs = (rest[0], _pairs(rest[1:])) if rest else (fields.get("bucket", ""), fields)
    change = _CALLS.get(call)
    if change is None:
        raise NotFoundError
    if bucket not in buckets:
        raise NoSuchBucketError
    return styles.encode(store.change(bucket, lambda before: change(before, pairs)))


def _pairs(segments: Sequence[str]) -> Mapping[str, str]:
    return dict(zip(segments[::2], segments[1::2], strict=False))


def _text(pairs: Mapping[str, str], name: str) -> str:
    try:
        return encoding.decode_text(pairs[name])
    except KeyError:
        raise InvalidArgumentError(f"/{name}/ is missing in the path") from None
    except ValueError as error:
        raise InvalidArgumentError(f"{name} is not URL-safe base64 of a text") from error


def _flag(pairs: Mapping[str, str], name: str) -> bool:
    if pairs.get(name) not in ("0", "1"):
        raise InvalidArgumentError(f"/{name}/ must be 0 or 1")
    return pairs[name] == "1"


def _add(settings: BucketSettings, pairs: Mapping[str, str]) -> BucketSettings:
    added = {_text(pairs, "name"): _text(pairs, "style")}
    return replace(settings, styles={**settings.styles, **added})


def _remove(settings: BucketSettings, pairs: Mapping[str, str]) -> BucketSettings:
    name = _text(pairs, "name")
    if name not in settings.styles:
        raise InvalidArgumentError("the bucket has no style of this name")
    return replace(settings, styles={k: v for k, v in settings.styles.items() if k != name})


_CALLS: Mapping[str, Change] = {
    "info": lambda settings, _: settings,
    "separator": lambda settings, pairs: replace(settings, separators=_text(pairs, "sep")),
    "style": _add,
    "unstyle": _remove,
    "accessMode": lambda settings, pairs: replace(settings, presets_only=_flag(pairs, "mode")),
    "private": lambda settings, pairs: replace(settings, is_private=_flag(pairs, "private")),
}
