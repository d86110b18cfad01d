"""How clients write a path: a signature is over their spelling, and the front door decodes it.

Each language escapes in its own way; Ruby, Node 6 and much of what is written in Java escape the
slashes of a key too, and some write the digits of an escape in lower case.
"""

from __future__ import annotations

import re
from urllib.parse import quote

# What a path's own functions leave as it is beside letters, digits and `_.-`: Python's and PHP's,
# RFC 3986's unreserved, RFC 3986's path characters (Go, Swift), JavaScript's.
_SAFE = ("", "~", ":@!$&'()*+,;=~", "!'()*~")
# Those that escape the tilde, which Python never does: Java's URLEncoder, older Ruby's CGI.
_WITHOUT_TILDE = ("*", "")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


def spellings(path: str) -> list[str]:
    """The ways in which a client may have written a path that was decoded on its way here."""
    root, rest = ("/", path[1:]) if path.startswith("/") else ("", path)
    ways = [path]
    for slash in ("/", ""):
        written = [quote(rest, safe=slash + safe) for safe in _SAFE]
        written += [quote(rest, safe=slash + safe).replace("~", "%7E") for safe in _WITHOUT_TILDE]
        ways += [root + way for way in written]
    ways += [_ESCAPE.sub(lambda found: found[0].lower(), way) for way in ways]
    return list(dict.fromkeys(ways))
