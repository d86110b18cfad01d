"""Which authorizer each route has, read from the `security` of its OpenAPI operation.

API Gateway's own extensions to OpenAPI: x-amazon-apigateway-authorizer and -authtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_AUTHORIZER = "x-amazon-apigateway-authorizer"
_AUTH_TYPE = "x-amazon-apigateway-authtype"


@dataclass(frozen=True, slots=True)
class JwtScheme:
    """A JWT authorizer: who must have issued a token, for whom, and a scope that it must have."""

    issuer: str
    audience: frozenset[str]
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IamScheme:
    """AWS Signature Version 4."""


type Scheme = JwtScheme | IamScheme


def scheme_of(operation: Mapping[str, Any], schemes: Mapping[str, Any]) -> Scheme | None:
    """The scheme of an operation; None where it is open.

    `schemes` is the document's `components.securitySchemes`; conditions are decided in both.

    Raises:
        ValueError: a kind of authorizer that the local gateway does not have. To leave such a
            route open would be to say that it works.
    """
    requirement: Mapping[str, list[str]] = next(iter(operation.get("security") or ()), {})
    if not requirement:
        return None
    [(name, scopes)] = requirement.items()
    scheme = schemes[name]
    if scheme.get(_AUTH_TYPE) == "awsSigv4":
        return IamScheme()
    authorizer = scheme.get(_AUTHORIZER, {})
    if authorizer.get("type") != "jwt":
        raise ValueError(f"the authorizer {name} is neither of type jwt nor IAM")
    settings = authorizer["jwtConfiguration"]
    return JwtScheme(settings["issuer"], frozenset(settings["audience"]), frozenset(scopes))
