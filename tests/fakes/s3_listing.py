"""ListObjectsV2 over a dictionary: order, prefix, where to start, and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote


def page(
    keys: Mapping[str, tuple[int, datetime]], query: Mapping[str, str], page_size: int
) -> bytes:
    """One page as XML; `keys` to (size, time). S3 lists by the keys' UTF-8 and to the second."""
    after = query.get("continuation-token") or query.get("start-after", "")
    names = sorted(
        (key for key in keys if key.startswith(query.get("prefix", "")) and key > after),
        key=str.encode,
    )
    rows = dict.fromkeys(_row(name, query) for name in names)
    most = min(page_size, int(query.get("max-keys", "1000")))
    shown = list(rows)[:most]
    contents = "".join(
        _entry(name, *keys[name]) if name in keys else _common_prefix(name) for name in shown
    )
    rest = ""
    if len(rows) > most:
        token = max(name for name in names if _row(name, query) == shown[-1])
        rest = f"<NextContinuationToken>{token}</NextContinuationToken>"
    truncated = "true" if rest else "false"
    return (
        "<ListBucketResult><EncodingType>url</EncodingType>"
        f"<IsTruncated>{truncated}</IsTruncated>{rest}{contents}</ListBucketResult>"
    ).encode()


def _row(key: str, query: Mapping[str, str]) -> str:
    """What stands for a key in the list: itself, or what it has up to the delimiter."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    head, found, _ = key.removeprefix(prefix).partition(delimiter) if delimiter else (key, "", "")
    return prefix + head + found if found else key


def _common_prefix(prefix: str) -> str:
    return f"<CommonPrefixes><Prefix>{quote(prefix)}</Prefix></CommonPrefixes>"


def _entry(key: str, size: int, modified: datetime) -> str:
    time = modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{quote(key)}</Key><LastModified>{time}</LastModified>"
        f"<Size>{size}</Size></Contents>"
    )
