"""`upgate explain`: what a token allows, and what is wrong with it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upgate_cli.output import print_json
from upgate_cli.parameters import FILE, assignments

if TYPE_CHECKING:
    from upgate_cli.explain.dry_run import DryRun
    from upgate_cli.explain.findings import Findings

_LANGUAGES = ("python", "php", "node", "go", "java")


@click.command()
@click.argument("token")
@click.option(
    "--sample",
    type=FILE,
    metavar="FILE",
    help="Run an upload of this file, without a gateway.",
)
@click.option("--key", metavar="K", help="Key that the client would give.")
@click.option("--mime-type", metavar="TYPE", help="Media type that the client would give.")
@assignments("--var", "variables", "Custom variable x:NAME.")
@click.option(
    "--secret-key",
    metavar="SK",
    envvar="UPGATE_SECRET_KEY",
    help="Check the signature with it.  [UPGATE_SECRET_KEY]",
)
@click.option(
    "--verify",
    "languages",
    type=click.Choice([*_LANGUAGES, "none"]),
    multiple=True,
    help="Code that verifies the callback, in this language only.  [repeatable]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    *,
    token: str,
    sample: str | None,
    key: str | None,
    mime_type: str | None,
    variables: tuple[tuple[str, str], ...],
    secret_key: str | None,
    languages: tuple[str, ...],
    as_json: bool,
) -> None:
    """Take an upload token apart: policy, signature, and what would fail.

    With --sample every template is filled in as the gateway would do it. Nothing is sent, stored
    or called. TOKEN may be - for standard input. Exit status 1: the gateway would refuse it.

    \b
    Examples:
      upgate token | upgate explain -
      upgate explain "$TOKEN" --sample photo.jpg --var user=42 --verify php
    """
    from upgate_cli.explain.findings import Refusal, examine

    now = time.time()
    text = sys.stdin.read(1 << 20) if token == "-" else token  # noqa: S105
    findings = examine(text.strip(), secret_key, now)
    result = None
    if sample is not None and findings.policy is not None:
        custom = {name if name.startswith("x:") else f"x:{name}": text for name, text in variables}
        outcome = _dry_run(findings, Path(sample), key, mime_type, custom, now)
        if isinstance(outcome, Refusal):
            findings.refusals.append(outcome)
        else:
            result = outcome
    snippets = _snippets(findings, result, languages)
    if as_json:
        print_json(_document(findings, result, snippets))
    else:
        _print(findings, result, snippets, Path(sample or "").name, now)
    if findings.refusals:
        raise click.exceptions.Exit(1)


def _dry_run(
    findings: Findings,
    path: Path,
    key: str | None,
    mime_type: str | None,
    custom_variables: dict[str, str],
    now: float,
) -> Any:
    from upgate.errors import UpgateError
    from upgate_cli.explain.dry_run import Sample, dry_run
    from upgate_cli.explain.findings import Refusal
    from upgate_cli.transfer.source_file import SourceFile

    assert findings.policy is not None  # noqa: S101 - the caller looked
    try:
        with SourceFile(path) as source:
            sample = Sample(source, key, mime_type, custom_variables)
            return dry_run(findings.text, findings.policy, sample, now)
    except UpgateError as error:
        return Refusal(error.status, f"with {path.name}: {error.message}")


def _snippets(
    findings: Findings, result: DryRun | None, languages: tuple[str, ...]
) -> dict[str, str]:
    from upgate_cli.explain.snippets import snippet

    policy = findings.policy
    if policy is None or not policy.callback_url or "none" in languages:
        return {}
    rendered = result.callback.urls[0] if result and result.callback else None
    url = rendered or policy.callback_url.split(";")[0].strip()
    return {
        language: snippet(language, url, policy.callback_body_type)
        for language in languages or _LANGUAGES
    }


def _document(
    findings: Findings, result: DryRun | None, snippets: dict[str, str]
) -> dict[str, Any]:
    callback = result.callback if result else None
    return {
        "access_key": findings.access_key,
        "signature": findings.signature.value,
        "policy": findings.fields,
        "extensions": findings.extensions,
        "refusals": [{"code": item.code, "error": item.message} for item in findings.refusals],
        "oddities": findings.oddities,
        "dry_run": None
        if result is None
        else {
            "key": result.key,
            "mimeType": result.mime_type,
            "etag": result.etag,
            "callbackUrl": list(callback.urls) if callback else None,
            "callbackBody": callback.body if callback else None,
            "operations": result.operations,
            "answer": result.answer,
            "location": result.location,
            "withoutValue": result.without_value,
        },
        "verify": snippets,
    }


def _print(
    findings: Findings, result: DryRun | None, snippets: dict[str, str], sample: str, now: float
) -> None:
    from upgate_cli.explain import report

    lines = [*report.token_lines(findings, now)]
    if result is not None:
        lines += report.dry_run_lines(result, sample)
    elif not findings.refusals:
        lines += ["", "Give --sample FILE to see every template filled in."]
    for language, code in snippets.items():
        lines += ["", f"Verify the callback: {language}", *code.rstrip().splitlines()]
    click.echo("\n".join(lines))
