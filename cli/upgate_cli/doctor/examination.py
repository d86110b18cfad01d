"""Runs all checks, one after the other, and removes what they stored, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upgate_cli.doctor import (
    body_checks,
    browser_checks,
    callback_checks,
    connection_checks,
    download_checks,
    path_checks,
    result_checks,
    resumable_checks,
    status_checks,
    token_checks,
)
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding, Verdict
from upgate_cli.doctor.probe import Patient, Probe
from upgate_cli.errors import CommandError
from upgate_cli.gateway.bucket_objects import BucketObjects

SUBJECTS: tuple[Subject, ...] = (
    connection_checks.SUBJECT,
    token_checks.SUBJECT,
    status_checks.SUBJECT,
    browser_checks.SUBJECT,
    body_checks.SUBJECT,
    path_checks.SUBJECT,
    resumable_checks.SUBJECT,
    download_checks.SUBJECT,
    result_checks.SUBJECT,
    callback_checks.SUBJECT,
)
_TIDYING = "Tidying up"

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one subject."""

    title: str
    findings: tuple[Finding, ...]


def examine(patient: Patient, tell: Tell) -> list[Section]:
    """Try everything; `tell` hears of each check as it begins.

    Gives up after a gate's failure, since everything else would fail for the same reason.
    """
    probe = Probe(patient)
    sections: list[Section] = []
    try:
        for subject in SUBJECTS:
            findings, is_over = _carry_out(subject, probe, tell)
            sections.append(Section(subject.title, tuple(findings)))
            if is_over:
                break
    finally:
        # Also after Ctrl-C: nothing of this is to stay.
        if probe.keys:
            tell(_TIDYING)
            sections.append(Section(_TIDYING, (_tidy(probe),)))
    return sections


def _carry_out(subject: Subject, probe: Probe, tell: Tell) -> tuple[list[Finding], bool]:
    findings: list[Finding] = []
    for check in subject.checks:
        tell(f"{subject.title}: {check.name}")
        found = _run(check, probe)
        findings += found
        if check.is_gate and any(finding.verdict is Verdict.FAIL for finding in found):
            findings.append(
                Finding.warn("everything else", "not tried", "mend this first, then run it again")
            )
            return findings, True
    return findings, False


def _run(check: Check, probe: Probe) -> list[Finding]:
    try:
        return list(check.run(probe))
    except CommandError as error:
        seen, _, advice = error.message.partition("; ")
        return [Finding.fail(check.name, seen, advice or "run it again, and read the logs")]


def _tidy(probe: Probe) -> Finding:
    """Remove what lies below the prefix, and what may have been stored under a damaged name."""
    patient = probe.patient
    objects = BucketObjects(patient.client, patient.pair, patient.bucket)
    try:
        keys = probe.keys | objects.under(probe.prefix).keys()
        removed: list[str] = []
        left = objects.remove(sorted(keys), removed.append)
    except (CommandError, KeyError, TypeError, ValueError) as error:
        reason = error.message if isinstance(error, CommandError) else "no list to be read"
        return _left(probe, reason)
    return _left(probe, left[0]) if left else Finding.ok("removal", "nothing of this test is left")


def _left(probe: Probe, reason: str) -> Finding:
    return Finding.warn("removal", reason, f"remove what begins with {probe.prefix} yourself")
