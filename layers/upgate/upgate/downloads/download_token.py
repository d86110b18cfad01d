"""Private downloads: `e` and `token` in the URL (protocol.md 9.8), and a signed `saveas` (9.4).

The signature covers the URL as the client wrote it, and the front door hands over a decoded path:
so the ways to write it are tried, each in constant time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from upgate.errors import BadTokenError, TokenExpiredError, TokenMissingError
from upgate.fops.fop import SaveAs
from upgate.tokens.keys import KeyPair
from upgate.tokens.path_spelling import spellings
from upgate.tokens.upload_token import KeyLookup

_TOKEN = re.compile(r"(?:\A|&)token=([^&]*)\Z")
_DEADLINE = re.compile(r"(?:\A|&)e=([0-9]{1,12})\Z")


@dataclass(frozen=True, slots=True)
class DownloadUrl:
    """A URL in pieces: Host header, path decoded, query as it was sent."""

    host: str
    path: str
    query: str


def verify(url: DownloadUrl, keys: KeyLookup, now_seconds: float) -> int:
    """Check `e=<deadline>&token=<AK>:<signature>`, the last two parameters; gives the deadline.

    Raises:
        TokenMissingError: no token at the end.
        BadTokenError: no deadline before it, an unknown access key or a wrong signature.
        TokenExpiredError.
    """
    match = _TOKEN.search(url.query)
    if match is None:
        raise TokenMissingError
    signed_query = url.query[: match.start()]
    deadline = _DEADLINE.search(signed_query)
    access_key, _, signature = unquote(match[1]).partition(":")
    pair = keys.find(access_key)
    if pair is None or deadline is None or not signature.isascii():
        raise BadTokenError
    candidates = [
        f"{scheme}://{url.host}{path}?{signed_query}"
        for scheme in ("http", "https")
        for path in spellings(url.path)
    ]
    if not _is_signed(pair, candidates, signature):
        raise BadTokenError
    ends_at = int(deadline[1])
    if ends_at < now_seconds:
        raise TokenExpiredError("download url expired")
    return ends_at


def is_saveas_signed(url: DownloadUrl, save_as: SaveAs, fop: str, keys: KeyLookup) -> bool:
    """Whether the `saveas` of a URL's command was signed together with all before it.

    `fop` is the command's text, decoded; the URL is signed without its scheme.
    """
    access_key, _, signature = (save_as.signature or "").partition(":")
    pair = keys.find(access_key)
    if pair is None or not signature.isascii():
        return False
    signed = fop.partition("/sign/")[0]
    raw = re.split(r"/sign/|%2[Ff]sign%2[Ff]", url.query)[0]
    candidates = [
        f"{url.host}{path}?{query}" for path in spellings(url.path) for query in {signed, raw}
    ]
    return _is_signed(pair, candidates, signature)


def _is_signed(pair: KeyPair, candidates: list[str], signature: str) -> bool:
    return any(pair.is_signature(text.encode(), signature) for text in candidates)
