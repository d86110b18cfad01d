"""Who may ask `POST /token` of the local gateway: everybody, or as on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class TokenAuth:
    """`open` leaves the template's authorizers out; the others enforce what it says."""

    kind: Literal["open", "iam", "jwt"] = "open"
    issuer: str = ""
    audience: str = ""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The stack parameters that choose the authorizer."""
        if self.kind != "jwt":
            return {}
        return {"JwtIssuer": self.issuer, "JwtAudience": self.audience}


def is_issuer(url: str) -> bool:
    """Whether a URL may name an issuer: https, or plain http on this machine."""
    if any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    )


def allow_loopback_issuer(template: dict[str, Any]) -> None:
    """Let the template's own check of JwtIssuer pass plain http, which it must not on AWS."""
    issuer = template.get("Parameters", {}).get("JwtIssuer", {})
    if "AllowedPattern" in issuer:
        issuer["AllowedPattern"] = r"(https?://\S+)?"
