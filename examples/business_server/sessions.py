"""Who is asking. Stands for your own log-in: this one believes everybody, and forgets at the end.

What matters is that the user id in a token comes from the session and never from the request.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

_COOKIE = "session"


class Sessions:
    """Random ids in a cookie, users in memory."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    def log_in(self, uid: str) -> str:
        """Begin a session; gives the Set-Cookie header."""
        session = secrets.token_urlsafe(24)
        self._users[session] = uid
        return f"{_COOKIE}={session}; HttpOnly; SameSite=Lax; Path=/"

    def user(self, cookie: str) -> str | None:
        """Whose session a Cookie header has; None without one."""
        try:
            found = SimpleCookie(cookie).get(_COOKIE)
        except CookieError:
            return None
        return self._users.get(found.value) if found else None
