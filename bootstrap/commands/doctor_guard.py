"""A check that fails is a finding, and never the end of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bootstrap.errors import BootstrapError
from bootstrap.findings import Finding, Severity


def guarded(
    check: str,
    look: Callable[[], Iterable[Finding]],
    severity: Severity = Severity.ERROR,
    why: str = "",
) -> list[Finding]:
    """Return what `look` finds, and what stopped it as a finding of `severity`."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except BootstrapError as error:
        findings.append(Finding(check, severity, error.message, why, error.hint))
    return findings
