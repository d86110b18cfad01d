"""Mends moto's Secrets Manager: a label that is moved decides what a reader gets (aws.md 5).

moto goes on giving out the version that PutSecretValue last made the current one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

_CURRENT = "AWSCURRENT"


@cache
def mend() -> None:
    """Mend it in this process; once is enough."""
    move = SecretsManagerBackend.update_secret_version_stage

    def moved(backend: Any, **arguments: Any) -> Any:
        answer = move(backend, **arguments)
        if arguments["version_stage"] == _CURRENT:
            secret = backend.secrets[arguments["secret_id"]]
            secret.set_default_version_id(arguments["move_to_version_id"])
        return answer

    SecretsManagerBackend.update_secret_version_stage = moved  # type: ignore[assignment,method-assign]
