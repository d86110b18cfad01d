"""Fields of a policy that SDKs drop without a word, and the one that carries them through all.

The Python, PHP and Java SDKs copy the fields that they know into a policy and leave out the rest;
Go's and C's types have no place for others. All of them know `persistentPipeline` and take any
text for it. So `"persistentPipeline": "upgate:{...}"` is the pipeline of nobody, but a JSON object
of what else the policy says.
"""

from __future__ import annotations

from collections.abc import Mapping

from upgate import strict_json
from upgate.errors import InvalidArgumentError, InvalidPolicyError

CARRIER = "persistentPipeline"
MARK = "upgate:"
# What some SDK drops and this gateway knows; and the pipeline itself, whose place is taken.
NAMES = ("commit", "quota", "asyncOps", CARRIER)


def unpack(fields: Mapping[str, object]) -> dict[str, object]:
    """The policy's members with those that were carried; without any it is as it was.

    Raises:
        InvalidPolicyError: what is carried is no JSON object.
        InvalidArgumentError: it has a member that needs no carrying or that nobody knows, or one
            that the policy itself has with another value.
    """
    carrier = fields.get(CARRIER)
    if not isinstance(carrier, str) or not carrier.startswith(MARK):
        return {**fields}
    try:
        carried = strict_json.loads(carrier.removeprefix(MARK))
    except ValueError:
        carried = None
    if not isinstance(carried, dict):
        raise InvalidPolicyError(
            f"invalid put policy encoding: {CARRIER} has no JSON object behind {MARK}"
        )
    policy = {name: value for name, value in fields.items() if name != CARRIER}
    for name, value in carried.items():
        if name not in NAMES:
            raise InvalidArgumentError(f"{CARRIER} carries {', '.join(NAMES)} and no {name[:64]}")
        if policy.get(name) not in (None, value):
            raise InvalidArgumentError(f"{name} stands in the policy and in its {CARRIER}")
        policy[name] = value
    return policy
