"""What a preset is held against when it is written, beyond what every reading of it checks.

A fault that Kodo's tolerance would hide until an upload meets it: a variable that does not exist,
a body that is no JSON, a command that cannot be parsed. A preset that is stored already stays good.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields

from upgate import limits, strict_json
from upgate.callbacks import own_call
from upgate.contents import mime_limit
from upgate.errors import InvalidPresetError, UpgateError
from upgate.fops import fop, fop_kinds, policy_operations
from upgate.issuing.presets import Preset
from upgate.outbound import egress_rules, egress_url
from upgate.outbound.egress_errors import EgressRefusedError
from upgate.tokens import put_policy
from upgate.tokens.put_policy import JSON_BODY, PutPolicy
from upgate.variables import magic_variables
from upgate.variables.magic_variables import Field
from upgate.variables.templates import render_form, render_json, variables_in, without_variables

# A client that filled in the host would have the gateway sign and send to a server of its own.
_OPEN_AUTHORITY = re.compile(r"[^/?]*://[^/?]*\$[({]")
_SAMPLE = "x"


def _wire_name(attribute: str) -> str:
    first, *rest = attribute.split("_")
    return first + "".join(map(str.capitalize, rest))


_FIELDS = {name.lower(): name for name in (_wire_name(field.name) for field in fields(PutPolicy))}


def check(preset: Preset, buckets: Collection[str] | None) -> None:
    """Refuse what could never work, or would not do what it says.

    Args:
        preset: as `presets.parse` has read it.
        buckets: the logical buckets of the stack; None where they are not known.

    Raises:
        InvalidPresetError: says which member is wrong and why.
    """
    policy = put_policy.parse(preset.policy_text())
    _check_spelling(preset.policy)
    if buckets is not None:
        _check_bucket(preset.bucket, buckets)
    for name, template, place in _templates(policy):
        _check_variables(name, template, place)
    for name, text in (
        ("returnUrl", policy.return_url),
        ("persistentNotifyUrl", policy.persistent_notify_url),
        ("callbackHost", policy.callback_host),
    ):
        if variables_in(text or ""):
            raise InvalidPresetError(f"{name} has a variable, and is not filled in")
    _check_bodies(policy)
    _check_addresses(policy)
    _check_limits(policy)
    for name, operations in (
        ("asyncOps", policy.async_ops),
        ("persistentOps", policy.persistent_ops),
    ):
        if operations:
            _check_operations(name, operations, buckets)


def _check_spelling(names: Iterable[str]) -> None:
    """Unknown fields are ignored, as Kodo does; a limit in another case would be no limit."""
    for name in names:
        proper = _FIELDS.get(name.lower(), name)
        if name != proper:
            raise InvalidPresetError(f"policy has no field {name}: write {proper}")


def _check_bucket(bucket: str, buckets: Collection[str]) -> None:
    if bucket not in buckets:
        raise InvalidPresetError(
            f"the stack has no bucket {bucket}: it has {', '.join(sorted(buckets))}"
        )


def _templates(policy: PutPolicy) -> Iterator[tuple[str, str, Field]]:
    for name, template, place in (
        ("saveKey", policy.save_key, Field.SAVE_KEY),
        ("returnBody", policy.return_body, Field.RETURN_BODY),
        ("callbackBody", policy.callback_body, Field.CALLBACK_BODY),
        ("callbackUrl", policy.callback_url, Field.CALLBACK_URL),
        ("asyncOps", policy.async_ops, Field.OPERATIONS),
        ("persistentOps", policy.persistent_ops, Field.OPERATIONS),
    ):
        if template:
            yield name, template, place


def _check_variables(name: str, template: str, place: Field) -> None:
    if re.search(r"\$[({]", without_variables(template)):
        raise InvalidPresetError(f"{name} has a variable without its closing bracket")
    for variable in sorted(variables_in(template)):
        if not magic_variables.has_value(variable, place):
            raise InvalidPresetError(f"{name} names $({variable}), which has no value there")


def _check_bodies(policy: PutPolicy) -> None:
    if policy.callback_body and policy.callback_body_type == JSON_BODY:
        _check_json("callbackBody", policy.callback_body)
    if policy.return_body and policy.return_body.strip():  # a blank answer is a common wish
        _check_json("returnBody", policy.return_body)


def _check_json(name: str, template: str) -> None:
    try:
        strict_json.loads(render_json(template, lambda _: None))
    except ValueError as error:
        raise InvalidPresetError(f"{name} is not JSON once its variables are filled in") from error


def _check_addresses(policy: PutPolicy) -> None:
    urls = [part.strip() for part in (policy.callback_url or "").split(";") if part.strip()]
    if len(urls) > limits.CALLBACK_URLS:
        raise InvalidPresetError(f"callbackUrl must name 1 to {limits.CALLBACK_URLS} URLs")
    try:
        for url in urls:
            if _OPEN_AUTHORITY.match(url):
                raise InvalidPresetError("callbackUrl may hold no variable in its host")
            filled = render_form(url, lambda _: _SAMPLE)
            egress_rules.check_url(filled)
            _check_call(filled, policy)
        if policy.callback_host:
            egress_url.check_host_header(policy.callback_host)
    except EgressRefusedError as error:
        raise InvalidPresetError(f"callbackUrl or callbackHost cannot be used: {error}") from error
    try:
        if policy.persistent_notify_url:
            egress_rules.check_url(policy.persistent_notify_url)
            _check_call(policy.persistent_notify_url, policy)
    except EgressRefusedError as error:
        raise InvalidPresetError(f"persistentNotifyUrl cannot be called: {error}") from error


def _check_call(url: str, policy: PutPolicy) -> None:
    body = policy.callback_body or ""
    if own_call.is_own_call(url, policy.callback_body_type, body, (policy.scope.bucket,)):
        raise EgressRefusedError("the path is a call of the gateway's own")


def _check_limits(policy: PutPolicy) -> None:
    for name, size in (("fsizeMin", policy.fsize_min), ("fsizeLimit", policy.fsize_limit)):
        if size is not None and size < 0:
            raise InvalidPresetError(f"{name} must not be negative")
    if policy.fsize_limit is not None and (policy.fsize_min or 0) > policy.fsize_limit:
        raise InvalidPresetError("fsizeMin is above fsizeLimit: no file could be uploaded")
    try:
        mime_limit.admits(policy.mime_limit or "", "application/octet-stream")
    except UpgateError as error:
        raise InvalidPresetError(error.message) from error


def _check_operations(name: str, operations: str, buckets: Collection[str] | None) -> None:
    """Pipes that hold variables are only known when those are filled in, at the upload."""
    if "mimeType" in variables_in(operations):
        raise InvalidPresetError(f"{name}: $(mimeType) has a slash, which no argument may hold")
    try:
        texts = fop.split_job(operations)
        pipes = [fop.parse_pipe(text) for text in texts if not variables_in(text)]
    except UpgateError as error:
        raise InvalidPresetError(f"{name}: {error.message}") from error
    for piece in (piece for text in texts for piece in text.split("|")):
        if variable := min(policy_operations.open_destination(piece), default=None):
            raise InvalidPresetError(
                f"{name}: a client that fills in $({variable}) would choose where a result is saved"
            )
    for pipe in pipes:
        for command in pipe.commands:
            if command.name not in fop_kinds.ALL:
                raise InvalidPresetError(f"{name}: there is no command {command.name}")
        if pipe.save_as and variables_in(pipe.save_as.key or ""):
            raise InvalidPresetError(
                f"{name}: saveas has a variable in its entry, which is not filled in: use saveKey"
            )
        if pipe.save_as and buckets is not None:
            _check_bucket(pipe.save_as.bucket, buckets)
