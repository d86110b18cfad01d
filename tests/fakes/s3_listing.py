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
    most = min(page_size, int(query.get("max-keys", "1000")))
    shown = names[:most]
    contents = "".join(_entry(key, *keys[key]) for key in shown)
    rest = ""
    if len(names) > most:
        token = shown[-1]
        rest = f"<NextContinuationToken>{token}</NextContinuationToken>"
    truncated = "true" if rest else "false"
    return (
        "<ListBucketResult><EncodingType>url</EncodingType>"
        f"<IsTruncated>{truncated}</IsTruncated>{rest}{contents}</ListBucketResult>"
    ).encode()


def _entry(key: str, size: int, modified: datetime) -> str:
    time = modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{quote(key)}</Key><LastModified>{time}</LastModified>"
        f"<Size>{size}</Size></Contents>"
    )
